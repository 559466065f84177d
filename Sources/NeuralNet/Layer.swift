public import Kernels
public import Randomness

/// The hyperparameters of one layer: everything that does not depend on the input's shape.
///
/// A layer becomes able to compute in three steps, so that each is checked and allocated once:
/// `Layer` (what the author of a model writes) → ``ShapedLayer`` (fits one input shape, knows its parameters)
/// → ``CompiledLayer`` (bound to a backend and a minibatch size).
///
/// A layer may contain others, as ``Sequential`` does: its parameters are then theirs with longer names, and its memory
/// holds theirs.
public protocol Layer: Sendable {
  /// The hyperparameters in a few words, such as `16@5×5, padding 2, relu`.
  var summary: String { get }

  /// Returns the layer for examples of shape `input`.
  ///
  /// - Throws: ``ShapeError`` if the layer does not take such an input.
  func shaped(for input: Shape) throws(ShapeError) -> any ShapedLayer
}

/// A layer that fits one input shape.
public protocol ShapedLayer: Sendable {
  /// The shape of the layer's output for one example.
  var outputShape: Shape { get }

  /// The parameter tensors, in the order in which they follow one another in the layer's part of the flat vector.
  var parameters: [ParameterDescriptor] { get }

  /// Binds the layer to a backend.
  ///
  /// A layer that only reshapes gives `nil`: its output is its input, value for value, and it has no parameters.
  ///
  /// - Parameters:
  ///   - capacity: The largest number of examples in a minibatch.
  ///   - backend: The kernels that do the arithmetic.
  /// - Returns: The layer, ready to compute.
  func compile<Scalar: KernelScalar>(
    capacity: Int, backend: any KernelBackend<Scalar>
  ) -> (any CompiledLayer<Scalar>)?
}

/// A parameter tensor of a layer.
public struct ParameterDescriptor: Hashable, Sendable {
  /// The name within the layer, such as `weight`.
  public let name: String
  /// The extents, outermost first.
  public let shape: [Int]
  /// The distribution that it starts from.
  public let initializer: WeightInitializer

  /// Creates a descriptor.
  public init(name: String, shape: [Int], initializer: WeightInitializer) {
    self.name = name
    self.shape = shape
    self.initializer = initializer
  }

  /// The number of elements.
  public var count: Int { shape.reduce(1, *) }

  /// Returns the descriptor under `prefix.name`.
  func prefixed(by prefix: String) -> ParameterDescriptor {
    ParameterDescriptor(name: "\(prefix).\(name)", shape: shape, initializer: initializer)
  }
}

/// A layer that computes.
///
/// It owns no memory: parameters, values and scratch space come with every call, so a call allocates nothing. It is used
/// by one thread at a time, each ``backward(_:)`` after the ``forward(_:random:)`` of the same minibatch.
public protocol CompiledLayer<Scalar> {
  /// The element type of parameters and values.
  associatedtype Scalar: KernelScalar

  /// The memory that every call must be given.
  var memoryNeeds: MemoryNeeds { get }

  /// Computes the layer's output from its input.
  ///
  /// - Parameters:
  ///   - pass: The minibatch and its buffers.
  ///   - random: The stream of this minibatch; drawn from only where ``ForwardPass/isTraining``.
  func forward(_ pass: ForwardPass<Scalar>, random: inout RandomStream)

  /// Computes the gradients of a loss L with respect to parameters and input from ∂L/∂output.
  ///
  /// Every element of ``BackwardPass/parameterGradient`` is overwritten with the sum over the examples, and every
  /// element of ``BackwardPass/inputGradient``, unless it is `nil`.
  func backward(_ pass: BackwardPass<Scalar>)

  /// Calls `visit` with the output of each activation in the layer, first to last, as the last ``forward(_:random:)`` left
  /// it, and the path of names from this layer to it: empty for an activation of the layer's own.
  ///
  /// The default visits nothing.
  func visitActivations(_ pass: ForwardPass<Scalar>, _ visit: (_ path: [String], ActivationOutput<Scalar>) -> Void)

  /// This layer with a backward pass whose ∂L/∂output has been multiplied by the derivative of the layer's own rectifier
  /// already, or `nil` if the layer does not end in a rectifier.
  ///
  /// A chain puts it in this layer's place if the next one has ``takingRectifierFromPrevious``: one pass over memory less.
  /// The default is `nil`.
  var leavingRectifierToNext: (any CompiledLayer<Scalar>)? { get }

  /// This layer with a backward pass that also multiplies ∂L/∂input by the derivative of the rectifier that the input is the
  /// output of, or `nil` if it cannot do so on the way.
  ///
  /// The result is that of the two passes, bit for bit. The default is `nil`.
  var takingRectifierFromPrevious: (any CompiledLayer<Scalar>)? { get }
}

extension CompiledLayer {
  /// Visits nothing.
  public func visitActivations(
    _ pass: ForwardPass<Scalar>, _ visit: (_ path: [String], ActivationOutput<Scalar>) -> Void
  ) {}
  /// No layer.
  public var leavingRectifierToNext: (any CompiledLayer<Scalar>)? { nil }
  /// No layer.
  public var takingRectifierFromPrevious: (any CompiledLayer<Scalar>)? { nil }
}
