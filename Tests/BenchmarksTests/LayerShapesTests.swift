import Kernels
import NeuralNet
import Testing

@testable import Benchmarks

@Suite("The problems of the kernels' benchmark")
struct LayerShapesTests {
  @Test("are the layers of the models", arguments: ModelZoo.all.map(\.name))
  func layers(name: String) throws {
    let model = try ModelZoo.make(name, options: ModelOptions(classes: 10)).shaped(for: [1, 28, 28])
    let weights = model.layout.entries.filter { $0.shape.count > 1 }.map(\.shape)
    let linear = LayerShapes.linear.filter { $0.model == name }.map { [$0.outputs, $0.inputs] }
    let convolutions = LayerShapes.convolutions.filter { $0.model == name }.map(\.geometry)
    #expect(weights.filter { $0.count == 2 } == linear)
    #expect(
      weights.filter { $0.count == 4 }
        == convolutions.map { [$0.filters, $0.channels, $0.filterHeight, $0.filterWidth] })
    // The outputs tell the padding.
    let images = model.layers.filter { $0.parameterCount > 0 && $0.outputShape.dimensions.count == 3 }
    #expect(
      images.map(\.outputShape.dimensions) == convolutions.map { [$0.filters, $0.outputHeight, $0.outputWidth] })
  }

  @Test("have the names that scripts rely on")
  func names() {
    let cases = KernelSuite.cases(isQuick: false, widest: .avx512)
    let lines = Set(cases.map { "\($0.record.benchmark) \($0.record.name) \($0.record.pass?.rawValue ?? "")" })
    for size in [64, 128, 256, 512, 1024, 2048] { #expect(lines.contains("gemm \(size)x\(size)x\(size) forward")) }
    for shape in [
      "64x1x28x28->32@5x5", "64x32x14x14->64@5x5", "64x3x32x32->64@3x3", "64x64x32x32->64@3x3",
      "64x128x16x16->128@3x3", "64x256x8x8->256@3x3",
    ] {
      for pass in ["forward", "data", "weights"] { #expect(lines.contains("conv2d \(shape) \(pass)")) }
    }
    #expect(lines.contains("gemm microkernel forward"))
    #expect(lines.contains("gemm 120x64x400 forward"), "outputs × examples × inputs")
    #expect(lines.contains("gemm 400x64x120 data"))
    #expect(lines.contains("gemm 120x400x64 weights"))
    #expect(Set(cases.map(\.record)).count == cases.count, "two problems cannot be told apart")
  }

  @Test("are limited by arithmetic or by memory, never by both or nothing")
  func limits() {
    for problem in KernelSuite.cases(isQuick: false, widest: .avx2) {
      #expect((problem.operations == nil) != (problem.bytes == nil), "\(problem.record.name)")
      #expect((problem.operations ?? problem.bytes ?? 0) > 0)
    }
  }

  @Test("run on the reference")
  func run() {
    let reference = ReferenceBackend<Float>()
    for problem in KernelSuite.cases(isQuick: true, widest: .sse2)
    where (problem.operations ?? 0) < 1e6 && (problem.bytes ?? 0) < 1e6 {
      problem.prepare()(reference)(1)
    }
  }
}
