/// The versions that one pull found in the parts of the parameters.
struct VersionSpan {
  private var first: UInt64?
  private var least: Int32 = 0
  private var most: Int32 = 0
  /// Whether two parts differed.
  private(set) var isMixed = false

  /// Notes what one part said of itself.
  ///
  /// - Parameter mark: Equal for two parts if they contain the same updates. Its low 32 bits count them.
  mutating func note(_ mark: UInt64) {
    guard let first else {
      first = mark
      return
    }
    if mark != first { isMixed = true }
    // The low bits of a difference are the difference of the low bits.
    let difference = Int32(truncatingIfNeeded: mark &- first)
    least = min(least, difference)
    most = max(most, difference)
  }

  /// The number of updates that the newest part was ahead of the oldest.
  var spread: Int { Int(most) - Int(least) }
}
