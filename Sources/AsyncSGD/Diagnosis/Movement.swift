/// How far parameters have come since a run began.
public struct Movement: Hashable, Sendable {
  /// The distance from the first parameters, as a share of their length.
  public var distance: Double
  /// The length, as a share of the first one.
  public var length: Double

  /// Creates a comparison.
  public init(distance: Double, length: Double) {
    self.distance = distance
    self.length = length
  }
}

/// A sample of the first parameters, for comparison with later ones.
struct FirstParameters {
  /// The most parameters that are kept.
  static let mostSamples = 65_536

  private let samples: [Float]
  private let stride: Int

  init(_ parameters: UnsafeBufferPointer<Float>) {
    let step = (parameters.count + Self.mostSamples - 1) / Self.mostSamples
    stride = max(1, step)
    samples = Swift.stride(from: 0, to: parameters.count, by: max(1, step)).map { parameters[$0] }
  }

  /// Compares later parameters; `nil` if the first ones were all 0.
  func movement(to parameters: UnsafePointer<Float>) -> Movement? {
    var (first, now, between) = (0.0, 0.0, 0.0)
    for (index, sample) in samples.enumerated() {
      let (before, after) = (Double(sample), Double(parameters[index * stride]))
      first += before * before
      now += after * after
      between += (after - before) * (after - before)
    }
    guard first > 0 else { return nil }
    return Movement(distance: (between / first).squareRoot(), length: (now / first).squareRoot())
  }
}
