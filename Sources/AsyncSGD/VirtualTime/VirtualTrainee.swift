/// What a virtual cluster trains.
///
/// The cluster says *when* something happens and to which worker; a trainee does it. One computes gradients, pushes them to a
/// real server and so learns; another keeps the books of the coordinator alone, to find out how long things take.
///
/// A worker's life: it holds a snapshot; ``begin(worker:)`` draws a minibatch, and the cluster lets the time pass that computing
/// it takes; ``finish(worker:)`` says what the worker wants of the server then. A push travels, and ``push(worker:at:)`` carries
/// it out when it arrives. When the answer is back at the worker, ``resume(worker:)`` says whether there is more to deal with,
/// and if not, the next minibatch begins. Where there is none, ``conclude(worker:)`` says what is left to tell, and then the
/// worker leaves.
///
/// All calls come from one thread, in the order of the virtual clock. Workers hold a snapshot of the first version at the start.
protocol VirtualTrainee {
  /// Draws the worker's next minibatch, to be computed at what it pulled last.
  ///
  /// - Returns: Whether there was one.
  mutating func begin(worker: Int) -> Bool

  /// Ends the calculation that began, and returns what the worker wants now.
  mutating func finish(worker: Int) -> VirtualDealing

  /// Returns what a worker still has to tell when no minibatch is left for it.
  mutating func conclude(worker: Int) -> VirtualDealing

  /// Carries out the worker's push, which has arrived, and the pull that goes with it if the worker may go on.
  ///
  /// - Parameters:
  ///   - worker: The worker.
  ///   - seconds: The virtual time.
  /// - Returns: The answer; others may have been let go too: see ``released``.
  mutating func push(worker: Int, at seconds: Double) -> VirtualAnswer

  /// Carries out a pull by itself.
  mutating func pull(worker: Int, at seconds: Double)

  /// Carries out a pull for which a worker gives up its calculation, to begin the same minibatch anew.
  mutating func restart(worker: Int, at seconds: Double)

  /// Notes that the answer is back at the worker, and returns what it wants then; a worker that was released comes here, too.
  mutating func resume(worker: Int) -> VirtualDealing

  /// Takes a worker out: nobody waits for it; others may be let go.
  mutating func leave(worker: Int, at seconds: Double)

  /// Takes a worker in again, or for the first time, with the latest parameters.
  mutating func join(worker: Int, at seconds: Double)

  /// Forgets all that a worker keeps to itself, and what it computes or has on the way to the server, of which the server
  /// never hears.
  mutating func crash(worker: Int, at seconds: Double)

  /// Forgets the worker's push, which is lost on its way; its worker then pulls.
  mutating func losePush(worker: Int, at seconds: Double)

  /// Carries out the worker's push as ``push(worker:at:)``, but keeps it, because the same message arrives once more.
  ///
  /// - Returns: Whether the server took it and will take the second arrival; a server that lets the worker wait recognizes
  ///   the second one and ignores it.
  mutating func pushFirstOfTwo(worker: Int, at seconds: Double) -> Bool

  /// The workers that the last push or leave let go and that had been waiting, in order; the one that pushed is among them only
  /// after ``pushFirstOfTwo(worker:at:)``.
  var released: [Int] { get }

  /// The least version whose gradients are still wanted: calculations at older ones are to be restarted.
  var oldestWanted: Int { get }

  /// The present version.
  var version: Int { get }

  /// Returns the version that a worker pulled last.
  func pulledVersion(of worker: Int) -> Int

  /// Whether the server has stopped training.
  var hasStopped: Bool { get }

  /// What a pull weighs on a wire, in bytes.
  var pullBytes: Int { get }

  /// Whether calculations at versions older than ``oldestWanted`` are to be restarted at all.
  var stopsCalculations: Bool { get }

  /// Whether minibatches are kept for a worker that is down, so that the others' end is not the end of all.
  func isAwaited(worker: Int) -> Bool

  /// Notes that a calculation runs, and when it will be finished, unless it is delayed or given up.
  ///
  /// Called again whenever this changes. Calculations finish in the order of `seconds`, and of `sequence` where these are
  /// equal.
  mutating func willFinish(worker: Int, at seconds: Double, sequence: Int)

  /// Notes when the push that is about to be carried out, or lost, was made and arrived; called just before.
  mutating func willPush(worker: Int, times: VirtualPushTimes)

  /// Notes that a worker does nothing for a while.
  mutating func pause(worker: Int, at seconds: Double, duration: Double)
}

extension VirtualTrainee {
  var hasStopped: Bool { false }
  var stopsCalculations: Bool { true }
  func isAwaited(worker: Int) -> Bool { false }
  mutating func willFinish(worker: Int, at seconds: Double, sequence: Int) {}
  mutating func willPush(worker: Int, times: VirtualPushTimes) {}
  mutating func pause(worker: Int, at seconds: Double, duration: Double) {}
}

/// The stations of a push, in virtual seconds.
struct VirtualPushTimes: Hashable, Sendable {
  /// When its worker took the parameters that it was computed at.
  var pulledAt = 0.0
  /// When the computation of its first minibatch began.
  var startedAt = 0.0
  /// When its worker handed it over.
  var pushedAt = 0.0
  /// When the server, free of others, had it.
  var arrivedAt = 0.0
}

/// What a worker wants of the server.
enum VirtualDealing: Hashable, Sendable {
  /// Nothing: it goes on with its next minibatch.
  case nothing
  /// To push so many bytes; the answer may bring new parameters.
  case push(bytes: Int, pulls: Bool)
  /// The latest parameters.
  case pull
}

/// The server's answer to a push.
enum VirtualAnswer: Hashable, Sendable {
  /// The worker goes on.
  case proceed
  /// The worker goes on when it is ``VirtualTrainee/released``.
  case wait
  /// Training has stopped.
  case stopped
}
