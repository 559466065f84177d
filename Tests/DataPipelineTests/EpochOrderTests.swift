import DataPipeline
import Testing

@Suite("The order of an epoch")
struct EpochOrderTests {
  private func order(count: Int, seed: UInt64, epoch: Int) -> [Int32] {
    var order = [Int32](repeating: -1, count: count)
    order.withUnsafeMutableBufferPointer { EpochOrder(count: count, seed: seed).write(epoch: epoch, into: $0) }
    return order
  }

  @Test("it is a permutation of all examples", arguments: [0, 1, 2, 3, 10, 1000, 60_000])
  func permutation(_ count: Int) {
    for epoch in [0, 1, 999] {
      #expect(order(count: count, seed: 42, epoch: epoch).sorted() == (0..<Int32(count)).map { $0 })
    }
  }

  @Test("it differs from epoch to epoch and from seed to seed, and comes back for the same ones")
  func differs() {
    let first = order(count: 1000, seed: 42, epoch: 0)
    #expect(first == order(count: 1000, seed: 42, epoch: 0))
    #expect(first != order(count: 1000, seed: 42, epoch: 1))
    #expect(first != order(count: 1000, seed: 43, epoch: 0))
  }

  @Test("it is the same on every platform")
  func pinned() {
    // From an implementation of Philox, of Lemire's bounded integers and of the shuffle in Python.
    #expect(order(count: 10, seed: 42, epoch: 0) == [7, 8, 6, 5, 4, 2, 0, 9, 1, 3])
    #expect(order(count: 10, seed: 42, epoch: 1) == [4, 3, 6, 5, 2, 9, 1, 7, 8, 0])
    #expect(
      order(count: 60_000, seed: 7, epoch: 3).prefix(8) == [54898, 3416, 51565, 54495, 4072, 33235, 47299, 227])
  }

  @Test("room for another number of examples is a programming error")
  func wrongRoom() async {
    await #expect(processExitsWith: .failure) {
      var room = [Int32](repeating: 0, count: 9)
      room.withUnsafeMutableBufferPointer { EpochOrder(count: 10, seed: 1).write(epoch: 0, into: $0) }
    }
  }
}
