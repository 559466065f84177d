import Foundation
import Testing

@testable import Benchmarks

@Suite("A record")
struct RecordTests {
  private static var convolution: BenchmarkRecord {
    var record = BenchmarkRecord(.conv2d, "64x32x14x14->64@5x5", pass: .weights)
    record.backend = "simd"
    record.instructionSet = "avx512"
    record.model = "cnn"
    record.batchSize = 64
    record.figures[.gflops] = Figure([100, 120, 110])
    record.figures[.percentOfPeak] = Figure([75.123456789])
    return record
  }

  @Test("is a flat JSON object without the fields that do not apply")
  func json() {
    #expect(
      Self.convolution.json == """
        {"benchmark":"conv2d","name":"64x32x14x14->64@5x5","pass":"weights","backend":"simd",\
        "instructionSet":"avx512","model":"cnn","batchSize":64,"gflops":110,"gflopsMin":100,"gflopsMax":120,\
        "percentOfPeak":75.1235}
        """)
  }

  @Test("has the fields that scripts rely on")
  func fields() throws {
    var record = BenchmarkRecord(.training, "lenet5", pass: .both)
    record.backend = "simd"
    record.instructionSet = "avx2"
    record.model = "lenet5"
    record.workers = 8
    record.batchSize = 64
    record.parameters = 61_706
    for quantity in BenchmarkRecord.Quantity.allCases { record.figures[quantity] = Figure([1, 2, 6]) }
    let object = try #require(JSONSerialization.jsonObject(with: Data(record.json.utf8)) as? [String: Any])
    #expect(object["benchmark"] as? String == "training")
    #expect(object["pass"] as? String == "forward+backward")
    #expect(object["workers"] as? Int == 8)
    #expect(object["batchSize"] as? Int == 64)
    #expect(object["parameters"] as? Int == 61_706)
    for name in ["gflops", "percentOfPeak", "examplesPerSecond", "microseconds", "peakMemoryBytes"] {
      #expect(object[name] as? Double == 2)
      #expect(object[name + "Min"] as? Double == 1)
      #expect(object[name + "Max"] as? Double == 6)
    }
  }

  @Test("names every kind of benchmark and pass as the design has them")
  func kinds() {
    #expect(
      BenchmarkRecord.Kind.allCases.map(\.rawValue) == [
        "limit", "gemm", "conv2d", "pooling", "activation", "softmax", "update", "server", "training",
      ])
    #expect(BenchmarkRecord.Pass.allCases.map(\.rawValue) == ["forward", "data", "weights", "forward+backward"])
  }

  @Test("reads back what it wrote")
  func roundTrip() throws {
    var memory = BenchmarkRecord(.training, "mlp")
    memory.workers = 2
    memory.padding = 0
    memory.figures[.peakMemoryBytes] = Figure(123_456_789)
    let records = [Self.convolution, memory, BenchmarkRecord(.limit, "a \"quoted\" name, ×\n")]
    let read = try BenchmarkRecord.records(json: Data(BenchmarkRecord.json(records).utf8))
    #expect(read.count == 3)
    #expect(read[0].figures[.gflops] == records[0].figures[.gflops])
    #expect(read[0].figures[.percentOfPeak] == Figure(75.1235))
    #expect(read[0].isSameProblem(as: records[0]))
    #expect(Array(read[1...]) == Array(records[1...]))
  }

  @Test("arrays have a record a line; no records make an empty array")
  func arrays() throws {
    #expect(BenchmarkRecord.json([]) == "[]\n")
    let text = BenchmarkRecord.json([Self.convolution, Self.convolution])
    #expect(text.split(separator: "\n").count == 4)
    #expect(try BenchmarkRecord.records(json: Data("[]".utf8)).isEmpty)
  }

  @Test("figures that are no numbers are null, and are missing when read back")
  func notANumber() throws {
    var record = BenchmarkRecord(.limit, "x")
    record.figures[.gflops] = Figure(.infinity)
    record.figures[.microseconds] = Figure(0)
    #expect(record.json == #"{"benchmark":"limit","name":"x","gflops":null,"microseconds":0}"#)
    let read = try BenchmarkRecord.records(json: Data("[\(record.json)]".utf8))
    #expect(read[0].figures == [.microseconds: Figure(0)])
  }

  @Test(
    "what is no record is refused",
    arguments: [
      "", "{}", "[1]", "[{}]", #"[{"benchmark":"gemm"}]"#, #"[{"benchmark":"zebra","name":"x"}]"#,
      #"[{"benchmark":"gemm","name":"x","gflops":"fast"}]"#, #"[{"benchmark":"gemm","name":1}]"#,
    ])
  func malformed(text: String) {
    #expect(throws: DecodingError.self) { try BenchmarkRecord.records(json: Data(text.utf8)) }
  }

  @Test("of several samples has the median of each figure")
  func merged() {
    let samples = [3.0, 1, 2].map { value in
      var record = BenchmarkRecord(.training, "mlp")
      record.figures[.examplesPerSecond] = Figure(value)
      return record
    }
    #expect(BenchmarkRecord.merged(samples).figures == [.examplesPerSecond: Figure([3, 1, 2])])
  }

  @Test("rates are relative to the limit of the same round")
  func rates() {
    var record = BenchmarkRecord(.gemm, "x")
    // 2·10⁹ operations in 1 s and in 2 s; the limit did 10⁹ in 0.25 s, and half as many a second in the slow round.
    record.addRate(2e9, [1, 2], .gflops, limit: 1e9, [0.25, 0.5], .percentOfPeak)
    #expect(record.figures[.gflops] == Figure([2, 1]))
    #expect(record.figures[.percentOfPeak] == Figure([50, 50]))
  }
}
