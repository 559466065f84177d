public import Kernels

/// What a user may choose about a model of the zoo.
public struct ModelOptions: Hashable, Sendable {
  /// The number of classes, at least 2.
  public var classes: Int
  /// The number of hidden units of `mlp`, at least 1.
  public var hidden: Int
  /// The activation of the hidden units of `mlp`.
  public var activation: Activation

  /// Creates options.
  public init(classes: Int, hidden: Int = 500, activation: Activation = .sigmoid) {
    self.classes = classes
    self.hidden = hidden
    self.activation = activation
  }
}
