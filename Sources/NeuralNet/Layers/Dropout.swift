/// Sets each value to zero with a given probability while training, and scales the others.
///
///     y = x · m / (1 − rate),  m = 0 with probability rate, else 1
///
/// so that the expected output is the input. At evaluation the output is the input. Input and output have any one shape.
///
/// The masks are drawn from the minibatch's random stream, one 32-bit word a value: all values of the first example in
/// row-major order, then those of the second.
///
/// Sources: Srivastava, Hinton, Krizhevsky, Sutskever & Salakhutdinov, "Dropout: A Simple Way to Prevent Neural Networks
/// from Overfitting", JMLR 2014, <https://jmlr.org/papers/v15/srivastava14a.html>; scaled while training instead of at
/// evaluation ("inverted"), as PyTorch's `Dropout`.
public struct Dropout: Layer {
  /// The probability of a zero.
  public let rate: Double

  /// Creates a layer.
  ///
  /// - Parameter rate: The probability of a zero, at least 0 and less than 1.
  public init(rate: Double) {
    precondition(rate >= 0 && rate < 1, "a dropout rate must be at least 0 and less than 1, but is \(rate)")
    self.rate = rate
  }

  /// The hyperparameter: `dropout 0.5`.
  public var summary: String { "dropout \(rate)" }

  /// Returns the layer for examples of shape `input`.
  public func shaped(for input: Shape) -> any ShapedLayer {
    ShapedDropout(rate: rate, outputShape: input, unitCount: input.count)
  }
}
