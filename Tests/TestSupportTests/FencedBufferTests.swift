import TestSupport
import Testing

@Suite("FencedBuffer")
struct FencedBufferTests {
  @Test("all elements can be read and written")
  func contents() {
    for count in [0, 1, 1024, 1025] {
      for fence in Fence.allCases {
        let buffer = FencedBuffer(Array(repeating: Float(2), count: count), fence: fence)
        #expect(buffer.count == count)
        for index in 0..<count { #expect(buffer.pointer[index] == 2) }
      }
    }
  }

  @Test("reading one element too far ends the process")
  func reads() async {
    await #expect(processExitsWith: .failure) {
      let buffer = FencedBuffer(Array(repeating: Float(2), count: 5), fence: .after)
      if buffer.pointer[5] == 3 { print("not reached") }
    }
    await #expect(processExitsWith: .failure) {
      let buffer = FencedBuffer(Array(repeating: Float(2), count: 5), fence: .before)
      if buffer.pointer[-1] == 3 { print("not reached") }
    }
    await #expect(processExitsWith: .failure) {
      let buffer = FencedBuffer<Float>(count: 0, fence: .after)
      if buffer.pointer[0] == 3 { print("not reached") }
    }
  }
}
