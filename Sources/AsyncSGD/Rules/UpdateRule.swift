public import Kernels

/// How a stale gradient is corrected before the optimizer takes its step.
///
/// One rule lives on the server, with its state, confined to the server's queue. For each gradient the server calls
/// ``begin(_:steering:)`` once, then for each block of the parameters, in order, ``correct(_:of:steppingBy:into:)``, the optimizer, and
/// ``observe(_:learningRate:from:to:)``, and at last ``end(_:)``. So a correction is applied while its block is in the
/// cache, and no rule makes a pass of its own over memory. A rule with a momentum of its own takes the step itself, in the
/// optimizer's place: ``step(_:of:to:serving:)``.
///
/// Where several gradients make an update, the server calls ``begin(_:steering:)``, ``correct(_:of:steppingBy:into:)`` and ``end(_:)``
/// for each of them as it arrives, and the optimizer and ``observe(_:learningRate:from:to:)`` once for their mean.
public protocol UpdateRule: AnyObject, Carried {
  /// Takes note of a gradient that is to be applied, and steers the optimizer's momentum, if this rule does.
  ///
  /// - Parameters:
  ///   - gradient: The gradient and what is known of it; its buffers hold until ``end(_:)``.
  ///   - optimizer: What takes the step.
  /// - Returns: The factor of the gradient's learning rate. Where the optimizer has momentum, it multiplies what the
  ///   gradient adds to the velocity, and not the velocity of earlier gradients.
  func begin(_ gradient: StaleGradient, steering optimizer: any Optimizer) -> Float

  /// Whether ``correct(_:of:steppingBy:into:)`` does anything.
  var corrects: Bool { get }

  /// Whether the corrected gradient contains the weight decay, so that the optimizer adds none.
  var decaysWeights: Bool { get }

  /// Computes the corrected gradient of one block, or the parameters after plain SGD's step along it.
  ///
  /// - Parameters:
  ///   - block: The parameters of the block.
  ///   - gradient: The whole gradient and what is known of it.
  ///   - step: The step of the block, or `nil` if the optimizer takes it.
  ///   - result: The corrected gradient of the block or its parameters after the step, `block.range.count` elements,
  ///     overwritten.
  func correct(
    _ block: ParameterBlocks.Block, of gradient: StaleGradient, steppingBy step: SGDStep<Float>?,
    into result: UnsafeMutablePointer<Float>)

  /// Whether the rule takes the step itself, in the optimizer's place.
  var steps: Bool { get }

  /// Computes the parameters of one block after the step, out of place.
  ///
  /// - Parameters:
  ///   - block: The parameters of the block.
  ///   - gradient: The whole gradient and what is known of it.
  ///   - updated: The parameters after the step, all of them; those of the block are overwritten.
  ///   - served: What workers pull, all of it, if this rule looks ahead; the block is overwritten.
  func step(
    _ block: ParameterBlocks.Block, of gradient: StaleGradient, to updated: UnsafeMutablePointer<Float>,
    serving served: UnsafeMutablePointer<Float>?)

  /// Whether ``observe(_:learningRate:from:to:)`` does anything.
  var observes: Bool { get }

  /// Takes note of what the optimizer did to one block.
  ///
  /// - Parameters:
  ///   - block: The parameters of the block.
  ///   - learningRate: η of the step.
  ///   - parameters: The parameters before the step, all of them.
  ///   - updated: The parameters after the step; those of the block are set.
  func observe(
    _ block: ParameterBlocks.Block, learningRate: Float, from parameters: UnsafePointer<Float>,
    to updated: UnsafePointer<Float>)

  /// Whether workers get other parameters than the server's own. Only a rule that takes the step itself may.
  var looksAhead: Bool { get }

  /// Computes what workers get of one block before the first step.
  ///
  /// - Parameters:
  ///   - range: The parameters of the block.
  ///   - parameters: The server's parameters, all of them.
  ///   - served: What workers pull; the block is overwritten.
  func lookAhead(
    _ range: Range<Int>, from parameters: UnsafePointer<Float>, into served: UnsafeMutablePointer<Float>)

  /// Takes note that all blocks are done.
  func end(_ gradient: StaleGradient)
}

extension UpdateRule {
  /// Returns 1.
  public func begin(_ gradient: StaleGradient, steering optimizer: any Optimizer) -> Float { 1 }
  /// No.
  public var corrects: Bool { false }
  /// No.
  public var decaysWeights: Bool { false }
  /// Does nothing.
  public func correct(
    _ block: ParameterBlocks.Block, of gradient: StaleGradient, steppingBy step: SGDStep<Float>?,
    into result: UnsafeMutablePointer<Float>
  ) {}
  /// No.
  public var steps: Bool { false }
  /// Does nothing.
  public func step(
    _ block: ParameterBlocks.Block, of gradient: StaleGradient, to updated: UnsafeMutablePointer<Float>,
    serving served: UnsafeMutablePointer<Float>?
  ) {}
  /// No.
  public var observes: Bool { false }
  /// Does nothing.
  public func observe(
    _ block: ParameterBlocks.Block, learningRate: Float, from parameters: UnsafePointer<Float>,
    to updated: UnsafePointer<Float>
  ) {}
  /// No.
  public var looksAhead: Bool { false }
  /// Does nothing.
  public func lookAhead(
    _ range: Range<Int>, from parameters: UnsafePointer<Float>, into served: UnsafeMutablePointer<Float>
  ) {}
  /// Does nothing.
  public func end(_ gradient: StaleGradient) {}
}

/// A gradient that is to be applied, and what is known of it.
public struct StaleGradient {
  /// The worker that computed it.
  public var worker: Int
  /// The version of ``parameters``, which it is applied to.
  public var version: Int
  /// τ: the updates since the worker pulled.
  public var staleness: Int
  /// η of this update, before the rule's factor.
  public var learningRate: Float
  /// The gradient, as long as the parameters.
  public var values: UnsafePointer<Float>
  /// The parameters that the worker pulled, as long as the server's: what *that worker* got, and no other.
  public var pulled: UnsafePointer<Float>
  /// The present parameters.
  public var parameters: UnsafePointer<Float>

  /// Creates a description.
  public init(
    worker: Int, version: Int, staleness: Int, learningRate: Float, values: UnsafePointer<Float>,
    pulled: UnsafePointer<Float>, parameters: UnsafePointer<Float>
  ) {
    self.worker = worker
    self.version = version
    self.staleness = staleness
    self.learningRate = learningRate
    self.values = values
    self.pulled = pulled
    self.parameters = parameters
  }

  /// The version that the worker pulled.
  public var pulledVersion: Int { version - staleness }
}

/// Something that a run must carry over to continue exactly.
public protocol Carried {
  /// Vectors, each laid out like the parameters, by name.
  var vectors: [String: UnsafeMutableBufferPointer<Float>] { get }
  /// Numbers, by name; set when a run is resumed, after the vectors.
  var scalars: [String: Double] { get set }
}

extension Carried {
  /// None.
  public var vectors: [String: UnsafeMutableBufferPointer<Float>] { [:] }
  /// None.
  public var scalars: [String: Double] {
    get { [:] }
    set {}
  }
}
