import Kernels

@testable import AsyncSGD

/// Workers of any training server, driven by a written schedule instead of threads: `"A.pull B.push"`.
///
/// The gradient of a push has its worker's snapshot times `slope`, plus `offsets[worker]`, plus `tilt` times the index.
final class ServiceScript: @unchecked Sendable {  // one thread plays all workers
  private(set) var server: (any TrainingServer)!
  private var snapshots: [SnapshotBox] = []
  private let slope: Float
  private let tilt: Float
  private let offsets: [Float]
  /// Called between load and store of a word of shared memory.
  var interleaving: SharedParameters.Interleaving?
  /// The answers to the pushes.
  private(set) var replies: [PushReply] = []
  /// Where gradients get an element that is not finite, by worker.
  var poison: [Int: Int] = [:]

  /// Sets up the workers of the server that `makeServer` returns.
  init(
    offsets: [Float], slope: Float = 0, tilt: Float = 0, makeServer: (ServiceScript) -> any TrainingServer
  ) {
    self.slope = slope
    self.tilt = tilt
    self.offsets = offsets
    server = makeServer(self)
    snapshots = offsets.map { _ in SnapshotBox(server.servedSnapshot()) }
  }

  /// Shared memory that starts at `initial`, and steps of size 1.
  convenience init(
    sharing initial: [Float], offsets: [Float], slope: Float = 0, tilt: Float = 0, lockStripes: Int = 0,
    blocks: ParameterBlocks? = nil, optimizer: OptimizerKind = .sgd, momentum: Double = 0, learningRate: Double = 1,
    divergencePolicy: DivergencePolicy = .stop, backend: any KernelBackend<Float> = ReferenceBackend<Float>()
  ) {
    self.init(offsets: offsets, slope: slope, tilt: tilt) { script in
      SharedMemoryServer(
        initial: initial,
        optimizers: Self.optimizers(
          optimizer, count: initial.count, workers: offsets.count, momentum: momentum, backend: backend),
        lockStripes: lockStripes, blocks: blocks, schedule: Self.constant(learningRate),
        divergencePolicy: divergencePolicy, backend: backend, parameterName: { "parameter \($0)" },
        interleaving: { [unowned script] in script.interleaving?($0, $1) })
    }
  }

  static func constant(_ rate: Double) -> LearningRateSchedule {
    LearningRateSchedule(peak: rate, shape: .constant, warmup: 0, plannedMinibatches: 1000)
  }

  static func optimizers(
    _ kind: OptimizerKind, count: Int, workers: Int, momentum: Double, backend: any KernelBackend<Float>
  ) -> sending [any Optimizer] {
    nonisolated(unsafe) let optimizers = (0..<workers).map { _ in
      kind.makeOptimizer(
        Hyperparameters(), in: Hyperparameter.Setting(workers: workers, mode: .async), momentum: momentum, count: count,
        backend: backend)
    }
    return optimizers
  }

  /// Carries out `"A.pull B.push"`, in that order.
  func run(_ script: String) {
    for event in script.split(separator: " ") {
      let parts = event.split(separator: ".")
      guard let letter = parts[0].first?.asciiValue else { preconditionFailure("an event without a worker") }
      let worker = Int(letter) - 65
      switch parts[1] {
      case "pull": server.pull(worker: worker, into: &snapshots[worker].snapshot)
      case "push": replies.append(server.push(push(of: worker), snapshot: &snapshots[worker].snapshot))
      default: preconditionFailure("unknown event \(event)")
      }
    }
  }

  private func push(of worker: Int) -> GradientPush {
    let buffer = server.takeGradientBuffer()
    let values = snapshots[worker].snapshot.values
    for index in 0..<buffer.count {
      buffer.values[index] = slope * values[index] + offsets[worker] + tilt * Float(index)
    }
    if let index = poison[worker] { buffer.values[index] = .infinity }
    return GradientPush(
      worker: worker, gradient: buffer, examples: worker + 1, sums: ClassificationSums(loss: 2, correct: 1))
  }

  /// The parameters now.
  var parameters: [Float] {
    let snapshot = server.latest()
    return Array(UnsafeBufferPointer(start: snapshot.values, count: snapshot.count))
  }

  /// The parameters that a worker holds.
  func parameters(heldBy worker: Int) -> [Float] {
    let count = snapshots[worker].snapshot.count
    return Array(UnsafeBufferPointer(start: snapshots[worker].snapshot.values, count: count))
  }

  /// The version of what a worker holds.
  func version(heldBy worker: Int) -> Int { snapshots[worker].snapshot.version }

  /// What was given up of consistency.
  var consistency: ConsistencyRecord { server.record.consistency ?? ConsistencyRecord() }
}
