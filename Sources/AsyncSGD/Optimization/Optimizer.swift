public import Kernels

/// The step itself: how a gradient moves the parameters.
///
/// One optimizer lives on the server, with its state, confined to the server's queue. For each update the server calls
/// ``begin(learningRate:)`` once, and then ``step(_:gradient:weightDecay:parameters:updated:)`` for each block of the
/// parameters.
public protocol Optimizer: AnyObject, Carried {
  /// Begins an update.
  ///
  /// - Parameter learningRate: η of this update.
  func begin(learningRate: Float)

  /// Computes the parameters of one block after the step, out of place.
  ///
  /// All pointers are to the first element of the block.
  ///
  /// - Parameters:
  ///   - range: The parameters of the block.
  ///   - gradient: The gradient of a minibatch mean loss.
  ///   - weightDecay: λ of these parameters.
  ///   - parameters: The parameters before the step.
  ///   - updated: The parameters after the step, overwritten.
  func step(
    _ range: Range<Int>, gradient: UnsafePointer<Float>, weightDecay: Float, parameters: UnsafePointer<Float>,
    updated: UnsafeMutablePointer<Float>)

  /// The coefficients of the step of the update under way, if it is plain SGD's: a rule may then take it in the same pass
  /// over memory as it corrects the gradient. `nil` if the optimizer has to take it.
  var plainStep: SGDStep<Float>? { get }

  /// The coefficient of momentum, for a rule that steers it; `nil` if there is none.
  var momentum: Float? { get set }
}

extension Optimizer {
  /// None.
  public var plainStep: SGDStep<Float>? { nil }

  /// No momentum.
  public var momentum: Float? {
    get { nil }
    set {}
  }
}
