internal import Dispatch

/// Measures what asynchrony does at a server: how far the parameters have moved under a gradient, how long pushes wait, and how
/// busy the server is.
struct ServerWatch {
  /// The updates from one whose gap is measured to the next.
  private static let gapPeriod = 16

  private(set) var observations = AsynchronyObservations()
  /// Whether the time of the wall means something.
  private let measuresTime: Bool
  // In nanoseconds of uptime.
  private var busy: UInt64 = 0
  /// The length of the stretches before this one, from the first request to the last.
  private var earlier: UInt64 = 0
  /// When this stretch began, or its last request ended.
  private var stretchBegan: UInt64
  private var lastEnd: UInt64
  private var began: UInt64 = 0

  /// Creates a watch.
  ///
  /// - Parameters:
  ///   - measuresTime: Whether the server lives in the time of the wall.
  ///   - now: The time, in nanoseconds of uptime.
  init(measuresTime: Bool, at now: UInt64 = DispatchTime.now().uptimeNanoseconds) {
    self.measuresTime = measuresTime
    stretchBegan = now
    lastEnd = now
  }

  /// Notes that workers begin: the pause before is no time in which the server could have been busy.
  mutating func beginStretch(at now: UInt64 = DispatchTime.now().uptimeNanoseconds) {
    earlier += lastEnd - stretchBegan
    stretchBegan = now
    lastEnd = now
  }

  /// Notes that the server takes a request.
  ///
  /// - Parameters:
  ///   - enteredAt: When its worker made it, in nanoseconds of uptime.
  ///   - isPush: Whether it is a push.
  ///   - now: The time, in the same nanoseconds.
  mutating func begin(
    enteredAt: UInt64, isPush: Bool, at now: @autoclosure () -> UInt64 = DispatchTime.now().uptimeNanoseconds
  ) {
    guard measuresTime else { return }
    began = now()
    if isPush { observations.queueWait.record(Double(began - min(enteredAt, began)) * 1e-9) }
  }

  /// Notes that the server has carried it out.
  mutating func end(at now: @autoclosure () -> UInt64 = DispatchTime.now().uptimeNanoseconds) {
    guard measuresTime else { return }
    lastEnd = now()
    busy += lastEnd - began
  }

  /// Whether an update is among those of which is measured what takes time to measure.
  func isSampled(_ version: Int) -> Bool { version % Self.gapPeriod == 0 }

  /// Notes how far apart the versions are that workers hold.
  mutating func note(versionGap: Int) {
    observations.versionGap.record(versionGap)
  }

  /// Measures how far parameters have moved since a pull; not at all if they are the same.
  ///
  /// - Parameters:
  ///   - pulled: What the worker pulled.
  ///   - present: What it would pull now.
  ///   - count: How many there are.
  mutating func observeGap(
    from pulled: UnsafePointer<Float>, to present: UnsafePointer<Float>, count: Int
  ) {
    guard pulled != present else { return }
    // Sixteen sums side by side, which the compiler turns into vectors.
    var sums = SIMD16<Float>.zero
    var total = 0.0
    var index = 0
    while index < count {
      // In single precision only over a stretch: a sum of millions would lose what is small.
      let end = min(index + 4096, count)
      while index + 16 <= end {
        let a = UnsafeRawPointer(pulled + index).loadUnaligned(as: SIMD16<Float>.self)
        let b = UnsafeRawPointer(present + index).loadUnaligned(as: SIMD16<Float>.self)
        let difference = b - a
        sums += difference * difference
        index += 16
      }
      while index < end {
        let difference = present[index] - pulled[index]
        total += Double(difference * difference)
        index += 1
      }
      total += Double(sums.sum())
      sums = .zero
    }
    observations.gap.record(total.squareRoot())
  }

  /// Notes the cosine between a stale gradient and the fresh one.
  mutating func note(cosine: Double) {
    observations.cosine.record(cosine)
  }

  /// What was observed up to now.
  var present: AsynchronyObservations {
    var observations = observations
    let elapsed = earlier + lastEnd - stretchBegan
    if measuresTime, elapsed > 0 { observations.serverOccupancy = Double(busy) / Double(elapsed) }
    return observations
  }
}
