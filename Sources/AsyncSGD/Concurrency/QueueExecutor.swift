internal import Dispatch

/// A serial executor whose jobs run on one private serial dispatch queue.
///
/// It lets a Dispatch worker thread enter an actor without a task: `queue.sync { actor.assumeIsolated { … } }` runs
/// the isolated code on the calling thread, in under a microsecond when nobody else is inside. (`DispatchSerialQueue`,
/// which is an executor, exists on Apple's systems only.)
final class QueueExecutor: SerialExecutor {
  let queue: DispatchQueue
  private static let key = DispatchSpecificKey<ObjectIdentifier>()

  init(label: String) {
    queue = DispatchQueue(label: label, qos: .userInitiated)
    queue.setSpecific(key: Self.key, value: ObjectIdentifier(self))
  }

  func enqueue(_ job: consuming ExecutorJob) {
    let job = UnownedJob(job)
    let executor = asUnownedSerialExecutor()
    queue.async { job.runSynchronously(on: executor) }
  }

  func asUnownedSerialExecutor() -> UnownedSerialExecutor {
    UnownedSerialExecutor(ordinary: self)
  }

  /// Stops the process if the caller is not on the queue (SE-0424).
  func checkIsolated() {
    dispatchPrecondition(condition: .onQueue(queue))
  }

  /// Whether the caller is on the queue (SE-0471); asked before `checkIsolated()`, so that a wrong call dies with a
  /// message instead of a bare trap.
  func isIsolatingCurrentContext() -> Bool? {
    DispatchQueue.getSpecific(key: Self.key) == ObjectIdentifier(self)
  }
}
