import Kernels
import Testing

@testable import Benchmarks

@Suite("The probes of the machine's limits")
struct LimitProbeTests {
  @Test("there is one for each instruction set of this machine", arguments: InstructionSet.supported)
  func supported(instructionSet: InstructionSet) throws {
    let probe = try #require(instructionSet.limitProbe)
    #expect(probe.instructionSet == instructionSet.rawValue)
    #expect(probe.operationsPerIteration > 0)
  }

  /// The chains start from 1 to 12 in every lane, and halving and adding 1 is exact for a few steps.
  @Test("multiply and add in every lane of every chain", arguments: InstructionSet.supported, [0, 1, 2, 3, 7])
  func multiplyAdd(instructionSet: InstructionSet, iterations: Int) throws {
    let probe = try #require(instructionSet.limitProbe)
    let lanes = probe.operationsPerIteration / (12 * 2)
    var sum: Float = 0
    for start in 1...12 {
      var value = Float(start)
      for _ in 0..<iterations { value = 0.5 * value + 1 }
      sum += value * Float(lanes)
    }
    #expect(probe.multiplyAdd(iterations: iterations, factor: 0.5, term: 1) == sum)
  }

  @Test("stay in range, however often they are repeated", arguments: InstructionSet.supported)
  func range(instructionSet: InstructionSet) throws {
    let probe = try #require(instructionSet.limitProbe)
    // The fixed point of x ← x/2 + 1 is 2.
    let lanes = probe.operationsPerIteration / (12 * 2)
    #expect(probe.multiplyAdd(iterations: 100_000, factor: 0.5, term: 1) == Float(2 * 12 * lanes))
  }

  @Test(
    "the triad adds a multiple of one array to another, and writes nothing beyond",
    arguments: [
      0, 1, 3, 15, 16, 17, 33, 100,
    ])
  func triad(count: Int) throws {
    for instructionSet in InstructionSet.supported {
      let probe = try #require(instructionSet.limitProbe)
      let a = (0..<count).map(Float.init)
      let b = (0..<count).map { Float(2 * $0 + 1) }
      var target = [Float](repeating: -1, count: count + 20)
      a.withUnsafeBufferPointer { a in
        b.withUnsafeBufferPointer { b in
          target.withUnsafeMutableBufferPointer { target in
            guard let first = a.baseAddress, let second = b.baseAddress, let result = target.baseAddress else { return }
            probe.triad(count: count, a: first, factor: 0.5, b: second, target: result)
          }
        }
      }
      // i + (2i + 1)/2, exact.
      let expected = (0..<count).map { 2 * Float($0) + 0.5 }
      #expect(target == expected + [Float](repeating: -1, count: 20))
    }
  }

  @Test("streams count the bytes of three arrays")
  func stream() {
    let stream = MachineLimit().stream(bytes: 120_000)
    #expect(stream.bytesPerCall == 120_000)
    stream.work(2)
  }

  @Test("parallel work is done by all threads, and has ended when it returns")
  func parallel() {
    final class Counter: @unchecked Sendable {
      var calls = 0
    }
    let counters = (0..<4).map { _ in Counter() }
    let work = Parallel.work(counters.map { counter in { calls in counter.calls += calls } })
    work(3)
    work(2)
    #expect(counters.map(\.calls) == [5, 5, 5, 5])
  }
}
