internal import Kernels

/// The benchmarks of `kernels`: every kernel, on one core.
struct KernelSuite {
  private let options: KernelsOptions
  private let backends: [any KernelBackend<Float>]
  private let limit = MachineLimit()
  private let sampler: Sampler

  /// Creates the suite.
  ///
  /// - Throws: ``KernelBackendError`` if a backend cannot be used on this machine.
  init(_ options: KernelsOptions) throws(KernelBackendError) {
    self.options = options
    backends = try BackendSelection.make(options.common)
    sampler = Sampler(rounds: options.rounds, seconds: options.seconds)
  }

  /// Measures everything that the filter admits, and hands on each record as it comes.
  func run(_ report: (BenchmarkRecord) throws -> Void) throws {
    let limits = LimitSuite(sampler: sampler, isQuick: options.common.isQuick)
    for record in limits.records where options.common.admits(record) {
      try report(limits.measured(record))
    }
    for problem in Self.cases(isQuick: options.common.isQuick, widest: limit.instructionSet)
    where options.common.admits(problem.record) {
      for record in measure(problem) { try report(record) }
    }
  }

  /// Every problem, in the order of the table.
  static func cases(isQuick: Bool, widest: InstructionSet) -> [KernelCase] {
    let examples = isQuick ? 4 : 64
    var cases = [KernelCase.microkernel(widest)]
    cases += KernelCase.squareProducts(upTo: isQuick ? 128 : 2048)
    cases += KernelCase.layerProducts(LayerShapes.linear, examples: examples)
    for shape in LayerShapes.convolutions {
      cases += KernelCase.convolution(shape, examples: examples)
    }
    for (model, channels, side) in [("lenet5", 6, 28), ("lenet5", 16, 10), ("cnn", 32, 28), ("cnn", 64, 14)] {
      cases += KernelCase.pooling(model: model, channels: channels, side: side, examples: examples)
    }
    for activation in Activation.allCases where activation != .identity {
      // In the nearest cache, and the hidden units of a large minibatch.
      for count in isQuick ? [1024] : [2048, 1_048_576] { cases += KernelCase.activation(activation, count: count) }
    }
    for classes in [10, 1000] { cases.append(.softmax(classes: classes, examples: examples)) }
    for count in isQuick ? [10_000] : [10_000, 100_000, 1_000_000, 10_000_000] {
      for hasMomentum in [false, true] { cases.append(.update(count: count, hasMomentum: hasMomentum)) }
    }
    return cases
  }

  /// Times all backends and the machine's limit against one another.
  private func measure(_ problem: KernelCase) -> [BenchmarkRecord] {
    let bind = problem.prepare()
    let stream = problem.bytes.map(limit.stream)
    let samples = sampler.sample([stream?.work ?? limit.multiplyAdd] + backends.map(bind))
    return zip(backends, samples.dropFirst()).map { backend, times in
      var record = problem.record.on(backend)
      record.figures[.microseconds] = Figure(times.map { $0 * 1e6 })
      if let operations = problem.operations {
        record.addRate(operations, times, .gflops, limit: limit.operationsPerCall, samples[0], .percentOfPeak)
      }
      if let bytes = problem.bytes, let stream {
        record.addRate(bytes, times, .gigabytesPerSecond, limit: stream.bytesPerCall, samples[0], .percentOfStream)
      }
      return record
    }
  }
}

extension BenchmarkRecord {
  /// Adds billions of `work` a second, and what share of the limit's rate that was in the same round.
  ///
  /// - Parameters:
  ///   - work: Operations or bytes of a call.
  ///   - times: Seconds a call, by round.
  ///   - rate: The name of the rate.
  ///   - limit: Operations or bytes of a call of the limit.
  ///   - limitTimes: Seconds a call of the limit, by round.
  ///   - share: The name of the share.
  mutating func addRate(
    _ work: Double, _ times: [Double], _ rate: Quantity, limit: Double, _ limitTimes: [Double], _ share: Quantity
  ) {
    figures[rate] = Figure(times.map { work / $0 * 1e-9 })
    figures[share] = Figure(zip(times, limitTimes).map { 100 * (work / $0) / (limit / $1) })
  }
}
