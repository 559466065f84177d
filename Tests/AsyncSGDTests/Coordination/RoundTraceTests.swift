import Testing

@testable import AsyncSGD

/// Hand-computed: K-sync, backup workers, K-batch-sync, Rennala SGD.
@Suite("Traces: rounds at the present parameters")
struct RoundTraceTests {
  /// θ ← θ − mean of (½·θ_base + offset), offsets 1 (A), 2 (B), 4 (C); θ₀ = 8.
  private func schedule(_ policy: PolicyCase) -> ManualSchedule {
    ManualSchedule(policy, workers: 3, initial: [8], slope: 0.5, offsets: [1, 2, 4])
  }

  // Multiverso has a flag for backup workers that its server never reads: there B and C would go on waiting.
  @Test(
    "a round takes the first K of N workers; a late gradient is dropped, reported, and in no later round",
    arguments: [
      PolicyCase(.sync, (.gradientsToWait, .integer(2))), PolicyCase(.sync, (.backupWorkers, .integer(1))),
      PolicyCase(.sync, (.backupWorkers, .integer(1)), (.gradientsToWait, .integer(2))),
    ])
  func firstOfWorkers(policy: PolicyCase) {
    let schedule = schedule(policy)
    let log = schedule.run(
      "A.push B.push A.wait C.push A.push C.push A.wait B.push B.push A.push B.wait")
    #expect(
      log == [
        "A.push@0:wait",  // 5 at θ₀
        "B.push@0:proceed",  // 6 at θ₀; θ₁ = 8 − 11/2 = 2.5
        "A.wait@1:proceed",
        "C.push@0:dropped-late",
        "A.push@1:wait",  // 2.25 at θ₁
        "C.push@1:proceed",  // 5.25 at θ₁; θ₂ = 2.5 − 7.5/2 = −1.25
        "A.wait@2:proceed",
        "B.push@1:dropped-late",
        "B.push@2:wait",  // 1.375 at θ₂
        "A.push@2:proceed",  // 0.375 at θ₂; θ₃ = −1.25 − 1.75/2 = −2.125
        "B.wait@3:proceed",
      ])
    #expect(schedule.parameters == [-2.125])
    let coordination = schedule.server.coordination
    #expect(coordination.version == 3)
    #expect(coordination.staleness.applied.max == 0)
    #expect(coordination.updatesByWorker == [3, 2, 1])
    #expect(coordination.drops[.late] == 2 && coordination.dropsByWorker == [0, 1, 1])
    #expect(coordination.stalenessLawResidual == 0)
    #expect(schedule.server.status.droppedPushes == 2)
  }

  @Test("the sum of a round is in the order of the workers, whoever comes first, bit for bit")
  func orderOfArrival() {
    let policy = PolicyCase(.sync, (.gradientsToWait, .integer(3)))
    let results = ["A.push B.push C.push", "C.push B.push A.push", "B.push C.push A.push"].map { script in
      let schedule = ManualSchedule(policy, workers: 4, initial: [1], slope: 0.3, offsets: [0.1, 1e7, -1e7, 3.3])
      schedule.run(script)
      return schedule.parameters.map(\.bitPattern)
    }
    #expect(results[0] == results[1] && results[0] == results[2])
  }

  @Test("with stops, a worker whose round is over begins anew before it pushes, and the law holds")
  func stops() {
    let schedule = schedule(
      PolicyCase(.sync, (.gradientsToWait, .integer(2)), (.calculationStops, .choice("on"))))
    #expect(schedule.server.isWanted(version: 0))
    schedule.run("A.push B.push A.wait")
    #expect(!schedule.server.isWanted(version: 0) && schedule.server.isWanted(version: 1))
    // As above, but C did not have to finish: θ₁ = 2.5, 2.25 of A and 5.25 of C.
    #expect(schedule.run("C.restart C.push A.push").suffix(3) == ["C.restart@1", "C.push@1:wait", "A.push@1:proceed"])
    #expect(schedule.parameters == [-1.25])
    let coordination = schedule.server.coordination
    #expect(coordination.abandoned == 1 && coordination.drops[.late] == 0)
    #expect(coordination.stalenessLawResidual == 0)
  }

  @Test("at the end of an epoch a round does with the workers that are left")
  func raggedRound() {
    let schedule = schedule(PolicyCase(.sync, (.gradientsToWait, .integer(2))))
    // C alone: 8 − (4 + 4) = 0. Nobody waits for the two that left.
    #expect(schedule.run("A.leave B.leave C.push").last == "C.push@0:proceed")
    #expect(schedule.parameters == [0])
    let other = self.schedule(PolicyCase(.sync, (.gradientsToWait, .integer(3))))
    // A waits for two, of whom one leaves and the other, late, leaves too: 8 − 5 = 3.
    #expect(other.run("A.push B.leave C.leave A.wait").last == "A.wait@1:proceed")
    #expect(other.parameters == [3])
  }

  @Test(
    "an update takes the first B gradients at the present parameters, several of one worker too",
    arguments: [
      PolicyCase(.rennala, (.gradientsToWait, .integer(4))),
      PolicyCase(.sync, (.gradientsFrom, .choice("any")), (.gradientsToWait, .integer(4))),
    ])
  func presentPoint(policy: PolicyCase) {
    let schedule = schedule(policy)
    let log = schedule.run(
      "A.push A.push B.push A.push B.push C.push B.push A.push B.push C.push A.push A.push A.leave C.leave B.leave")
    #expect(
      log == [
        "A.push@0:proceed",  // 5 at θ₀
        "A.push@0:proceed",  // 5 at θ₀
        "B.push@0:proceed",  // 6 at θ₀
        "A.push@0:proceed",  // 5 at θ₀; θ₁ = 8 − 21/4 = 2.75
        "B.push@0:dropped-late",
        "C.push@0:dropped-late",
        "B.push@1:proceed",  // 3.375 at θ₁
        "A.push@1:proceed",  // 2.375 at θ₁
        "B.push@1:proceed",  // 3.375 at θ₁
        "C.push@1:proceed",  // 5.375 at θ₁; θ₂ = 2.75 − 14.5/4 = −0.875
        "A.push@1:dropped-late",
        "A.push@2:proceed",  // 0.5625 at θ₂
        "A.leave", "C.leave", "B.leave",  // the epoch is over: θ₃ = −0.875 − 0.5625
      ])
    #expect(schedule.parameters == [-1.4375])
    let coordination = schedule.server.coordination
    #expect(coordination.version == 3 && coordination.pendingPushes == 0)
    #expect(coordination.staleness.applied.max == 0)
    #expect(coordination.updatesByWorker == [5, 3, 1])
    #expect(coordination.dropsByWorker == [1, 1, 1])
    #expect(coordination.stalenessLawResidual == 0)
  }

  @Test("with stops, Rennala's workers begin anew once the update is made without them")
  func stoppedBatch() {
    let schedule = schedule(
      PolicyCase(.rennala, (.gradientsToWait, .integer(2)), (.calculationStops, .choice("on"))))
    schedule.run("A.push A.push")  // θ₁ = 8 − 5 = 3
    #expect(!schedule.server.isWanted(version: 0))
    schedule.run("B.restart B.push C.restart C.push")  // 3.5 and 5.5 at θ₁; θ₂ = 3 − 4.5
    schedule.run("B.restart B.push C.push")  // 1.25 and 3.25 at θ₂; θ₃ = −1.5 − 2.25
    #expect(schedule.parameters == [-3.75])
    #expect(schedule.server.coordination.abandoned == 3)
    #expect(schedule.server.coordination.drops.allSatisfy { $0.value == 0 })
    #expect(schedule.server.coordination.stalenessLawResidual == 0)
  }
}
