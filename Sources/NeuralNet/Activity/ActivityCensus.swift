public import Kernels

/// Which units of a model responded to any of many examples.
///
/// A unit that responds to none passes no gradient: a rectifier that is always 0 is dead, a sigmoid that is always at an
/// end is saturated. A few are normal; a layer of them learns nothing, and neither does what lies before it.
public struct ActivityCensus: Hashable, Sendable {
  /// The units of one layer.
  public struct Layer: Hashable, Sendable {
    /// The layer's name, such as `conv1`.
    public let name: String
    /// f.
    public let activation: Activation
    /// Whether each unit responded.
    fileprivate(set) var responded: [Bool]

    /// The number of units.
    public var units: Int { responded.count }
    /// The number of units that responded to nothing.
    public var silent: Int { responded.reduce(0) { $0 + ($1 ? 0 : 1) } }
  }

  /// The layers with an activation, first to last; none before anything was noted.
  public private(set) var layers: [Layer] = []

  /// Creates a census in which nothing was noted.
  public init() {}

  /// Notes the outputs of a layer.
  mutating func note<Scalar>(_ output: ActivationOutput<Scalar>, at name: String) {
    let index =
      layers.firstIndex { $0.name == name }
      ?? {
        layers.append(
          Layer(name: name, activation: output.activation, responded: Array(repeating: false, count: output.units)))
        return layers.endIndex - 1
      }()
    for unit in 0..<output.units where !layers[index].responded[unit] {
      layers[index].responded[unit] = output.responds(unit: unit)
    }
  }

  /// Adds what another census of the same model noted.
  public mutating func merge(_ other: ActivityCensus) {
    guard !layers.isEmpty else {
      self = other
      return
    }
    guard !other.layers.isEmpty else { return }
    precondition(layers.map(\.name) == other.layers.map(\.name), "these censuses are of different models")
    for index in layers.indices {
      for unit in layers[index].responded.indices where other.layers[index].responded[unit] {
        layers[index].responded[unit] = true
      }
    }
  }
}
