import Testing

@testable import AsyncSGD

@Suite("Minibatch dispenser")
struct MinibatchDispenserTests {
  /// Lets workers draw in the written order until all of them are refused.
  private func deal(_ dispenser: MinibatchDispenser, _ order: [Int]) -> [Int?] {
    order.map { dispenser.next(for: $0) }
  }

  @Test("first come, first served: each minibatch once, to whoever asks")
  func firstCome() {
    let dispenser = MinibatchDispenser(workers: 2, inRounds: false)
    dispenser.begin(minibatches: 4, from: 0)
    #expect(deal(dispenser, [0, 0, 1, 0, 1, 0]) == [0, 1, 2, 3, nil, nil])
    #expect(dispenser.position == 4)
  }

  @Test("in rounds: a worker's minibatches are its own, whoever comes first")
  func rounds() {
    let dispenser = MinibatchDispenser(workers: 3, inRounds: true)
    dispenser.begin(minibatches: 5, from: 0)
    #expect(deal(dispenser, [2, 0, 2, 1, 0, 1, 0]) == [2, 0, nil, 1, 3, 4, nil])
    #expect(dispenser.position == 5)
  }

  @Test("an epoch resumed in the middle deals the rest")
  func resumed() {
    let dispenser = MinibatchDispenser(workers: 2, inRounds: true)
    dispenser.begin(minibatches: 7, from: 4)
    #expect(deal(dispenser, [0, 1, 0, 1]) == [4, 5, 6, nil])
  }

  @Test("a stop ends a first-come epoch at once")
  func stopFirstCome() {
    let dispenser = MinibatchDispenser(workers: 2, inRounds: false)
    dispenser.begin(minibatches: 9, from: 0)
    _ = deal(dispenser, [0, 1, 0])
    dispenser.stop()
    #expect(deal(dispenser, [0, 1]) == [nil, nil])
    #expect(dispenser.position == 3)
    dispenser.begin(minibatches: 9, from: 0)
    #expect(deal(dispenser, [0, 1]) == [nil, nil], "a stop holds for the epochs that follow")
  }

  @Test("a stop lets an open round be finished, and no other begin")
  func stopInRound() {
    let dispenser = MinibatchDispenser(workers: 3, inRounds: true)
    dispenser.begin(minibatches: 20, from: 0)
    // Everybody has round 0; worker 1 has its part of round 1 too, so 0 and 2 must get theirs.
    _ = deal(dispenser, [0, 1, 2, 1])
    dispenser.stop()
    #expect(deal(dispenser, [1, 0, 2, 0, 1, 2]) == [nil, 3, 5, nil, nil, nil])
    #expect(dispenser.position == 6)
  }

  @Test("a stop before the first minibatch deals none")
  func stopAtOnce() {
    let dispenser = MinibatchDispenser(workers: 3, inRounds: true)
    dispenser.begin(minibatches: 20, from: 6)
    dispenser.stop()
    #expect(deal(dispenser, [0, 1, 2]) == [nil, nil, nil])
    #expect(dispenser.position == 6)
  }

  @Test("positions cover the training set once, the last minibatch being smaller")
  func plan() {
    let plan = EpochPlan(examples: 10, batchSize: 4)
    #expect(plan.minibatches == 3)
    #expect((0..<3).map { plan.positions(of: $0) } == [0..<4, 4..<8, 8..<10])
  }
}
