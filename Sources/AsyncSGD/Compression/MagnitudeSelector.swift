/// Finds the elements of largest absolute value, in time proportional to their number.
///
/// The bits of absolute values are ordered as the values are. So the rank is found by counting: first by the eleven
/// leading bits, then, among those that share them with the wanted one, by the next ten, and by the last ten. No element
/// is moved, and nothing is sorted.
final class MagnitudeSelector {
  /// Which elements are the largest.
  struct Cut: Hashable {
    /// The bits of a magnitude; all elements of a larger one are among them.
    var bits: UInt32
    /// How many of the elements of just that magnitude are among them, the first ones.
    var ties: Int
  }

  private static let bins = 2048
  private let histogram = UnsafeMutablePointer<UInt32>.allocate(capacity: bins)

  deinit {
    histogram.deallocate()
  }

  /// Returns what sets the `k` largest of `count` values apart; of equal ones the first count as larger.
  ///
  /// - Precondition: `1 ≤ k ≤ count`, and all values are finite.
  func cut(_ values: UnsafePointer<Float>, count: Int, largest k: Int) -> Cut {
    precondition(k >= 1 && k <= count, "\(k) of \(count) values cannot be the largest")
    var wanted = k

    clear()
    for index in 0..<count { histogram[Int(values[index].magnitude.bitPattern >> 20)] &+= 1 }
    var prefix = UInt32(bin(below: &wanted))

    clear()
    for index in 0..<count {
      let magnitude = values[index].magnitude.bitPattern
      if magnitude >> 20 == prefix { histogram[Int(magnitude >> 10 & 1023)] &+= 1 }
    }
    prefix = prefix << 10 | UInt32(bin(below: &wanted))

    clear()
    for index in 0..<count {
      let magnitude = values[index].magnitude.bitPattern
      if magnitude >> 10 == prefix { histogram[Int(magnitude & 1023)] &+= 1 }
    }
    return Cut(bits: prefix << 10 | UInt32(bin(below: &wanted)), ties: wanted)
  }

  /// Returns the number of values whose magnitude's bits are at least `bits`.
  func number(of values: UnsafePointer<Float>, count: Int, atLeast bits: UInt32) -> Int {
    var number: UInt32 = 0
    for index in 0..<count { number &+= values[index].magnitude.bitPattern >= bits ? 1 : 0 }
    return Int(number)
  }

  /// Finds the bin that holds the `wanted`-th largest, and makes `wanted` its rank within the bin.
  private func bin(below wanted: inout Int) -> Int {
    var bin = Self.bins - 1
    while Int(histogram[bin]) < wanted {
      wanted -= Int(histogram[bin])
      bin -= 1
    }
    return bin
  }

  private func clear() {
    histogram.update(repeating: 0, count: Self.bins)
  }
}
