import Randomness
import TestSupport
import Testing

@Suite("Test inputs")
struct TestInputsTests {
  @Test("the same case draws the same numbers, and another case others")
  func repeatable() {
    var one = RandomStream(testCase: 1)
    var same = RandomStream(testCase: 1)
    var other = RandomStream(testCase: 2)
    let values = one.uniformFloats(50)
    #expect(values == same.uniformFloats(50))
    #expect(values != other.uniformFloats(50))
  }

  @Test("uniform numbers stay in their range, and small integers take every value of theirs")
  func ranges() {
    var stream = RandomStream(testCase: 3)
    let uniform = stream.uniformFloats(1000, in: 2...3)
    #expect(uniform.count == 1000)
    #expect(uniform.allSatisfy { (2...3).contains($0) })
    #expect(Set(stream.smallIntegers(1000, magnitude: 2)) == [-2, -1, 0, 1, 2])
  }
}
