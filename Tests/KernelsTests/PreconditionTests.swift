import Kernels
import Testing

@Suite("Preconditions")
struct PreconditionTests {
  @Test("a matrix product with a negative extent traps")
  func negativeExtents() async {
    await #expect(processExitsWith: .failure) { _ = GEMM(m: -1, n: 1, k: 1) }
    await #expect(processExitsWith: .failure) { _ = GEMM(m: 1, n: -1, k: 1) }
    await #expect(processExitsWith: .failure) { _ = GEMM(m: 1, n: 1, k: -1) }
  }

  @Test("a leading dimension that is less than its row traps")
  func leadingDimensions() async {
    await #expect(processExitsWith: .failure) { _ = GEMM(m: 2, n: 3, k: 4, leadingDimensionA: 3) }
    await #expect(processExitsWith: .failure) { _ = GEMM(m: 2, n: 3, k: 4, transposeA: true, leadingDimensionA: 1) }
    await #expect(processExitsWith: .failure) { _ = GEMM(m: 2, n: 3, k: 4, leadingDimensionB: 2) }
    await #expect(processExitsWith: .failure) { _ = GEMM(m: 2, n: 3, k: 4, transposeB: true, leadingDimensionB: 3) }
    await #expect(processExitsWith: .failure) { _ = GEMM(m: 2, n: 3, k: 4, leadingDimensionC: 2) }
  }

  @Test("a label that is no class traps in every backend")
  func labels() async {
    await #expect(processExitsWith: .failure) { classify(with: "simd", label: 3) }
    await #expect(processExitsWith: .failure) { classify(with: "simd", label: -1) }
    await #expect(processExitsWith: .failure) { classify(with: "reference", label: 3) }
    await #expect(processExitsWith: .failure) { classify(with: "reference", label: -1) }
    await #expect(processExitsWith: .success) { classify(with: "simd", label: 2) }
    await #expect(processExitsWith: .success) { classify(with: "reference", label: 2) }
  }
}

private func classify(with name: String, label: Int32) {
  let kernels = KernelBackends.all.first { $0.name == name }.flatMap { try? $0.make() }
  _ = kernels?.softmaxCrossEntropy(
    rows: 1, classes: 3, logits: [1, 2, 3], labels: [label], gradientScale: 1, gradient: nil)
}
