import Testing

@testable import AsyncSGD

/// What goes wrong in virtual time, and that the books stay right.
@Suite("Virtual time: faults")
struct FaultTests {
  /// Constant times of a second, and what the script adds.
  private func cluster(_ script: String) throws -> ClusterDescription {
    try ClusterDescription(script: "compute constant:mean=1s\n" + script)
  }

  /// All that can go wrong, at rates that strike often.
  private static let storm = """
    compute gamma:shape=4,mean=1s
    network latency 10ms
    service exponential:mean=20ms
    worker 1 speed 0.3
    join worker 5 at 20s
    crash workers 2-3 at update 50 restart after 5s
    crash all rate 0.02/s restart after 3s
    pause all rate 0.05/s for 2s
    lose push of all probability 0.05 noticed after 500ms
    lose push of worker 0 at 10s
    """

  @Test("whatever goes wrong, in every mode, the law holds and all work is done", arguments: PolicyCase.all)
  func storm(policy: PolicyCase) throws {
    let cluster = try ClusterDescription(script: Self.storm)
    for seed in 1...4 {
      let report = Timing.report(policy, workers: 6, minibatches: 400, cluster: cluster, epochs: 2, seed: UInt64(seed))
      #expect(report.stalenessLawResidual == 0)
      #expect(report.epochs == 2)
      #expect(report.faults.crashes > 0 && report.faults.pauses > 0 && report.faults.lostPushes > 0)
      // Each minibatch was applied or dropped, or lost with a push or a worker and whatever it had gathered.
      #expect(report.minibatches <= 800)
      let losses = report.faults.crashes + report.faults.lostPushes
      #expect(report.minibatches >= 800 - Self.minibatchesOfPush(policy) * losses)
      let total = report.usageByWorker.map(\.total)
      #expect(total.allSatisfy { abs($0 - report.seconds) < 1e-6 })
    }
  }

  /// The most minibatches that a worker gathers for a push, and the one that it computes.
  private static func minibatchesOfPush(_ policy: PolicyCase) -> Int {
    let configuration = TrainingConfiguration(
      workers: 6, mode: policy.mode, hyperparameters: policy.hyperparameters, epochs: 1, batchSize: 1,
      learningRate: 0.1)
    switch policy.mode {
    case .easgd: return configuration.integer(.communicationPeriod)
    case .fedBuff: return configuration.integer(.localSteps)
    default: return 1
    }
  }

  @Test("a worker that crashes is down until it restarts, and what it computed is lost")
  func crash() throws {
    let report = Timing.report(
      workers: 2, minibatches: 10, cluster: try cluster("crash worker 1 at 1500ms restart after 2s"))
    // Worker 1 pushes at 1, is down from 1.5 to 3.5, and pushes from 4.5 on; worker 0 pushes every second.
    #expect(report.updates == 9)
    #expect(report.usageByWorker[1].down == 2)
    #expect(report.stalenessByWorker.map(\.count) == [6, 3])
    #expect(report.seconds == 6)
    #expect(report.stalenessLawResidual == 0)
    #expect(report.faults.crashes == 1 && report.faults.restarts == 1 && report.faults.joins == 0)
  }

  @Test("nobody waits for a worker that is lost")
  func loss() throws {
    for policy in [PolicyCase(.sync), PolicyCase(.ssp), PolicyCase(.dssp), PolicyCase(.localSGD)] {
      let report = Timing.report(
        policy, workers: 3, minibatches: 60, cluster: try cluster("crash worker 2 at 4500ms"))
      #expect(report.stalenessLawResidual == 0)
      #expect(report.usageByWorker[2].down > 10)
      #expect(report.usageByWorker[0].retired < 5)
    }
  }

  @Test("if all are lost the run is over")
  func allLost() throws {
    let report = Timing.report(workers: 3, minibatches: 60, cluster: try cluster("crash all at 4500ms"))
    #expect(report.updates == 12)
    #expect(report.seconds == 4.5)
  }

  @Test("a worker that rejoins an open round waits for its end, and the round for the others")
  func rejoinRound() throws {
    // Worker 0 pushes at 0.1 and is gone until 0.5; worker 1 takes a second.
    let report = Timing.report(
      PolicyCase(.sync), workers: 2, minibatches: 8,
      cluster: try cluster("worker 0 speed 10\ncrash worker 0 at 300ms restart after 200ms"))
    // It pushes a second gradient into the round at 0.6, which is dropped.
    #expect(report.drops == [.late: 1])
    #expect(report.seconds == 4)
    #expect(report.stalenessLawResidual == 0)
  }

  @Test("a pause delays what is computed, and nothing else")
  func pause() throws {
    let report = Timing.report(
      workers: 1, minibatches: 4, cluster: try cluster("pause worker 0 at 1250ms for 3s"))
    #expect(report.seconds == 7)
    #expect(report.usageByWorker[0].paused == 3)
    #expect(report.usageByWorker[0].computing == 4)
  }

  @Test("a worker that is paused gives its core to others")
  func pauseFreesCore() throws {
    let report = Timing.report(
      workers: 2, minibatches: 4, cluster: try cluster("cores 1\npause worker 0 at 500ms for 1s"))
    // Worker 1 computes from 0.5 to 1.5; worker 0 then finishes its first; all is done after 4 seconds of work.
    #expect(report.seconds == 4)
    #expect(report.usageByWorker[0].paused == 1)
  }

  @Test("a worker that joins late begins with the latest parameters")
  func join() throws {
    let report = Timing.report(workers: 2, minibatches: 8, cluster: try cluster("join worker 1 at 3500ms"))
    // At 1, 2, 3, 4 and 4.5, 5, 5.5, 6: of the first three nobody else's are stale.
    #expect(report.stalenessByWorker.map(\.count) == [6, 2])
    #expect(report.stalenessByWorker[1].sum == 2)
    #expect(report.seconds == 6)
    #expect(report.stalenessLawResidual == 0)
    let byUpdate = Timing.report(workers: 2, minibatches: 8, cluster: try cluster("join worker 1 at update 3"))
    #expect(byUpdate.usageByWorker[1].down == 3)
  }

  @Test("a lost push is no update, and its worker pulls when it notices")
  func losePush() throws {
    let report = Timing.report(
      workers: 1, minibatches: 5, cluster: try cluster("lose push of worker 0 at 1500ms noticed after 4s"))
    #expect(report.updates == 4)
    #expect(report.seconds == 9)
    #expect(report.usageByWorker[0].dealing == 4)
    #expect(report.stalenessLawResidual == 0)
  }

  @Test("a push that arrives twice is two updates where nobody waits, and one where the server waits for others")
  func duplicatePush() throws {
    let script = "duplicate push of worker 0 at 500ms"
    let async = Timing.report(workers: 2, minibatches: 10, cluster: try cluster(script))
    #expect(async.updates == 11)
    #expect(async.faults.duplicatedPushes == 1)
    // Several pushes between pulls: the law says nothing.
    #expect(async.stalenessLawResidual == nil)
    let sync = Timing.report(PolicyCase(.sync), workers: 2, minibatches: 10, cluster: try cluster(script))
    #expect(sync.updates == 5)
    #expect(sync.seconds == 5)
  }

  @Test("faults by chance strike as often as they should")
  func rates() throws {
    let cluster = try cluster(
      "lose push of all probability 0.1\npause workers 0-3 rate 0.05/s for 1ms\nduplicate push of worker 1 probability 0.3"
    )
    let report = Timing.report(workers: 8, minibatches: 20_000, cluster: cluster)
    // Binomial and Poisson counts, within four and a half deviations.
    let lost = Double(report.faults.lostPushes)
    #expect(abs(lost - 2000) < 4.5 * (2000 * 0.9).squareRoot())
    let paused = 4 * 0.05 * report.seconds
    #expect(abs(Double(report.faults.pauses) - paused) < 4.5 * paused.squareRoot())
    let doubled = 0.3 * 0.9 * Double(report.stalenessByWorker[0].count) / 0.9
    #expect(abs(Double(report.faults.duplicatedPushes) - doubled) < 4.5 * doubled.squareRoot())
  }

  @Test("the same seed gives the same run, and another seed another")
  func determinism() throws {
    let cluster = try ClusterDescription(script: Self.storm)
    let reports = [1, 1, 2].map {
      Timing.report(PolicyCase(.ssp), workers: 6, minibatches: 300, cluster: cluster, seed: $0)
    }
    #expect(reports[0].usageByWorker == reports[1].usageByWorker)
    #expect(reports[0].stalenessByWorker == reports[1].stalenessByWorker)
    #expect(reports[0].seconds == reports[1].seconds && reports[0].events == reports[1].events)
    #expect(reports[0].usageByWorker != reports[2].usageByWorker)
  }
}
