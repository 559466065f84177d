import Kernels
import NeuralNet
import Randomness
import TestSupport

/// One layer on its own, with a minibatch of memory between guard bands, all of it NaN at first.
final class LayerHarness<Scalar: KernelScalar & BitwiseCopyable> {
  let shaped: any ShapedLayer
  let examples: Int
  let input: GuardedBuffer<Scalar>
  let parameters: GuardedBuffer<Scalar>
  let output: GuardedBuffer<Scalar>
  let outputGradient: GuardedBuffer<Scalar>
  let inputGradient: GuardedBuffer<Scalar>
  let parameterGradient: GuardedBuffer<Scalar>

  private let layer: any CompiledLayer<Scalar>
  private let kept: GuardedBuffer<Scalar>
  private let keptBytes: GuardedBuffer<UInt8>
  private let workspace: GuardedBuffer<Scalar>

  init(_ layer: any Layer, input shape: Shape, examples: Int, backend: any KernelBackend<Scalar>) throws {
    shaped = try layer.shaped(for: shape)
    guard let compiled = shaped.compile(capacity: examples, backend: backend) else {
      preconditionFailure("a layer that only reshapes has nothing to run")
    }
    self.layer = compiled
    self.examples = examples
    let parameterCount = shaped.parameters.reduce(0) { $0 + $1.count }
    input = GuardedBuffer(count: examples * shape.count)
    parameters = GuardedBuffer(count: parameterCount)
    output = GuardedBuffer(count: examples * shaped.outputShape.count)
    outputGradient = GuardedBuffer(count: examples * shaped.outputShape.count)
    inputGradient = GuardedBuffer(count: examples * shape.count)
    parameterGradient = GuardedBuffer(count: parameterCount)
    kept = GuardedBuffer(count: compiled.memoryNeeds.kept)
    keptBytes = GuardedBuffer(count: compiled.memoryNeeds.keptBytes)
    workspace = GuardedBuffer(count: compiled.memoryNeeds.workspace)
  }

  private var memory: LayerMemory<Scalar> {
    LayerMemory(kept: kept.pointer, keptBytes: keptBytes.pointer, workspace: workspace.pointer)
  }

  func forward(isTraining: Bool = true, random: RandomStream = RandomStream(testCase: 0)) {
    var random = random
    layer.forward(
      ForwardPass(
        examples: examples, isTraining: isTraining, parameters: parameters.pointer, input: input.pointer,
        output: output.pointer, memory: memory),
      random: &random)
  }

  func backward(wantsInputGradient: Bool = true) {
    layer.backward(
      BackwardPass(
        examples: examples, parameters: parameters.pointer, input: input.pointer, output: output.pointer,
        outputGradient: outputGradient.pointer, inputGradient: wantsInputGradient ? inputGradient.pointer : nil,
        parameterGradient: parameterGradient.pointer, memory: memory))
  }

  func checkGuards() throws {
    for buffer in [
      input, parameters, output, outputGradient, inputGradient, parameterGradient, kept, workspace,
    ] {
      try buffer.checkGuards()
    }
    try keptBytes.checkGuards()
  }
}

extension GuardedBuffer {
  /// Replaces all elements.
  func fill(with values: [Element]) {
    precondition(values.count == count, "\(values.count) values do not fill \(count) elements")
    for (index, value) in values.enumerated() { pointer[index] = value }
  }
}

/// A layer and its name in a test's output.
struct NamedLayer: Sendable, CustomStringConvertible {
  let description: String
  let layer: any Layer

  init(_ description: String, _ layer: any Layer) {
    self.description = description
    self.layer = layer
  }
}
