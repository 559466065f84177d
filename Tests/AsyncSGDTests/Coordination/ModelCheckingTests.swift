import AsyncSGD
import Testing

/// Every order of events that a few workers can bring about.
@Suite("Coordination, every interleaving")
struct ModelCheckingTests {
  /// What the workers of an exploration may do, and what was found.
  private struct Exploration {
    let pushesPerWorker: Int
    var nonFinitePushes: Int
    var restarts: Int
    var states = 0
    var ends = 0
    /// The first violation, with the events that led to it.
    var violation: String?
    private var path: [(worker: Int, event: String)] = []

    init(pushesPerWorker: Int, nonFinitePushes: Int = 1, restarts: Int = 1) {
      self.pushesPerWorker = pushesPerWorker
      self.nonFinitePushes = nonFinitePushes
      self.restarts = restarts
    }

    /// Follows each event that is possible in `model`.
    mutating func explore(_ model: PolicyModel) {
      guard violation == nil else { return }
      states += 1
      if let problem = model.violation {
        violation = "\(problem) after \(path.map { "\($0.worker).\($0.event)" })"
        return
      }
      if model.isOver { ends += 1 }
      for worker in model.workers where model.isComputing(worker) {
        let seconds = Double(path.count)
        if model.clocks[worker] < pushesPerWorker {
          var next = model
          next.push(worker, seconds: seconds)
          follow(worker, "push", to: next)
          if nonFinitePushes > 0 {
            nonFinitePushes -= 1
            var next = model
            next.push(worker, isFinite: false, seconds: seconds)
            follow(worker, "bad", to: next)
            nonFinitePushes += 1
          }
        }
        if model.isUnwanted(worker) && restarts > 0 {
          restarts -= 1
          var next = model
          next.restart(worker)
          follow(worker, "restart", to: next)
          restarts += 1
        }
        // A worker may end at any time: it found no minibatch, or it failed.
        var next = model
        next.leave(worker)
        follow(worker, "leave", to: next)
      }
    }

    private mutating func follow(_ worker: Int, _ event: String, to next: PolicyModel) {
      path.append((worker, event))
      explore(next)
      path.removeLast()
    }
  }

  @Test(
    "two workers of any pace, that may fail, end in every order of events, and the books are right after each",
    arguments: PolicyCase.all.filter { $0.goesWith(workers: 2) },
    [DivergencePolicy.skip, .stop])
  func twoWorkers(policy: PolicyCase, divergencePolicy: DivergencePolicy) {
    var exploration = Exploration(pushesPerWorker: 4)
    exploration.explore(PolicyModel(policy, workers: 2, divergencePolicy: divergencePolicy))
    #expect(exploration.violation == nil)
    #expect(exploration.ends > 40)
  }

  @Test(
    "three workers of any pace, that may fail, end in every order of events, and the books are right after each",
    arguments: PolicyCase.all)
  func threeWorkers(policy: PolicyCase) {
    var exploration = Exploration(pushesPerWorker: 2)
    exploration.explore(PolicyModel(policy, workers: 3))
    #expect(exploration.violation == nil)
    #expect(exploration.ends > 40)
  }
}
