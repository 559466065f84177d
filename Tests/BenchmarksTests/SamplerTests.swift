import Testing

@testable import Benchmarks

/// Pieces of work on a clock that only they move.
private final class VirtualMachine {
  private(set) var now = 0.0
  /// The name of the piece and the calls of each sample, in the order in which they were taken.
  private(set) var log: [(piece: String, calls: Int)] = []

  /// Work whose every call takes as long as it is said to take at that moment.
  func piece(_ name: String, seconds: @escaping () -> Double) -> Work {
    { calls in
      self.log.append((name, calls))
      self.now += Double(calls) * seconds()
    }
  }
}

@Suite("The sampler")
struct SamplerTests {
  @Test("returns the seconds a call, by piece and round")
  func times() {
    let machine = VirtualMachine()
    let sampler = Sampler(rounds: 3, seconds: 1, now: { machine.now })
    let times = sampler.sample([machine.piece("a") { 0.125 }, machine.piece("b") { 3 }])
    #expect(times == [[0.125, 0.125, 0.125], [3, 3, 3]])
  }

  @Test("takes one sample of each piece a round, every other round backward")
  func interleaving() {
    let machine = VirtualMachine()
    let sampler = Sampler(rounds: 3, seconds: 1, now: { machine.now })
    _ = sampler.sample([machine.piece("a") { 2 }, machine.piece("b") { 2 }, machine.piece("c") { 2 }])
    #expect(machine.log.prefix(3).map(\.piece) == ["a", "b", "c"], "the warm-up")
    #expect(machine.log.dropFirst(3).map(\.piece) == ["a", "b", "c", "c", "b", "a", "a", "b", "c"])
  }

  @Test(
    "repeats short work until a sample is long enough, and long work once",
    arguments: [
      (0.001, 0.25, 250), (0.3, 1.0, 4), (0.5, 1.0, 2), (1.0, 1.0, 1), (60.0, 1.0, 1),
    ])
  func repetitions(secondsPerCall: Double, sample: Double, calls: Int) throws {
    let machine = VirtualMachine()
    let sampler = Sampler(rounds: 2, seconds: sample, now: { machine.now })
    _ = sampler.sample([machine.piece("a") { secondsPerCall }])
    let measured = machine.log.suffix(2).map(\.calls)
    // One more where the quotient of the times is a rounding above a whole number.
    #expect(measured.allSatisfy { $0 == calls || $0 == calls + 1 }, "\(measured)")
  }

  @Test("gives up on work that takes no time")
  func nothing() {
    let machine = VirtualMachine()
    _ = Sampler(rounds: 1, seconds: 1, now: { machine.now }).sample([machine.piece("a") { 0 }])
    #expect(machine.log.last?.calls == Sampler.mostCalls)
  }

  @Test("a disturbance of one round shows in that round alone")
  func disturbance() {
    let machine = VirtualMachine()
    let sampler = Sampler(rounds: 3, seconds: 1, now: { machine.now })
    // Warm-up of two pieces, then two samples a round: the second round is slow.
    let times = sampler.sample([
      machine.piece("a") { (5...6).contains(machine.log.count) ? 8 : 1 },
      machine.piece("b") { (5...6).contains(machine.log.count) ? 16 : 2 },
    ])
    #expect(times == [[1, 8, 1], [2, 16, 2]])
  }

  @Test("clocks go forward")
  func clocks() {
    let (wall, thread) = (monotonicSeconds(), threadSeconds())
    var sum = 0.0
    for index in 0..<1_000_000 { sum += Double(index).squareRoot() }
    #expect(sum > 0)
    #expect(monotonicSeconds() > wall)
    #expect(threadSeconds() > thread)
  }
}
