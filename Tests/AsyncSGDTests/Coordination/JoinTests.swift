import Testing

@testable import AsyncSGD

/// Workers that leave in the middle of something, and join again.
@Suite("Coordination, joining")
struct JoinTests {
  private func coordinator(_ policy: PolicyCase, workers: Int) -> Coordinator {
    var coordinator = Coordinator(mode: policy.mode, workers: workers, hyperparameters: policy.hyperparameters)
    coordinator.begin(workers: 0..<workers)
    return coordinator
  }

  /// Pushes at the version that the worker pulled last; returns those who go on.
  private func push(_ worker: Int, _ coordinator: inout Coordinator, base: Int) -> [Int] {
    _ = coordinator.push(worker: worker, baseVersion: base, isFinite: true)
    while coordinator.nextInTurn() != nil {}
    return coordinator.release()
  }

  private func leave(_ worker: Int, _ coordinator: inout Coordinator) -> [Int] {
    _ = coordinator.leave(worker: worker)
    while coordinator.nextInTurn() != nil {}
    return coordinator.release()
  }

  @Test("a worker joins with the present version", arguments: PolicyCase.all)
  func version(policy: PolicyCase) {
    var coordinator = coordinator(policy, workers: 3)
    _ = leave(2, &coordinator)
    for worker in [0, 1] { _ = push(worker, &coordinator, base: 0) }
    let version = coordinator.version
    coordinator.join(worker: 2)
    #expect(coordinator.stalenessLawResidual == 0)
    let decision = coordinator.push(worker: 2, baseVersion: version, isFinite: true)
    #expect(decision.staleness == 0)
    _ = coordinator.release()
    #expect(coordinator.stalenessLawResidual == 0)
  }

  @Test("stale synchronous parallel: it joins where the slowest is, and holds back from there")
  func boundedStaleness() {
    var coordinator = coordinator(PolicyCase(.ssp, (.stalenessBound, .integer(1))), workers: 3)
    _ = leave(2, &coordinator)
    // Both make three steps, one after the other: their clocks are 3.
    for step in 0..<3 {
      #expect(push(0, &coordinator, base: max(0, 2 * step - 1)) == [0])
      #expect(push(1, &coordinator, base: 2 * step) == [1])
    }
    coordinator.join(worker: 2)
    #expect(push(0, &coordinator, base: 5) == [0])
    // Two steps ahead of the slowest, which are workers 1 and 2.
    #expect(push(0, &coordinator, base: 7) == [])
    #expect(push(1, &coordinator, base: 6) == [1])
    #expect(push(2, &coordinator, base: 6) == [0, 2])
    #expect(coordinator.stalenessLawResidual == 0)
  }

  @Test("a round waits for the worker that joined, but not for the gradient of one that left after its push")
  func barrier() {
    var coordinator = coordinator(PolicyCase(.sync), workers: 3)
    #expect(push(0, &coordinator, base: 0) == [])
    // Its gradient stays; the round goes on with the two that are left, and needs both.
    #expect(leave(0, &coordinator) == [])
    #expect(push(1, &coordinator, base: 0) == [])
    #expect(coordinator.pendingPushes == 2)
    #expect(push(2, &coordinator, base: 0) == [1, 2])
    #expect(coordinator.version == 1)
    coordinator.join(worker: 0)
    #expect(push(1, &coordinator, base: 1) == [])
    #expect(push(2, &coordinator, base: 1) == [])
    #expect(push(0, &coordinator, base: 1) == [0, 1, 2])
    #expect(coordinator.updatesByWorker == [2, 2, 2])
    #expect(coordinator.stalenessLawResidual == 0)
  }

  @Test("a worker that joins the round that it pushed to gives it no second gradient")
  func sameRound() {
    var coordinator = coordinator(PolicyCase(.sync), workers: 2)
    #expect(push(0, &coordinator, base: 0) == [])
    #expect(leave(0, &coordinator) == [])
    coordinator.join(worker: 0)
    #expect(push(0, &coordinator, base: 0) == [])
    #expect(coordinator.drops[.late] == 1)
    #expect(push(1, &coordinator, base: 0) == [0, 1])
    #expect(coordinator.version == 1)
    #expect(coordinator.updatesByWorker == [1, 1])
    #expect(coordinator.stalenessLawResidual == 0)
  }

  @Test("turns: it joins after the worker before it, and what it had queued is dropped")
  func roundRobin() {
    var coordinator = coordinator(PolicyCase(.easgd, (.exchangeOrder, .choice("round-robin"))), workers: 4)
    #expect(push(1, &coordinator, base: 0) == [])
    #expect(leave(1, &coordinator) == [])
    #expect(coordinator.drops[.late] == 1)
    #expect(coordinator.pendingPushes == 0)
    #expect(push(2, &coordinator, base: 0) == [])
    #expect(push(0, &coordinator, base: 0) == [0, 2])
    // The turn is worker 3's; worker 1 comes after worker 0 again.
    coordinator.join(worker: 1)
    #expect(push(1, &coordinator, base: 2) == [])
    #expect(push(3, &coordinator, base: 0) == [3])
    #expect(push(0, &coordinator, base: 2) == [0, 1])
    #expect(coordinator.stalenessLawResidual == 0)
  }

  @Test("turns: the only worker that is left has every turn")
  func onlyOne() {
    var coordinator = coordinator(PolicyCase(.easgd, (.exchangeOrder, .choice("round-robin"))), workers: 3)
    for worker in 0..<3 { _ = leave(worker, &coordinator) }
    coordinator.join(worker: 1)
    for version in 0..<3 { #expect(push(1, &coordinator, base: version) == [1]) }
    coordinator.join(worker: 0)
    #expect(push(0, &coordinator, base: 3) == [])
    #expect(push(1, &coordinator, base: 3) == [0, 1])
  }
}
