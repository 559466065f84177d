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

  @Test("a label that is no class traps in every backend", arguments: BackendUnderTest.all.indices)
  func labels(index: Int) async {
    await #expect(processExitsWith: .failure) { [index] in classify(with: index, label: 3) }
    await #expect(processExitsWith: .failure) { [index] in classify(with: index, label: -1) }
    await #expect(processExitsWith: .success) { [index] in classify(with: index, label: 2) }
  }
}

private func classify(with index: Int, label: Int32) {
  _ = BackendUnderTest.all[index].kernels.softmaxCrossEntropy(
    examples: 2, classes: 3, logits: [1, 2, 3, 4, 5, 6], labels: [0, label], gradientScale: 1, gradient: nil)
}
