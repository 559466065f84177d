import Kernels

@testable import AsyncSGD

/// Keeps a move-only snapshot where only copyable things can go, such as an array.
final class SnapshotBox: @unchecked Sendable {  // used by one worker at a time
  var snapshot: ParameterSnapshot
  init(_ snapshot: consuming ParameterSnapshot) { self.snapshot = snapshot }
}

/// A parameter server driven by a written schedule instead of threads.
///
/// `"A.pull B.pull A.push B.push"` is carried out event by event on the calling thread. Worker `A` is number 0, `B` is
/// 1, and so on. The gradient of a push is the worker's snapshot times `slope`, plus `offset(worker)`: a function of the
/// snapshot, so that a mixed-up version shows in the parameters. Minibatch `w` has `w` + 1 examples, unless told otherwise.
///
/// `"t=2.5"` sets the server's clock, which stands still otherwise.
final class ManualSchedule {
  let server: ParameterServer
  private(set) var log: [String] = []
  private var snapshots: [SnapshotBox]
  private let slope: Float
  private let offsets: [Float]
  private let examples: [Int]
  private let clock = ManualClock()
  var poisoned: Set<Int> = []
  /// The momentum that workers keep, by worker.
  var momenta: [Int: WorkerMomentum] = [:]

  init(
    mode: CoordinationMode, workers: Int, hyperparameters: Hyperparameters = Hyperparameters(), initial: [Float],
    learningRate: Double = 1, rule: UpdateRuleKind = .plain, optimizer: OptimizerKind = .sgd, momentum: Float? = nil,
    blocks: ParameterBlocks? = nil, movingRate: Float = 0, divergencePolicy: DivergencePolicy = .stop,
    slope: Float = 0, offsets: [Float], examples: [Int]? = nil, schedule: LearningRateSchedule? = nil,
    weightDecay: Float = 0,
    resuming state: (carried: CarriedState, version: Int)? = nil,
    backend: any KernelBackend<Float> = ReferenceBackend<Float>()
  ) {
    // A momentum is the optimizer's, unless the rule has its own.
    let optimizer = optimizer == .sgd && momentum != nil && !rule.hasMomentum ? .momentum : optimizer
    let setting = Hyperparameter.Setting(workers: workers, mode: mode, optimizer: optimizer)
    var newOptimizer = optimizer.makeOptimizer(
      hyperparameters, in: setting, momentum: Double(momentum ?? 0), count: initial.count, backend: backend)
    var newRule = rule.makeRule(
      hyperparameters, in: setting, momentum: Double(momentum ?? 0), count: initial.count, backend: backend)
    if let state {
      newOptimizer.restore(state.carried)
      newRule.restore(state.carried, prefix: "rule.")
    }
    // Nobody but the server uses these from here on.
    nonisolated(unsafe) let ownedOptimizer = newOptimizer
    nonisolated(unsafe) let ownedRule = newRule
    server = ParameterServer(
      initial: initial,
      coordinator: Coordinator(
        mode: mode, workers: workers, hyperparameters: hyperparameters, version: state?.version ?? 0,
        divergencePolicy: divergencePolicy),
      rule: ownedRule, optimizer: ownedOptimizer,
      blocks: blocks ?? ParameterBlocks(count: initial.count, weightDecay: weightDecay),
      schedule: schedule
        ?? LearningRateSchedule(peak: learningRate, shape: .constant, warmup: 0, plannedMinibatches: 1000),
      movingRate: movingRate, backend: backend, clock: clock.clock,
      parameterName: { "layer\($0)" })
    self.slope = slope
    self.offsets = offsets
    self.examples = examples ?? (1...workers).map { $0 }
    snapshots = []
    for _ in 0..<workers { snapshots.append(SnapshotBox(server.servedSnapshot())) }
  }

  /// Carries out `"A.pull B.push A.wait"`, in that order.
  @discardableResult
  func run(_ script: String) -> [String] {
    for event in script.split(separator: " ") {
      if event.hasPrefix("t="), let seconds = Double(event.dropFirst(2)) {
        clock.microseconds = Int((seconds * 1e6).rounded())
        continue
      }
      let parts = event.split(separator: ".")
      let worker = Int(parts[0].unicodeScalars[parts[0].startIndex].value) - Int(UnicodeScalar("A").value)
      switch parts[1] {
      case "pull":
        server.pull(worker: worker, into: &snapshots[worker].snapshot)
        log.append("\(event)@\(snapshots[worker].snapshot.version)")
      case "push":
        let base = snapshots[worker].snapshot.version
        let reply = server.push(push(of: worker), snapshot: &snapshots[worker].snapshot)
        log.append("\(event)@\(base):\(word(reply))")
      case "wait":
        let reply = server.wait(worker: worker, snapshot: &snapshots[worker].snapshot)
        log.append("\(event)@\(snapshots[worker].snapshot.version):\(word(reply))")
      case "leave":
        server.leave(worker: worker, snapshot: &snapshots[worker].snapshot)
        log.append("\(event)")
      case "restart":
        server.restart(worker: worker, snapshot: &snapshots[worker].snapshot)
        log.append("\(event)@\(snapshots[worker].snapshot.version)")
      default:
        preconditionFailure("unknown event \(event)")
      }
    }
    return log
  }

  /// `proceed`, `wait`, `stopped`, or `dropped-` and the reason.
  private func word(_ reply: PushReply) -> String {
    if case .dropped(let reason) = reply { "dropped-\(reason.rawValue)" } else { "\(reply)" }
  }

  private func push(of worker: Int) -> GradientPush {
    let buffer = server.takeGradientBuffer()
    for index in 0..<buffer.count {
      buffer.values[index] = slope * snapshots[worker].snapshot.values[index] + offsets[worker]
    }
    momenta[worker]?.apply(to: buffer.values)
    if poisoned.contains(worker) { buffer.values[buffer.count - 1] = .nan }
    return GradientPush(
      worker: worker, gradient: buffer, examples: examples[worker], sums: ClassificationSums(loss: 2, correct: 1))
  }

  /// The latest parameters.
  var parameters: [Float] {
    let snapshot = server.latest()
    return Array(UnsafeBufferPointer(start: snapshot.values, count: snapshot.count))
  }

  /// The parameters that a worker holds.
  func parameters(heldBy worker: Int) -> [Float] {
    Array(UnsafeBufferPointer(start: snapshots[worker].snapshot.values, count: snapshots[worker].snapshot.count))
  }
}
