import Testing

@testable import Benchmarks

@Suite("A figure")
struct FigureTests {
  @Test(
    "is the median, the least and the largest of its samples",
    arguments: [
      ([3.0], 3.0, 3.0, 3.0, false), ([2, 1], 1.5, 1, 2, true), ([5, 1, 9], 5, 1, 9, true),
      ([4, 1, 3, 2], 2.5, 1, 4, true), ([7, 7, 7, 1, 100], 7, 1, 100, true),
    ])
  func statistics(samples: [Double], median: Double, minimum: Double, maximum: Double, isRepeated: Bool) {
    let figure = Figure(samples)
    #expect(figure.median == median)
    #expect(figure.minimum == minimum)
    #expect(figure.maximum == maximum)
    #expect(figure.isRepeated == isRepeated)
  }

  @Test("needs a sample")
  func empty() async {
    await #expect(processExitsWith: .failure) { _ = Figure([]) }
  }
}
