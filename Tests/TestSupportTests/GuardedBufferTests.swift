import TestSupport
import Testing

@Suite("GuardedBuffer")
struct GuardedBufferTests {
  @Test("an untouched buffer passes, and its payload is NaN")
  func untouched() throws {
    let buffer = GuardedBuffer<Float>(count: 3)
    try buffer.checkGuards()
    #expect(buffer.values.count == 3)
    #expect(buffer.values.allSatisfy { $0.isNaN })
    buffer.pointer.update(repeating: 1, count: 3)
    try buffer.checkGuards()
    #expect(buffer.values == [1, 1, 1])
  }

  @Test("a write before the first or after the last element is found", arguments: [-128, -1, 3, 130])
  func writes(index: Int) {
    let buffer = GuardedBuffer<Float>([1, 2, 3])
    buffer.pointer[index] = 0
    #expect(throws: GuardViolation.self) { try buffer.checkGuards() }
  }

  @Test("calculating with a guard in place is found, though it stays a NaN", arguments: [-1, 2])
  func inPlaceArithmetic(index: Int) {
    let floats = GuardedBuffer<Float>([1, 2])
    floats.pointer[index] += 0
    #expect(throws: GuardViolation.self) { try floats.checkGuards() }
    let doubles = GuardedBuffer<Double>([1, 2])
    doubles.pointer[index] += 0
    #expect(throws: GuardViolation.self) { try doubles.checkGuards() }
  }

  @Test("a guard that is read spreads as NaN")
  func reads() {
    let buffer = GuardedBuffer<Float>([1])
    #expect((buffer.pointer[-1] + buffer.pointer[0]).isNaN)
    #expect((buffer.pointer[0] + buffer.pointer[1]).isNaN)
  }

  @Test("bytes are guarded as well")
  func bytes() throws {
    let buffer = GuardedBuffer<UInt8>([7])
    try buffer.checkGuards()
    buffer.pointer[1] = 0
    #expect(throws: GuardViolation.self) { try buffer.checkGuards() }
  }

  @Test("an empty buffer has guards on both sides of nothing")
  func empty() throws {
    let buffer = GuardedBuffer<Float>(count: 0)
    try buffer.checkGuards()
    buffer.pointer[0] = 0
    #expect(throws: GuardViolation.self) { try buffer.checkGuards() }
  }

  @Test("the misalignment is counted in elements from a 64-byte boundary", arguments: [0, 1, 3, 7])
  func misalignment(offset: Int) throws {
    let buffer = GuardedBuffer<Float>([1, 2], misalignment: offset)
    #expect(UInt(bitPattern: buffer.pointer) % 64 == UInt(4 * offset))
    #expect(buffer.values == [1, 2])
    try buffer.checkGuards()
    buffer.pointer[-1 - offset] = 0
    #expect(throws: GuardViolation.self) { try buffer.checkGuards() }
  }
}
