import AsyncSGD
import Randomness
import Testing

/// Long random schedules of workers with very different paces.
@Suite("Coordination, laws under random schedules")
struct LawTests {
  /// What is drawn for one schedule.
  private struct Draw {
    var stream: RandomStream

    /// A duration with mean `mean`, of the exponential distribution's shape, cut at eight times the mean.
    mutating func duration(mean: Double) -> Double {
      var halvings = 0.0
      while halvings < 8 && stream.uniform() < 0.5 { halvings += 1 }
      return mean * (halvings + Double(stream.uniform()))
    }
  }

  /// Lets workers race in virtual time through some epochs, and checks after each event.
  ///
  /// - Returns: What went wrong first, or `nil`.
  private func race(_ policy: PolicyCase, workers: Int, epochs: Int, seed: UInt64) -> (String?, PolicyModel) {
    var draw = Draw(stream: RandomStream(seed: seed, purpose: .testing, worker: workers))
    var model = PolicyModel(policy, workers: workers)
    var now = 0.0
    for epoch in 0..<epochs {
      model.begin()
      // The last worker is 20 times as slow as the first; each fails in some epoch, after some pushes.
      var finishes = model.workers.map { worker in
        now + draw.duration(mean: worker == workers - 1 ? 20 : 1 + Double(worker) / 4)
      }
      var minibatches = 12 * workers
      var wasComputing = model.workers.map { _ in true }
      while !model.isOver {
        guard let worker = model.workers.filter(model.isComputing).min(by: { finishes[$0] < finishes[$1] }) else {
          break
        }
        now = max(now, finishes[worker])
        if minibatches == 0 || draw.stream.uniform() < 0.01 {
          model.leave(worker)
        } else {
          minibatches -= 1
          model.push(worker, isFinite: draw.stream.uniform() > 0.05, seconds: now)
        }
        for other in model.workers where model.isComputing(other) {
          if other == worker || !wasComputing[other] {
            finishes[other] = now + draw.duration(mean: other == workers - 1 ? 20 : 1 + Double(other) / 4)
          }
          if model.isUnwanted(other) && draw.stream.uniform() < 0.5 { model.restart(other) }
        }
        wasComputing = model.workers.map(model.isComputing)
        if let violation = model.violation { return ("epoch \(epoch): \(violation)", model) }
      }
    }
    return (model.isOver ? nil : "workers still wait: \(model.phases)", model)
  }

  @Test(
    "no push is lost, every drop is told, the law holds and every worker is let go, whatever the paces and failures",
    arguments: PolicyCase.all, [3, 8])
  func randomSchedules(policy: PolicyCase, workers: Int) {
    var generator = SystemRandomNumberGenerator()
    for _ in 0..<5 {
      let seed = UInt64.random(in: 0...UInt64.max, using: &generator)
      let (violation, model) = race(policy, workers: workers, epochs: 4, seed: seed)
      #expect(violation == nil, "seed \(seed)")
      #expect(model.pushes > 10 * workers)
    }
  }

  @Test(
    "in async mode Σ staleness + Σ age is (n − 1)·T, exactly, after any number of pushes", arguments: [1, 2, 5, 16])
  func lawOfStaleness(workers: Int) {
    var generator = SystemRandomNumberGenerator()
    let seed = UInt64.random(in: 0...UInt64.max, using: &generator)
    var stream = RandomStream(seed: seed, purpose: .testing)
    var model = PolicyModel(PolicyCase(.async), workers: workers)
    for push in 1...2000 {
      // The square favors low numbers: worker 0 pushes far more often than the last.
      let draw = stream.uniform()
      model.push(Int(draw * draw * Float(workers)))
      let age = model.bases.reduce(0) { $0 + push - $1 }
      #expect(model.stalenessSum + age == (workers - 1) * push, "seed \(seed)")
    }
    #expect(model.coordinator.staleness.applied.sum == model.stalenessSum)
    #expect(model.violation == nil)
  }

  @Test("a worker that sleeps holds the others back by the bound and no more", arguments: [0, 1, 3, 10])
  func sleeper(bound: Int) {
    var model = PolicyModel(PolicyCase(.ssp, (.stalenessBound, .integer(bound))), workers: 3)
    // C sleeps; A and B go on for as long as they may.
    while let worker = [0, 1].first(where: model.isComputing) { model.push(worker) }
    #expect(model.clocks == [bound + 1, bound + 1, 0])
    model.push(2)
    #expect(model.isComputing(0) && model.isComputing(1))
    while let worker = [0, 1].first(where: model.isComputing) { model.push(worker) }
    #expect(model.clocks == [bound + 2, bound + 2, 1])
    model.leave(2)
    #expect(model.isComputing(0) && model.isComputing(1))
  }

  @Test(
    "after training stopped nobody waits, and what was gathered or queued counts as dropped", arguments: PolicyCase.all)
  func stopDropsWhatIsPending(policy: PolicyCase) {
    var model = PolicyModel(policy, workers: 3, divergencePolicy: .stop)
    model.push(1)
    if model.isComputing(2) { model.push(2) }
    model.push(0, isFinite: false)
    #expect(model.coordinator.isStopped)
    #expect(model.coordinator.pendingPushes == 0)
    #expect(model.workers.allSatisfy(model.isComputing))
    for worker in model.workers { model.push(worker) }
    #expect(model.violation == nil)
    #expect(model.coordinator.drops[.notFinite] == 1)
    for worker in model.workers { model.leave(worker) }
    #expect(model.violation == nil)
  }
}
