import Testing

@testable import Benchmarks

@Suite("The table of results")
struct ResultTableTests {
  private func product(_ size: Int) -> BenchmarkRecord {
    var record = BenchmarkRecord(.gemm, "\(size)x\(size)x\(size)", pass: .forward)
    record.backend = "simd"
    record.instructionSet = "avx512"
    record.figures[.gflops] = Figure([101.26, 9.876, 1234.5])
    record.figures[.percentOfPeak] = Figure(87.65)
    record.figures[.microseconds] = Figure(1234)
    return record
  }

  @Test("has a header above the first row of each kind, and an empty line between kinds")
  func headers() {
    var table = ResultTable()
    let first = table.lines(for: product(64)).split(separator: "\n", omittingEmptySubsequences: false)
    #expect(first.count == 3 && first[2].isEmpty)
    #expect(
      first[0].split(separator: " ").map(String.init)
        == ["problem", "pass", "model", "kernels", "GFLOP/s", "min", "max", "of", "peak", "time"])
    #expect(
      first[1].split(separator: " ").map(String.init)
        == ["64x64x64", "forward", "simd", "avx512", "101", "9.88", "1,235", "87.7", "%", "1.23", "ms"])
    #expect(first[0].count == first[1].count, "columns end where their titles end")
    #expect(table.lines(for: product(128)).split(separator: "\n").count == 1)
    let other = table.lines(for: BenchmarkRecord(.softmax, "64x10", pass: .both))
    #expect(other.hasPrefix("\nproblem"))
    #expect(other.hasSuffix("64x10                  both\n"))
  }

  @Test(
    "sets numbers with three digits or all before the point",
    arguments: [
      (0.0, "0.00"), (0.123, "0.12"), (9.994, "9.99"), (9.995, "10.0"), (99.94, "99.9"), (99.95, "100"),
      (12_345.6, "12,346"), (.infinity, "inf"), (-1.5, "-1.50"),
    ])
  func numbers(value: Double, text: String) {
    #expect(ResultTable.number(value) == text)
  }

  @Test(
    "sets times in a unit that suits them",
    arguments: [
      (0.0025, "2.50 ns"), (0.5, "500 ns"), (1.0, "1.00 µs"), (999.0, "999 µs"), (1000.0, "1.00 ms"), (2.5e6, "2.50 s"),
    ])
  func times(microseconds: Double, text: String) {
    #expect(ResultTable.time(microseconds) == text)
  }

  @Test("knows columns for every kind of benchmark", arguments: BenchmarkRecord.Kind.allCases)
  func kinds(kind: BenchmarkRecord.Kind) {
    var record = BenchmarkRecord(kind, "name of the problem")
    record.model = kind == .training ? "name of the problem" : nil
    var table = ResultTable()
    #expect(table.lines(for: record).contains("name of the problem"))
  }

  @Test("shows where the time went in columns of its own")
  func shares() {
    var record = BenchmarkRecord(.training, "mlp")
    record.model = "mlp"
    record.workers = 2
    record.figures[.percentInMatrixProducts] = Figure(61.24)
    record.figures[.percentWaiting] = Figure([10, 20, 30])
    var table = ResultTable()
    _ = table.lines(for: record)
    let text = table.shares(of: record)
    #expect(text.contains("waiting"))
    #expect(text.contains("61.2 %"))
    #expect(text.contains("20.0 %"))
  }
}
