internal import AsyncSGD
internal import Kernels

/// How the parameters are kept that workers push to.
enum ServerArchitecture: String, CaseIterable {
  /// One actor.
  case actor
  /// Four actors, each with a range of the parameters.
  case shards = "4 shards"
  /// Shared memory under one lock.
  case mutex = "1 lock stripe"
  /// Shared memory under 64 locks, one for each range.
  case stripes = "64 lock stripes"
  /// Shared memory without locks.
  case lockFree = "no locks"

  /// What workers push to, and where they get their first snapshot.
  struct Instance: Sendable {
    let service: any ParameterService
    let latest: @Sendable () -> ParameterSnapshot
  }

  /// Creates a server that steps with momentum, so small a rate that the parameters stay where they are.
  ///
  /// - Parameters:
  ///   - parameters: The number of parameters.
  ///   - workers: The number of workers.
  ///   - backend: The kernels.
  ///   - ledger: Where an actor books its updates; `nil` for nowhere.
  /// - Returns: The server.
  func make(
    parameters: Int, workers: Int, backend: any KernelBackend<Float>, ledger: KernelLedger? = nil
  ) -> Instance {
    let schedule = LearningRateSchedule(peak: 1e-9, shape: .constant, warmup: 0, plannedMinibatches: .max)
    @Sendable func actor(_ range: Range<Int>) -> ParameterServer {
      let momentum = Momentum(count: range.count, momentum: 0.5, backend: backend)
      let timed = ledger.map { TimedOptimizer(momentum, count: range.count, ledger: $0) }
      return ParameterServer(
        initial: [Float](repeating: 0.5, count: range.count), coordinator: Coordinator(mode: .async, workers: workers),
        optimizer: timed ?? momentum, schedule: schedule,
        backend: backend, parameterName: { "\($0)" })
    }
    func sharedMemory(lockStripes: Int) -> Instance {
      nonisolated(unsafe) let optimizers = (0..<workers).map { _ -> any Optimizer in
        Momentum(count: parameters, momentum: 0.5, backend: backend)
      }
      let memory = SharedMemoryServer(
        initial: [Float](repeating: 0.5, count: parameters), optimizers: optimizers, lockStripes: lockStripes,
        schedule: schedule, backend: backend, parameterName: { "\($0)" })
      return Instance(service: memory) { memory.latest() }
    }
    switch self {
    case .actor:
      let server = actor(0..<parameters)
      return Instance(service: server) { server.latest() }
    case .shards:
      let server = ShardedParameterServer(
        count: parameters, shards: 4, workers: workers, backend: backend, makeShard: actor)
      return Instance(service: server) { server.latest() }
    case .mutex: return sharedMemory(lockStripes: 1)
    case .stripes: return sharedMemory(lockStripes: 64)
    case .lockFree: return sharedMemory(lockStripes: 0)
    }
  }
}
