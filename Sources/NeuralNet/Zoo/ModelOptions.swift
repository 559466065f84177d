public import Kernels

/// What a user may choose about a model of the zoo.
public struct ModelOptions: Hashable, Sendable {
  /// The number of classes, at least 2.
  public var classes: Int
  /// The numbers of units of the hidden layers of `mlp`, first to last: at least one layer, each of at least 1 unit.
  public var hidden: [Int]
  /// The activation of the hidden units of `mlp`.
  public var activation: Activation

  /// Creates options.
  ///
  /// - Parameters:
  ///   - classes: The number of classes.
  ///   - hidden: Units of each hidden layer of `mlp`; `nil` for one layer of 500.
  ///   - activation: The activation of the hidden units; `nil` for `sigmoid` with one layer, and for `relu` with several,
  ///     where a sigmoid passes too little of the gradient on to the first.
  public init(classes: Int, hidden: [Int]? = nil, activation: Activation? = nil) {
    self.classes = classes
    self.hidden = hidden ?? [500]
    self.activation = activation ?? (self.hidden.count > 1 ? .relu : .sigmoid)
  }
}
