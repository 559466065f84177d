import Kernels
import NeuralNet
import Randomness
import Synchronization
import TestSupport
import Testing

/// A layer that passes everything on and counts the calls.
private final class Spy: Layer, ShapedLayer {
  struct Compiled<Scalar: KernelScalar>: CompiledLayer {
    let spy: Spy

    var memoryNeeds: MemoryNeeds { MemoryNeeds() }

    func forward(_ pass: ForwardPass<Scalar>, random: inout RandomStream) {
      spy.forwardCalls.add(1, ordering: .relaxed)
      pass.output.update(from: pass.input, count: pass.examples * spy.outputShape.count)
    }

    func backward(_ pass: BackwardPass<Scalar>) {
      spy.backwardCalls.add(1, ordering: .relaxed)
      pass.inputGradient?.update(from: pass.outputGradient, count: pass.examples * spy.outputShape.count)
    }
  }

  let outputShape: Shape
  let forwardCalls = Atomic(0)
  let backwardCalls = Atomic(0)

  init(_ shape: Shape) {
    outputShape = shape
  }

  var summary: String { "spy" }
  var parameters: [ParameterDescriptor] { [] }

  func shaped(for input: Shape) -> any ShapedLayer { self }

  func compile<Scalar: KernelScalar>(
    capacity: Int, backend: any KernelBackend<Scalar>
  ) -> (any CompiledLayer<Scalar>)? {
    Compiled(spy: self)
  }
}

@Suite("A chain of layers")
struct SequentialTests {
  @Test("runs backward only where a gradient is wanted")
  func backwardOnlyWhereWanted() throws {
    let below = Spy([6])
    let above = Spy([4])
    let chain = Sequential(["below": below, "fc1": Linear(4), "above": above, "fc2": Linear(3)])
    let harness = try LayerHarness(chain, input: [6], examples: 2, backend: ReferenceBackend<Double>())
    var values = RandomStream(testCase: 30)
    harness.input.fill(with: values.uniformFloats(harness.input.count).map(Double.init))
    harness.parameters.fill(with: values.uniformFloats(harness.parameters.count).map(Double.init))
    let outputGradient = values.uniformFloats(harness.output.count).map(Double.init)

    harness.forward()
    harness.outputGradient.fill(with: outputGradient)
    harness.backward(wantsInputGradient: false)
    #expect(below.forwardCalls.load(ordering: .relaxed) == 1)
    #expect(below.backwardCalls.load(ordering: .relaxed) == 0, "nothing below it has parameters")
    #expect(above.backwardCalls.load(ordering: .relaxed) == 1)

    harness.outputGradient.fill(with: outputGradient)
    harness.backward()
    #expect(below.backwardCalls.load(ordering: .relaxed) == 1)
    #expect(harness.inputGradient.values.allSatisfy { $0.isFinite })
  }

  @Test("takes a layer from outside of the room in a model")
  func foreignLayer() throws {
    let model = try Model(name: "m", layers: ["spy": Spy([5]), "fc1": Linear(2)]).shaped(for: [5])
    #expect(model.layers.map(\.summary) == ["spy", "2"])
    #expect(model.layout.entries.map(\.name) == ["fc1.weight", "fc1.bias"])
  }
}
