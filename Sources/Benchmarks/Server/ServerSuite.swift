internal import Kernels

/// The benchmarks of `server`.
struct ServerSuite {
  private let options: ServerOptions
  private let backends: [any KernelBackend<Float>]

  /// Creates the suite.
  ///
  /// - Throws: ``KernelBackendError`` if a backend cannot be used on this machine.
  init(_ options: ServerOptions) throws(KernelBackendError) {
    self.options = options
    backends = try BackendSelection.make(options.common)
  }

  /// Measures everything that the filter admits, and hands on each record as it comes.
  func run(_ report: (BenchmarkRecord) throws -> Void) throws {
    let operations = [ServerLoad.Operation.push.rawValue, Self.update, ServerLoad.Operation.pull.rawValue]
    for name in operations + Self.architectures.map(\.name) {
      for parameters in options.parameters {
        for workers in options.workers {
          var record = BenchmarkRecord(.server, name)
          record.parameters = parameters
          record.workers = workers
          guard options.common.admits(record) else { continue }
          for record in load(record) { try report(record) }
        }
      }
    }
    for parameters in options.parameters {
      for cost in UpdateCost.cases(rules: options.rules, optimizers: options.optimizers) {
        for record in costs(cost, parameters: parameters) { try report(record) }
      }
    }
    for model in options.models {
      for batchSize in options.batchSizes {
        for record in try overhead(model: model, batchSize: batchSize) { try report(record) }
      }
    }
  }

  private static let update = "update"
  /// Pushes to other ways to keep the parameters than in one actor.
  private static let architectures = ServerArchitecture.allCases.filter { $0 != .actor }.map {
    (name: "\(ServerLoad.Operation.push.rawValue), \($0.rawValue)", architecture: $0)
  }
  private static let bareLoop = "bare loop"
  private static let oneWorker = "one worker"

  /// Puts load on servers of each backend in turn.
  ///
  /// An update reads parameters, gradient and velocity and writes parameters and velocity, four bytes each.
  private func load(_ record: BenchmarkRecord) -> [BenchmarkRecord] {
    let isUpdate = record.name == Self.update
    var samples = backends.map { _ in [ServerLoad.Outcome]() }
    var updates = backends.map { _ in [Double]() }
    let bytes = Double(20 * (record.parameters ?? 0))
    let stream = isUpdate ? MachineLimit().stream(bytes: bytes) : nil
    var streamTimes: [Double] = []
    for _ in 0..<options.rounds {
      for (index, backend) in backends.enumerated() {
        let ledger = KernelLedger()
        let load = ServerLoad(
          parameters: record.parameters ?? 0, workers: record.workers ?? 1, backend: backend,
          architecture: Self.architectures.first { $0.name == record.name }?.architecture ?? .actor,
          ledger: isUpdate ? ledger : nil)
        let operation = ServerLoad.Operation(rawValue: record.name) ?? .push
        samples[index].append(load.run(operation, seconds: options.seconds))
        updates[index].append(ledger.seconds(.updates) / Double(max(1, ledger.calls(.updates))))
      }
      if let stream {
        // The clock is the one that updates are timed with.
        let sampler = Sampler(rounds: 1, seconds: options.seconds / 10, now: threadSeconds)
        streamTimes += sampler.sample([stream.work])[0]
      }
    }
    return backends.indices.map { index in
      var record = record.on(backends[index])
      if let stream {
        record.figures[.microseconds] = Figure(updates[index].map { $0 * 1e6 })
        record.addRate(
          bytes, updates[index], .gigabytesPerSecond, limit: stream.bytesPerCall, streamTimes, .percentOfStream)
      } else {
        record.figures[.operationsPerSecond] = Figure(samples[index].map(\.operationsPerSecond))
        record.figures[.microseconds] = Figure(samples[index].map { $0.latency(share: 0.5) * 1e6 })
        record.figures[.microsecondsP99] = Figure(samples[index].map { $0.latency(share: 0.99) * 1e6 })
      }
      return record
    }
  }

  /// Makes updates with a rule and an optimizer, in turns with plain SGD's.
  private func costs(_ cost: UpdateCost, parameters: Int) -> [BenchmarkRecord] {
    var record = BenchmarkRecord(.server, cost.name)
    record.parameters = parameters
    guard options.common.admits(record) else { return [] }
    let sampler = Sampler(rounds: options.rounds, seconds: options.seconds / 2, now: threadSeconds)
    return backends.map { backend in
      let times = sampler.sample([
        UpdateCost.plainSGD.work(parameters: parameters, backend: backend),
        cost.work(parameters: parameters, backend: backend),
      ])
      var record = record.on(backend)
      record.figures[.microseconds] = Figure(times[1].map { $0 * 1e6 })
      record.figures[.timesPlainSGD] = Figure(zip(times[1], times[0]).map { $0 / $1 })
      return record
    }
  }

  /// Trains a model without and with the server, in turns.
  private func overhead(model: String, batchSize: Int) throws -> [BenchmarkRecord] {
    func record(_ name: String, _ backend: any KernelBackend<Float>) -> BenchmarkRecord {
      var record = BenchmarkRecord(.server, name).on(backend)
      record.model = model
      record.workers = 1
      record.batchSize = batchSize
      return record
    }
    var records: [BenchmarkRecord] = []
    for backend in backends {
      var (bare, served) = (record(Self.bareLoop, backend), record(Self.oneWorker, backend))
      guard options.common.admits(bare) || options.common.admits(served) else { continue }
      let run = try OverheadRun(model: model, batchSize: batchSize, backend: backend)
      var times: [(bare: Double, served: Double)] = []
      for round in 0..<options.rounds {
        // Whoever comes second in one round comes first in the next.
        if round.isMultiple(of: 2) {
          let bare = run.withoutServer(seconds: options.seconds)
          times.append((bare, try run.withServer(seconds: options.seconds)))
        } else {
          let served = try run.withServer(seconds: options.seconds)
          times.append((run.withoutServer(seconds: options.seconds), served))
        }
      }
      bare.figures[.microseconds] = Figure(times.map { $0.bare * 1e6 })
      served.figures[.microseconds] = Figure(times.map { $0.served * 1e6 })
      served.figures[.percentOverhead] = Figure(times.map { 100 * ($0.served / $0.bare - 1) })
      records += [bare, served]
    }
    return records
  }
}
