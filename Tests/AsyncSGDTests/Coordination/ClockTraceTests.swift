import Testing

@testable import AsyncSGD

/// Hand-computed: SSP, DSSP, and workers that take turns.
@Suite("Traces: clocks and turns")
struct ClockTraceTests {
  // ElasticDL calls s local steps of each worker SSP: nobody ever waits there, and no bound holds between workers.
  @Test("SSP lets the fastest worker wait when it is s + 1 steps ahead of the slowest, and nobody else")
  func ssp() {
    // s = 1; gradient ½·θ_base, θ₀ = 8. Clocks after each event are on the right.
    let policy = PolicyCase(.ssp, (.stalenessBound, .integer(1)))
    let schedule = ManualSchedule(policy, workers: 2, initial: [8], slope: 0.5, offsets: [0, 0])
    let log = schedule.run(
      "A.push A.push B.push A.wait A.push B.push A.wait A.push B.leave A.wait A.push A.push")
    #expect(
      log == [
        "A.push@0:proceed",  // 4; θ₁ = 4                    1 0
        "A.push@1:wait",  // 2; θ₂ = 2                       2 0
        "B.push@0:proceed",  // 4, τ = 2; θ₃ = −2            2 1
        "A.wait@3:proceed",  // with all that came meanwhile
        "A.push@3:wait",  // −1; θ₄ = −1                     3 1
        "B.push@3:proceed",  // −1, τ = 1; θ₅ = 0            3 2
        "A.wait@5:proceed",
        "A.push@5:wait",  // 0                               4 2
        "B.leave",  // holds nobody back any more            4
        "A.wait@6:proceed",
        "A.push@6:proceed", "A.push@7:proceed",
      ])
    #expect(schedule.parameters == [0])
    let coordination = schedule.server.coordination
    #expect(coordination.staleness.applied[2] == 1 && coordination.staleness.applied[1] == 1)
    #expect(coordination.stalenessLawResidual == 0)
  }

  // FRED refreshes the version of every worker that is blocked, and so counts their next staleness from too late.
  @Test("a worker's version is that of the parameters it holds, whoever waited meanwhile; it reads its own writes")
  func versionsOfWaitingWorkers() {
    let policy = PolicyCase(.ssp, (.stalenessBound, .integer(0)))
    let schedule = ManualSchedule(policy, workers: 3, initial: [0], offsets: [1, 1, 1])
    schedule.run("A.push B.push")
    // A and B wait, C computes: all three hold version 0 until C's push lets them go, at once, with version 3.
    #expect((0..<3).map { schedule.parameters(heldBy: $0) } == [[0], [0], [0]])
    #expect(
      schedule.run("C.push A.wait B.wait").suffix(3) == ["C.push@0:proceed", "A.wait@3:proceed", "B.wait@3:proceed"])
    #expect((0..<3).map { schedule.parameters(heldBy: $0) } == [[-3], [-3], [-3]])
    #expect((0...2).map { schedule.server.coordination.staleness.applied[$0] } == [1, 1, 1])
    // The next three are counted from 3, and the first of them from nothing else.
    schedule.run("B.push")
    #expect(schedule.server.coordination.staleness.applied[0] == 2)
    #expect(schedule.server.coordination.stalenessLawResidual == 0)
  }

  @Test("a gradient that is not finite is a step of its worker, who holds nobody back")
  func nonFiniteSteps() {
    let policy = PolicyCase(.ssp, (.stalenessBound, .integer(0)))
    let schedule = ManualSchedule(policy, workers: 2, initial: [0], divergencePolicy: .skip, offsets: [1, 1])
    schedule.poisoned = [1]
    #expect(schedule.run("A.push B.push A.wait").suffix(2) == ["B.push@0:dropped-notFinite", "A.wait@1:proceed"])
  }

  @Test("DSSP grants the fastest worker the steps after which it waits least for the slowest")
  func dssp() {
    // s_L = 1, s_U = 4; gradient 1, θ = −version. A pushes each second, B every 1.25 seconds, and stops at 2.5.
    let policy = PolicyCase(.dssp, (.stalenessBound, .integer(1)), (.stalenessBoundRange, .integer(3)))
    let schedule = ManualSchedule(policy, workers: 2, initial: [0], offsets: [1, 1])
    let log = schedule.run(
      "t=1 A.push t=1.25 B.push t=2 A.push t=2.5 B.push t=3 A.push t=4 A.push t=5 A.push B.push t=6.25 B.push A.wait")
    #expect(
      log == [
        "A.push@0:proceed", "B.push@0:proceed", "A.push@1:proceed", "B.push@2:proceed",
        "A.push@3:proceed",  // A is at 3, B at 2
        // 4 against 2: A will be here at 4, 5, 6, 7, and B at 3.75, 5, 6.25, 7.5: least apart after 1 more step.
        "A.push@5:proceed",
        // 5 against 2: A will be here at 5 or 6 (the hard bound), and B at 5: no more steps.
        "A.push@6:wait",
        "B.push@4:proceed",  // 5 against 3: still more than s_L
        "B.push@8:proceed",  // 5 against 4
        "A.wait@9:proceed",
      ])
    #expect(schedule.parameters == [-9])
    #expect(schedule.server.coordination.stalenessLawResidual == 0)
  }

  @Test("DSSP waits at s_L while it does not know how fast the slowest worker is")
  func dsspUnknownPace() {
    let policy = PolicyCase(.dssp, (.stalenessBound, .integer(1)), (.stalenessBoundRange, .integer(3)))
    let schedule = ManualSchedule(policy, workers: 2, initial: [0], offsets: [1, 1])
    #expect(schedule.run("t=1 A.push t=2 A.push").last == "A.push@1:wait")
    #expect(schedule.run("t=8 B.push A.wait").last == "A.wait@3:proceed")
    // B has pushed once: that is no interval either.
    #expect(schedule.run("t=9 A.push").last == "A.push@3:wait")
  }

  @Test("in round-robin order each exchange is kept until it is its worker's turn")
  func roundRobin() {
    // α = ½, center 0; A has 4, B 8, C 1.
    let policy = PolicyCase(.easgd, (.exchangeOrder, .choice("round-robin")))
    let schedule = ManualSchedule(policy, workers: 3, initial: [0], movingRate: 0.5, offsets: [4, 8, 1])
    let log = schedule.run("C.push A.push B.push C.wait")
    #expect(
      log == [
        "C.push@0:wait",
        "A.push@0:proceed",  // 0 + ½·(4 − 0) = 2
        "B.push@0:proceed",  // 2 + ½·(8 − 2) = 5; then C: 5 + ½·(1 − 5) = 3
        "C.wait@3:proceed",
      ])
    #expect(schedule.parameters == [3])
    #expect(schedule.server.coordination.updatesByWorker == [1, 1, 1])
    #expect((0...2).map { schedule.server.coordination.staleness.applied[$0] } == [1, 1, 1])
    #expect(schedule.server.coordination.stalenessLawResidual == 0)
  }

  @Test("the turn passes over workers that left, and is used up by what is not finite")
  func turnsOfAbsentWorkers() {
    var coordinator = Coordinator(
      mode: .easgd, workers: 3,
      hyperparameters: PolicyCase(.easgd, (.exchangeOrder, .choice("round-robin"))).hyperparameters,
      divergencePolicy: .skip)
    func exchanges() -> [Int] {
      var order: [Int] = []
      while let worker = coordinator.nextInTurn() { order.append(worker) }
      _ = coordinator.release()
      return order
    }
    _ = coordinator.push(worker: 2, baseVersion: 0, isFinite: true)
    #expect(exchanges() == [])
    _ = coordinator.leave(worker: 0)
    #expect(exchanges() == [])
    #expect(coordinator.push(worker: 1, baseVersion: 0, isFinite: false).dropped == .notFinite)
    #expect(exchanges() == [2])
    _ = coordinator.push(worker: 1, baseVersion: 1, isFinite: true)
    #expect(exchanges() == [1], "A's turn is passed over")
    #expect(coordinator.version == 2 && coordinator.pendingPushes == 0)
  }

  @Test("one sequential worker applies each gradient at the parameters that it was computed at")
  func sequential() {
    // ½·θ + 1: θ = 8 − 5 = 3, 3 − 2.5 = ½, ½ − 1.25 = −¾.
    let schedule = ManualSchedule(PolicyCase(.sequential), workers: 1, initial: [8], slope: 0.5, offsets: [1])
    #expect(schedule.run("A.push A.push A.push") == ["A.push@0:proceed", "A.push@1:proceed", "A.push@2:proceed"])
    #expect(schedule.parameters == [-0.75])
    #expect(schedule.server.coordination.staleness.applied[0] == 3)
  }
}
