/// How a stale gradient is corrected before the optimizer takes its step.
///
/// One rule lives on the server, with its state, confined to the server's queue. For each gradient the server calls
/// ``begin(_:)`` once, then for each block of the parameters, in order, ``correct(_:of:at:into:)``, the optimizer, and
/// ``observe(_:of:from:to:)``; so a correction is applied while its block is in the cache, and no rule makes a pass of its
/// own over memory unless it needs a sum over all parameters first.
public protocol UpdateRule: AnyObject, Carried {
  /// Takes note of a gradient that is to be applied, and returns the factor of its learning rate.
  func begin(_ gradient: StaleGradient) -> Float

  /// Whether ``correct(_:of:at:into:)`` does anything.
  var corrects: Bool { get }

  /// Computes the corrected gradient of one block.
  ///
  /// - Parameters:
  ///   - range: The parameters of the block.
  ///   - gradient: The whole gradient and what is known of it.
  ///   - parameters: The present parameters, all of them.
  ///   - corrected: The corrected gradient of the block, `range.count` elements, overwritten.
  func correct(
    _ range: Range<Int>, of gradient: StaleGradient, at parameters: UnsafePointer<Float>,
    into corrected: UnsafeMutablePointer<Float>)

  /// Whether ``observe(_:of:from:to:)`` does anything.
  var observes: Bool { get }

  /// Takes note of what the optimizer did to one block; not called where several gradients make an update.
  ///
  /// - Parameters:
  ///   - range: The parameters of the block.
  ///   - gradient: The whole gradient and what is known of it.
  ///   - parameters: The parameters before the step, all of them.
  ///   - updated: The parameters after the step; those of the block are set.
  func observe(
    _ range: Range<Int>, of gradient: StaleGradient, from parameters: UnsafePointer<Float>,
    to updated: UnsafePointer<Float>)

  /// Whether workers get other parameters than the server's own: those of ``lookAhead(_:from:into:)``.
  var looksAhead: Bool { get }

  /// Computes what workers get of one block, after ``observe(_:of:from:to:)``.
  ///
  /// - Parameters:
  ///   - range: The parameters of the block.
  ///   - updated: The server's parameters after the step, all of them.
  ///   - served: What workers pull; the block is overwritten.
  func lookAhead(
    _ range: Range<Int>, from updated: UnsafePointer<Float>, into served: UnsafeMutablePointer<Float>)

  /// Takes note that the update is done, and steers the optimizer, if this rule does.
  func end(_ gradient: StaleGradient, steering optimizer: any Optimizer)
}

extension UpdateRule {
  public func begin(_ gradient: StaleGradient) -> Float { 1 }
  public var corrects: Bool { false }
  public func correct(
    _ range: Range<Int>, of gradient: StaleGradient, at parameters: UnsafePointer<Float>,
    into corrected: UnsafeMutablePointer<Float>
  ) {}
  public var observes: Bool { false }
  public func observe(
    _ range: Range<Int>, of gradient: StaleGradient, from parameters: UnsafePointer<Float>,
    to updated: UnsafePointer<Float>
  ) {}
  public var looksAhead: Bool { false }
  public func lookAhead(
    _ range: Range<Int>, from updated: UnsafePointer<Float>, into served: UnsafeMutablePointer<Float>
  ) {}
  public func end(_ gradient: StaleGradient, steering optimizer: any Optimizer) {}
}

/// A gradient that is to be applied, and what is known of it.
public struct StaleGradient {
  /// The worker that computed it.
  public var worker: Int
  /// The version that it is applied at.
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
}

/// Something that a run must carry over to continue exactly.
public protocol Carried {
  /// Vectors, each laid out like the parameters, by name.
  var vectors: [String: UnsafeMutableBufferPointer<Float>] { get }
  /// Numbers, by name; set when a run is resumed.
  var scalars: [String: Double] { get set }
}

extension Carried {
  public var vectors: [String: UnsafeMutableBufferPointer<Float>] { [:] }
  public var scalars: [String: Double] {
    get { [:] }
    set {}
  }
}
