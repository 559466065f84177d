public import Kernels

/// What an activation gave for a minibatch, unit by unit.
///
/// A unit is what shares its weights: a filter of a convolution with all its positions, or one output of a linear layer.
/// The memory belongs to the replica; the next call overwrites it.
public struct ActivationOutput<Scalar: KernelScalar> {
  /// f.
  public let activation: Activation
  /// The number of units.
  public let units: Int
  /// The values of a unit: its positions times the examples.
  public let valuesPerUnit: Int
  /// y, `[units, valuesPerUnit]`.
  public let values: UnsafePointer<Scalar>

  /// Creates a view of `units · valuesPerUnit` values.
  public init(_ activation: Activation, units: Int, valuesPerUnit: Int, values: UnsafePointer<Scalar>) {
    self.activation = activation
    self.units = units
    self.valuesPerUnit = valuesPerUnit
    self.values = values
  }

  /// Returns whether a gradient passes through a unit for any of the examples: f′(y) > 0 for a rectifier, and more than 1 %
  /// of the largest f′ for a curve that saturates.
  public func responds(unit: Int) -> Bool {
    let values = UnsafeBufferPointer(start: values + unit * valuesPerUnit, count: valuesPerUnit)
    switch activation {
    case .identity: return true
    case .relu: return values.contains { $0 > 0 }
    case .sigmoid: return values.contains { $0 * (1 - $0) > 0.0025 }
    case .tanh: return values.contains { 1 - $0 * $0 > 0.01 }
    }
  }
}
