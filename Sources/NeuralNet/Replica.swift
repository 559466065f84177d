public import Kernels
public import Randomness

/// One worker's private model: it computes losses and gradients of minibatches.
///
/// Parameters and gradients are not the replica's. They come with every call, so that a worker computes directly on a
/// snapshot of the server's vector and into a buffer that it pushes, without a copy.
///
/// All memory is allocated at creation, in one block; no call allocates. A replica is used by one thread at a time and is
/// not `Sendable`; two replicas share nothing but the backend's code.
///
/// A gradient is a pure function of (parameters, minibatch, random stream): the same call gives the same bits, whatever
/// was computed before.
public final class Replica<Scalar: KernelScalar> {
  /// What is computed.
  public let model: ShapedModel
  /// The largest number of examples in a minibatch.
  public let minibatchCapacity: Int
  /// The minibatch, `[input shape, N]` for the N examples of the next call, filled by the caller; zero at creation.
  ///
  /// There is room for ``minibatchCapacity`` examples, but a row is as long as the call has examples.
  public let inputs: UnsafeMutablePointer<Scalar>
  /// The labels of the minibatch, `[N]`, filled by the caller; zero at creation.
  public let labels: UnsafeMutablePointer<Int32>
  /// The memory that the replica holds, in bytes.
  public let workspaceBytes: Int

  private let network: any CompiledLayer<Scalar>
  private let loss: SoftmaxCrossEntropy<Scalar>
  private let memory: LayerMemory<Scalar>
  private let logits: UnsafeMutablePointer<Scalar>
  private let logitsGradient: UnsafeMutablePointer<Scalar>
  private let block: UnsafeMutableRawPointer

  /// Creates a replica.
  ///
  /// - Parameters:
  ///   - model: What to compute.
  ///   - minibatchCapacity: The largest number of examples in a minibatch, at least 1.
  ///   - backend: The kernels that do the arithmetic.
  public init(_ model: ShapedModel, minibatchCapacity: Int, backend: any KernelBackend<Scalar>) {
    precondition(minibatchCapacity >= 1, "a minibatch must hold at least 1 example, but holds \(minibatchCapacity)")
    guard let network = model.network.compile(capacity: minibatchCapacity, backend: backend) else {
      preconditionFailure("a model without parameters does not get a shape")
    }
    self.model = model
    self.minibatchCapacity = minibatchCapacity
    self.network = network
    loss = SoftmaxCrossEntropy(classes: model.classes, backend: backend)

    let needs = network.memoryNeeds
    let inputCount = aligned(minibatchCapacity * model.inputShape.count, of: Scalar.self)
    let logitCount = aligned(minibatchCapacity * model.classes, of: Scalar.self)
    let keptCount = aligned(needs.kept, of: Scalar.self)
    let workspaceCount = aligned(needs.workspace, of: Scalar.self)
    let scalarCount = inputCount + 2 * logitCount + keptCount + workspaceCount
    let labelCount = aligned(minibatchCapacity, of: Int32.self)
    let byteCount = aligned(needs.keptBytes, of: UInt8.self)
    workspaceBytes =
      scalarCount * MemoryLayout<Scalar>.stride + labelCount * MemoryLayout<Int32>.stride + byteCount

    block = .allocate(byteCount: workspaceBytes, alignment: cacheLineBytes)
    let scalars = block.initializeMemory(as: Scalar.self, repeating: 0, count: scalarCount)
    let labelBase = block + scalarCount * MemoryLayout<Scalar>.stride
    labels = labelBase.initializeMemory(as: Int32.self, repeating: 0, count: labelCount)
    let byteBase = labelBase + labelCount * MemoryLayout<Int32>.stride
    inputs = scalars
    logits = scalars + inputCount
    logitsGradient = logits + logitCount
    memory = LayerMemory(
      kept: logitsGradient + logitCount,
      keptBytes: byteBase.initializeMemory(as: UInt8.self, repeating: 0, count: byteCount),
      workspace: logitsGradient + logitCount + keptCount)
  }

  deinit {
    block.deallocate()
  }

  /// Computes the gradient of the minibatch **mean** loss.
  ///
  /// - Parameters:
  ///   - parameters: The flat vector, laid out by ``ShapedModel/layout``.
  ///   - examples: The number of examples in ``inputs`` and ``labels``, `1...minibatchCapacity`.
  ///   - random: The stream of this minibatch, for dropout.
  ///   - gradient: ∂L/∂parameters, every element overwritten; must not overlap `parameters`.
  /// - Returns: The loss and the number of correct examples before any update, as sums over the examples.
  /// - Precondition: Each label is less than the number of classes.
  public func gradient(
    at parameters: UnsafePointer<Scalar>, examples: Int, random: RandomStream,
    into gradient: UnsafeMutablePointer<Scalar>
  ) -> ClassificationSums {
    let sums = lossAndGradient(at: parameters, examples: examples, random: random)
    backward(at: parameters, examples: examples, into: gradient)
    return sums
  }

  /// Computes the gradient of the minibatch **mean** loss, unless nobody wants it any more after the forward pass.
  ///
  /// - Parameters:
  ///   - parameters: The flat vector, laid out by ``ShapedModel/layout``.
  ///   - examples: The number of examples in ``inputs`` and ``labels``, `1...minibatchCapacity`.
  ///   - random: The stream of this minibatch, for dropout.
  ///   - gradient: ∂L/∂parameters, every element overwritten; must not overlap `parameters`.
  ///   - isWanted: Asked once, between the forward and the backward pass.
  /// - Returns: The loss and the number of correct examples before any update, as sums over the examples; `nil` if the
  ///   backward pass was left out, and then `gradient` is as it was.
  /// - Precondition: Each label is less than the number of classes.
  public func gradient(
    at parameters: UnsafePointer<Scalar>, examples: Int, random: RandomStream,
    into gradient: UnsafeMutablePointer<Scalar>, isWanted: () -> Bool
  ) -> ClassificationSums? {
    let sums = lossAndGradient(at: parameters, examples: examples, random: random)
    guard isWanted() else { return nil }
    backward(at: parameters, examples: examples, into: gradient)
    return sums
  }

  /// Computes the loss and the number of correct examples, as sums over the examples, without dropout.
  ///
  /// - Parameters:
  ///   - parameters: The flat vector.
  ///   - examples: The number of examples in ``inputs`` and ``labels``, `1...minibatchCapacity`.
  /// - Returns: The sums.
  /// - Precondition: Each label is less than the number of classes.
  public func evaluate(at parameters: UnsafePointer<Scalar>, examples: Int) -> ClassificationSums {
    loss.sums(
      examples: examples, logits: predict(at: parameters, examples: examples), labels: labels, gradient: nil)
  }

  /// Computes the logits of the examples in ``inputs``, without dropout.
  ///
  /// The memory is the replica's; the next call overwrites it.
  ///
  /// - Parameters:
  ///   - parameters: The flat vector.
  ///   - examples: The number of examples, `1...minibatchCapacity`.
  /// - Returns: The logits, `[classes, examples]`.
  public func predict(at parameters: UnsafePointer<Scalar>, examples: Int) -> UnsafePointer<Scalar> {
    var random = RandomStream(seed: 0, purpose: .dropout)
    forward(at: parameters, examples: examples, isTraining: false, random: &random)
    return UnsafePointer(logits)
  }

  /// Notes which units responded to the examples of the last call that computed their activations: ``evaluate(at:examples:)``,
  /// ``predict(at:examples:)`` or one of the gradients.
  ///
  /// Reads only; nothing that is computed later depends on it.
  ///
  /// - Parameters:
  ///   - parameters: The parameters of that call.
  ///   - examples: The number of examples of that call.
  ///   - census: What was noted so far, of this model.
  public func noteActivity(at parameters: UnsafePointer<Scalar>, examples: Int, in census: inout ActivityCensus) {
    let pass = ForwardPass(
      examples: examples, isTraining: false, parameters: parameters, input: UnsafePointer(inputs), output: logits,
      memory: memory)
    network.visitActivations(pass) { path, output in census.note(output, at: path.joined(separator: ".")) }
  }

  /// The forward pass, and the loss with its gradient.
  private func lossAndGradient(
    at parameters: UnsafePointer<Scalar>, examples: Int, random: RandomStream
  ) -> ClassificationSums {
    var random = random
    forward(at: parameters, examples: examples, isTraining: true, random: &random)
    return loss.sums(examples: examples, logits: logits, labels: labels, gradient: logitsGradient)
  }

  private func backward(
    at parameters: UnsafePointer<Scalar>, examples: Int, into gradient: UnsafeMutablePointer<Scalar>
  ) {
    network.backward(
      BackwardPass(
        examples: examples, parameters: parameters, input: inputs, output: logits, outputGradient: logitsGradient,
        inputGradient: nil, parameterGradient: gradient, memory: memory))
  }

  private func forward(
    at parameters: UnsafePointer<Scalar>, examples: Int, isTraining: Bool, random: inout RandomStream
  ) {
    precondition(
      examples >= 1 && examples <= minibatchCapacity,
      "a minibatch of \(examples) examples does not fit a capacity of \(minibatchCapacity)")
    network.forward(
      ForwardPass(
        examples: examples, isTraining: isTraining, parameters: parameters, input: inputs, output: logits,
        memory: memory),
      random: &random)
  }
}
