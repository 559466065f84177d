internal import Reporting

extension ResultTable {
  /// The columns of a record of `server`.
  static func serverColumns(_ record: BenchmarkRecord) -> [Column] {
    if record.model != nil {
      return [name, model, integer("batch", \.batchSize), kernels, time, percent("overhead", .percentOverhead)]
    }
    if record.figures[.timesPlainSGD] != nil {
      return [
        Column(title: "rule and optimizer", width: 30, isNumber: false) { $0.name },
        integer("parameters", \.parameters), kernels, time,
      ] + factor("of plain sgd", .timesPlainSGD)
    }
    if record.figures[.gigabytesPerSecond] != nil {
      return load + rate(.gigabytesPerSecond) + [time, percent("of stream", .percentOfStream)]
    }
    return load + rate(.operationsPerSecond)
      + [time, Column(title: "p99", width: 9) { $0.figures[.microsecondsP99].map { Self.time($0.median) } ?? "" }]
  }

  /// The median of a factor, its least and its largest.
  private static func factor(_ title: String, _ quantity: BenchmarkRecord.Quantity) -> [Column] {
    func column(_ title: String, _ value: @escaping (Figure) -> Double) -> Column {
      Column(title: title, width: max(6, title.count)) { record in
        record.figures[quantity].map { NumberText.fixed(value($0), digits: 2) + " ×" } ?? ""
      }
    }
    return [column(title, \.median), column("min", \.minimum), column("max", \.maximum)]
  }

  private static var load: [Column] {
    [name, integer("parameters", \.parameters), integer("workers", \.workers), kernels]
  }

  /// The columns of a record of `training`.
  static func trainingColumns() -> [Column] {
    run + rate(.examplesPerSecond) + [
      percent("of linear", .percentOfLinear),
      Column(title: "GFLOP/s", width: 8) { number($0.figures[.gflops]?.median) },
      percent("of peak", .percentOfPeak),
      Column(title: "memory", width: 9) {
        $0.figures[.peakMemoryBytes].map { NumberText.bytes(Int($0.median)) } ?? ""
      },
    ]
  }

  /// The columns of a record of `training` that say where the time went.
  static func shareColumns() -> [Column] {
    run + [
      percent("conv2d", .percentInConvolutions), percent("gemm", .percentInMatrixProducts),
      percent("pooling", .percentInPooling), percent("activ.", .percentInActivations), percent("loss", .percentInLoss),
      percent("other", .percentInOtherKernels), percent("layers", .percentInLayers), percent("data", .percentInData),
      percent("update", .percentInUpdates), percent("server", .percentInServer), percent("waiting", .percentWaiting),
      percent("blocked", .percentBlocked),
    ]
  }

  private static var run: [Column] {
    [model, integer("workers", \.workers), integer("batch", \.batchSize), kernels]
  }
}
