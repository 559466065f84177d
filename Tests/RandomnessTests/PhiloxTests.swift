import Randomness
import Testing

/// The block function against the known answers that its authors publish with Random123 (`kat_vectors`).
@Suite("Philox4x32-10")
struct PhiloxTests {
  struct KnownAnswer: Sendable, CustomTestStringConvertible {
    let counter: [UInt32]
    let key: [UInt32]
    let words: [UInt32]
    var testDescription: String { "counter \(counter), key \(key)" }
  }

  static let knownAnswers = [
    KnownAnswer(
      counter: [0, 0, 0, 0], key: [0, 0],
      words: [0x6627_E8D5, 0xE169_C58D, 0xBC57_AC4C, 0x9B00_DBD8]),
    KnownAnswer(
      counter: [.max, .max, .max, .max], key: [.max, .max],
      words: [0x408F_276D, 0x41C8_3B0E, 0xA20B_C7C6, 0x6D54_51FD]),
    // The digits of π.
    KnownAnswer(
      counter: [0x243F_6A88, 0x85A3_08D3, 0x1319_8A2E, 0x0370_7344], key: [0xA409_3822, 0x299F_31D0],
      words: [0xD16C_FE09, 0x94FD_CCEB, 0x5001_E420, 0x2412_6EA1]),
  ]

  @Test("the published vectors come out", arguments: knownAnswers)
  func knownAnswer(_ answer: KnownAnswer) {
    #expect(block(answer.counter, key: answer.key) == answer.words)
  }

  @Test("a stream is the blocks of its address, counted from 0")
  func addressing() {
    var stream = RandomStream(seed: 0x0123_4567_89AB_CDEF, purpose: .testing, worker: 3, step: 7)
    let words = (0..<12).map { _ in stream.nextWord() }
    let key: [UInt32] = [0x89AB_CDEF, 0x0123_4567]
    #expect(words == (0..<3).flatMap { block([$0, 7, 3, 100], key: key) })
  }

  @Test("the purposes keep their places in the counter")
  func purposes() {
    #expect(RandomStream.Purpose.initialization.rawValue == 1)
    #expect(RandomStream.Purpose.epochOrder.rawValue == 2)
    #expect(RandomStream.Purpose.dropout.rawValue == 3)
    #expect(RandomStream.Purpose.syntheticDigits.rawValue == 4)
    #expect(RandomStream.Purpose.labelShuffle.rawValue == 5)
    #expect(RandomStream.Purpose.compression.rawValue == 6)
    #expect(RandomStream.Purpose.testing.rawValue == 100)
  }

  private func block(_ counter: [UInt32], key: [UInt32]) -> [UInt32] {
    let words = philox4x32(counter: (counter[0], counter[1], counter[2], counter[3]), key: (key[0], key[1]))
    return [words.0, words.1, words.2, words.3]
  }
}
