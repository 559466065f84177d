import Kernels
import NeuralNet
import Testing

@testable import Benchmarks

@Suite("Operations count as the formulas have them")
struct OperationCountTests {
  @Test("a product of m×k and k×n takes 2·m·n·k")
  func product() {
    #expect(OperationCount.product(m: 2, n: 3, k: 5) == 60)
    #expect(OperationCount.product(m: 1024, n: 1024, k: 1024) == 2_147_483_648)
  }

  @Test("a convolution takes 2·N·K·P·Q·C·R·S")
  func convolution() throws {
    let geometry = try ConvolutionGeometry(
      channels: 32, height: 14, width: 14, filters: 64, filterHeight: 5, filterWidth: 5, padding: 2)
    // 64 images · 64 filters · 14·14 positions · 32·5·5 terms.
    #expect(OperationCount.convolution(geometry, images: 64) == 2 * 64 * 64 * 196 * 800)
  }

  /// Multiplications of each layer's forward pass for one image of 1×28×28 and 10 classes, by hand: the first layer counts
  /// twice (forward, weights), the others three times (and data).
  @Test(
    "a gradient takes three passes through every layer with weights but the first, which takes two",
    arguments: [
      ("lenet5", 6 * 28 * 28 * 25, [16 * 10 * 10 * 150, 400 * 120, 120 * 84, 84 * 10]),
      ("cnn", 32 * 28 * 28 * 25, [64 * 14 * 14 * 800, 3136 * 1024, 1024 * 10]),
      ("hogwild", 10 * 24 * 24 * 25, [20 * 8 * 8 * 250, 320 * 50, 50 * 10]),
      ("mlp", 784 * 500, [500 * 10]),
      ("softmax", 784 * 10, []),
    ])
  func gradient(model: String, first: Int, others: [Int]) throws {
    let shaped = try ModelZoo.make(model, options: ModelOptions(classes: 10)).shaped(for: [1, 28, 28])
    let multiplications = 2 * first + 3 * others.reduce(0, +)
    #expect(OperationCount.gradient(shaped) == Double(2 * multiplications))
  }

  @Test("the gradient of LeNet-5 takes 2,263,920 operations")
  func lenet5() throws {
    let shaped = try ModelZoo.make("lenet5", options: ModelOptions(classes: 10)).shaped(for: [1, 28, 28])
    #expect(OperationCount.gradient(shaped) == 2_263_920)
  }
}
