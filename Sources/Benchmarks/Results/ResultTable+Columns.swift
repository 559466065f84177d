internal import Reporting

extension ResultTable {
  /// The columns of a record of `server`.
  static func serverColumns(_ record: BenchmarkRecord) -> [Column] {
    if record.figures[.percentOverhead] != nil {
      return [name, model, integer("batch", \.batchSize), kernels, time, percent("overhead", .percentOverhead)]
    }
    return [name, integer("parameters", \.parameters), integer("workers", \.workers), kernels]
      + rate(.operationsPerSecond)
      + [time, Column(title: "p99", width: 9) { $0.figures[.microsecondsP99].map { Self.time($0.median) } ?? "" }]
  }

  /// The columns of a record of `training`: the rates of a run, or the shares of its time.
  static func trainingColumns(_ record: BenchmarkRecord) -> [Column] {
    [model, integer("workers", \.workers), integer("batch", \.batchSize), kernels] + rate(.examplesPerSecond) + [
      percent("of linear", .percentOfLinear),
      Column(title: "GFLOP/s", width: 8) { number($0.figures[.gflops]?.median) },
      percent("of peak", .percentOfPeak),
      Column(title: "memory", width: 9) {
        $0.figures[.peakMemoryBytes].map { NumberText.bytes(Int($0.median)) } ?? ""
      },
    ]
  }
}
