internal import Foundation
internal import Kernels
internal import NeuralNet

/// The benchmarks of `training`: models × workers × batch sizes × backends.
///
/// One configuration is measured in this process. Several take turns, round by round, each in a process of its own: the
/// peak memory is then that of the configuration, and what disturbs the machine disturbs all of them alike.
struct TrainingSuite {
  /// What is measured together.
  private struct Configuration {
    let record: BenchmarkRecord
    let backend: any KernelBackend<Float>
  }

  private let options: TrainingOptions
  private let configurations: [Configuration]

  /// Creates the suite.
  ///
  /// - Throws: ``KernelBackendError`` if a backend cannot be used on this machine.
  init(_ options: TrainingOptions) throws(KernelBackendError) {
    self.options = options
    let backends = try BackendSelection.make(options.common)
    var configurations: [Configuration] = []
    for model in options.models {
      for batchSize in options.batchSizes {
        for workers in options.workers {
          for backend in backends {
            var record = BenchmarkRecord(.training, model, pass: .both).on(backend)
            record.model = model
            record.workers = workers
            record.batchSize = batchSize
            if options.common.admits(record) {
              configurations.append(Configuration(record: record, backend: backend))
            }
          }
        }
      }
    }
    self.configurations = configurations
  }

  /// Measures all configurations and hands on their records when all are done.
  ///
  /// - Parameters:
  ///   - progress: Told what is measured next.
  ///   - report: Takes a record.
  /// - Throws: ``BenchmarkError``, or what `report` throws.
  func run(progress: (String) -> Void, _ report: (BenchmarkRecord) throws -> Void) throws {
    var samples = configurations.map { _ in [BenchmarkRecord]() }
    for round in 0..<options.rounds {
      for (index, configuration) in configurations.enumerated() {
        let record = configuration.record
        progress(
          "round \(round + 1) of \(options.rounds): \(record.name), workers \(record.workers ?? 1), "
            + "batch size \(record.batchSize ?? 1), \(configuration.backend.label)")
        let sample =
          configurations.count == 1
          ? try measure(configuration) : try ChildProcess.measure(arguments(for: configuration))
        samples[index].append(sample)
      }
    }
    let cores = ProcessInfo.processInfo.activeProcessorCount
    let records = samples.map(BenchmarkRecord.merged)
    for record in Self.relatedToOneWorker(records, cores: cores) { try report(record) }
  }

  // MARK: One sample

  /// Takes one sample in this process.
  private func measure(_ configuration: Configuration) throws -> BenchmarkRecord {
    var record = configuration.record
    let run = try TrainingRun(
      model: record.name, workers: record.workers ?? 1, batchSize: record.batchSize ?? 1,
      backend: configuration.backend)
    record.parameters = run.model.layout.count
    let limit = MachineLimit()
    let probe = Sampler(rounds: 1, seconds: min(0.1, options.seconds / 10))
    func peak() -> Double {
      let work = Parallel.work((0..<run.cores).map { _ in limit.multiplyAdd })
      return limit.operationsPerCall * Double(run.cores) / probe.sample([work])[0][0]
    }
    let before = peak()
    let throughput = try run.throughput(seconds: options.seconds)
    let after = peak()
    let operations = throughput.examplesPerSecond * OperationCount.gradient(run.model)
    record.figures[.examplesPerSecond] = Figure(throughput.examplesPerSecond)
    record.figures[.microseconds] = Figure(1e6 * Double(run.batchSize) / throughput.examplesPerSecond)
    record.figures[.gflops] = Figure(operations * 1e-9)
    record.figures[.percentOfPeak] = Figure(100 * operations / ((before + after) / 2))
    record.figures[.peakMemoryBytes] = Figure(Double(throughput.peakMemoryBytes))
    for (quantity, share) in try run.shares(seconds: options.seconds / 2) { record.figures[quantity] = Figure(share) }
    return record
  }

  /// The arguments that measure one sample of a configuration in another process.
  private func arguments(for configuration: Configuration) -> [String] {
    let record = configuration.record
    var arguments = [
      "training", "--model", record.name, "--workers", "\(record.workers ?? 1)",
      "--batch-size", "\(record.batchSize ?? 1)", "--kernels", configuration.backend.name, "--rounds", "1",
      "--seconds", "\(options.seconds)",
    ]
    // The reference has no instruction set that an option could name.
    if let instructionSet = InstructionSet(rawValue: configuration.backend.instructionSet) {
      arguments += ["--isa", instructionSet.rawValue]
    }
    return arguments
  }

  // MARK: All samples

  /// Adds how each configuration scales, where the same one was measured with one worker.
  static func relatedToOneWorker(_ records: [BenchmarkRecord], cores: Int) -> [BenchmarkRecord] {
    records.map { record in
      var single = record
      single.workers = 1
      guard
        let one = records.first(where: { $0.isSameProblem(as: single) })?.figures[.examplesPerSecond]?.median,
        let own = record.figures[.examplesPerSecond]?.median, let workers = record.workers, workers > 1
      else { return record }
      var record = record
      record.figures[.percentOfLinear] = Figure(100 * own / (one * Double(min(workers, cores))))
      return record
    }
  }
}

extension BenchmarkRecord {
  /// Whether two records differ in their figures at most.
  func isSameProblem(as other: BenchmarkRecord) -> Bool {
    var copy = other
    copy.figures = figures
    return copy == self
  }

  /// Returns the record of several samples of the same problem.
  ///
  /// - Precondition: There is at least one, and all have the same quantities.
  static func merged(_ samples: [BenchmarkRecord]) -> BenchmarkRecord {
    var record = samples[0]
    for quantity in record.figures.keys {
      record.figures[quantity] = Figure(samples.compactMap { $0.figures[quantity]?.median })
    }
    return record
  }
}
