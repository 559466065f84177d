import Kernels
import NeuralNet
import Randomness
import TestSupport

/// A replica with parameters and a gradient buffer between guard bands.
final class ModelHarness<Scalar: KernelScalar & BitwiseCopyable> {
  let replica: Replica<Scalar>
  let parameters: GuardedBuffer<Scalar>
  let gradient: GuardedBuffer<Scalar>

  init(_ model: ShapedModel, capacity: Int, backend: any KernelBackend<Scalar>) {
    replica = Replica(model, minibatchCapacity: capacity, backend: backend)
    parameters = GuardedBuffer(count: model.layout.count)
    gradient = GuardedBuffer(count: model.layout.count)
  }

  /// Takes on a problem: its parameters, and `examples` of its minibatch for calls on that many.
  func load(_ problem: ModelProblem, examples: Range<Int>) {
    parameters.fill(with: problem.parameters.map { Scalar($0) })
    let count = problem.model.inputShape.count
    for (slot, example) in examples.enumerated() {
      for index in 0..<count {
        replica.inputs[index * examples.count + slot] = Scalar(problem.images[example * count + index])
      }
      replica.labels[slot] = problem.labels[example]
    }
  }

  /// Fills ``gradient`` with NaN, then computes it.
  func computeGradient(examples: Int, random: RandomStream = RandomStream(testCase: 0)) -> ClassificationSums {
    gradient.pointer.update(repeating: .nan, count: gradient.count)
    return replica.gradient(
      at: parameters.pointer, examples: examples, random: random, into: gradient.pointer)
  }

  /// Returns the logits of one example after another.
  func logits(examples: Int) -> [Scalar] {
    let logits = replica.predict(at: parameters.pointer, examples: examples)
    let values = Array(UnsafeBufferPointer(start: logits, count: examples * replica.model.classes))
    return examplesFirst(values, examples: examples)
  }

  func evaluate(examples: Int) -> ClassificationSums {
    replica.evaluate(at: parameters.pointer, examples: examples)
  }
}

/// The backends of the list that can be used on this machine, those of our own for each instruction set that it has.
let availableBackends: [any KernelBackend<Float>] = KernelBackends.all.flatMap { entry in
  var backends: [any KernelBackend<Float>] = []
  for instructionSet in InstructionSet.supported {
    guard let backend = try? entry.make(instructionSet: instructionSet) else { continue }
    if !backends.contains(where: { $0.instructionSet == backend.instructionSet }) { backends.append(backend) }
  }
  return backends
}
