internal import AsyncSGD
internal import Dispatch
internal import Foundation
internal import Kernels

/// Workers that push ready-made gradients to a server, or pull from it, as fast as they can.
struct ServerLoad {
  /// What the workers do.
  enum Operation: String, CaseIterable {
    /// Write a gradient, then push it; the pull that follows is part of the push.
    case push
    /// Pull.
    case pull
  }

  let parameters: Int
  let workers: Int
  let backend: any KernelBackend<Float>
  /// How the parameters are kept.
  var architecture = ServerArchitecture.actor
  /// Where an actor books its updates; `nil` for nowhere.
  var ledger: KernelLedger? = nil

  /// What a stretch of load showed.
  struct Outcome: Sendable {
    /// Operations a second, of all workers.
    var operationsPerSecond: Double
    /// Seconds that operations took, from the shortest to the longest.
    var latencies: [Double]

    /// The least latency that a share of the operations do not exceed.
    func latency(share: Double) -> Double {
      latencies[min(latencies.count - 1, Int(share * Double(latencies.count)))]
    }
  }

  /// Runs the workers for some seconds.
  func run(_ operation: Operation, seconds: Double) -> Outcome {
    let server = architecture.make(parameters: parameters, workers: workers, backend: backend, ledger: ledger)
    let gradient = FloatBuffer(parameters)
    let collector = Collector()
    let group = DispatchGroup()
    for worker in 0..<workers {
      DispatchQueue(label: "asgd.benchmark.\(worker)", qos: .userInitiated).async(group: group) {
        collector.add(
          work(operation, worker: worker, server: server, gradient: gradient, until: monotonicSeconds() + seconds))
      }
    }
    group.wait()
    return collector.outcome
  }

  /// What one worker does, on its own thread.
  private func work(
    _ operation: Operation, worker: Int, server: ServerArchitecture.Instance, gradient: FloatBuffer, until end: Double
  ) -> Outcome {
    var snapshot = server.latest()
    let server = server.service
    // The server counts this snapshot as the worker's; the one before it belonged to nobody.
    server.pull(worker: worker, into: &snapshot)
    var latencies: [Double] = []
    latencies.reserveCapacity(1 << 16)
    // The first operations touch memory for the first time.
    let warmUp = 3
    var begin = 0.0
    var done = 0
    var now = monotonicSeconds()
    while now < end || latencies.isEmpty {
      var start = now
      switch operation {
      case .push:
        let buffer = server.takeGradientBuffer()
        buffer.values.update(from: gradient.input, count: parameters)
        let push = GradientPush(worker: worker, gradient: buffer, examples: 1, sums: ClassificationSums())
        start = monotonicSeconds()
        _ = server.push(push, snapshot: &snapshot)
      case .pull:
        server.pull(worker: worker, into: &snapshot)
      }
      now = monotonicSeconds()
      done += 1
      if done == warmUp { begin = now }
      // Enough for percentiles; more would only fill the memory.
      if done > warmUp, latencies.count < 1 << 20 { latencies.append(now - start) }
    }
    return Outcome(operationsPerSecond: Double(done - warmUp) / (now - begin), latencies: latencies)
  }

  /// Adds up what the workers saw.
  private final class Collector: @unchecked Sendable {  // the sum is protected by `lock`
    private let lock = NSLock()
    private var sum = Outcome(operationsPerSecond: 0, latencies: [])

    func add(_ outcome: Outcome) {
      lock.withLock {
        sum.operationsPerSecond += outcome.operationsPerSecond
        sum.latencies += outcome.latencies
      }
    }

    var outcome: Outcome {
      lock.withLock {
        sum.latencies.sort()
        return sum
      }
    }
  }
}
