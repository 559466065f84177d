import Testing

@testable import TrainCommand

@Suite("The nearest match of a misspelt name")
struct NearestMatchTests {
  @Test(
    "counts letters put in, taken out, replaced and swapped",
    arguments: [
      ("", "", 0), ("", "abc", 3), ("abc", "", 3), ("abc", "abc", 0), ("wokers", "workers", 1), ("ab", "ba", 1),
      ("kitten", "sitting", 3), ("mdoel", "model", 1), ("abcd", "badc", 2), ("a", "b", 1),
    ])
  func distance(a: String, b: String, distance: Int) {
    #expect(NearestMatch.distance(Array(a), Array(b)) == distance)
    #expect(NearestMatch.distance(Array(b), Array(a)) == distance)
  }

  @Test("is the nearest of several")
  func nearest() {
    #expect(NearestMatch.match(for: "mnits", among: ["digits", "fashion-mnist", "mnist"]) == "mnist")
    #expect(NearestMatch.match(for: "fashion", among: ["mnist", "fashion-mnist"]) == "fashion-mnist")
  }

  @Test("is nothing where nothing is near", arguments: ["", "x", "zebra", "momentous-occasion"])
  func nothing(name: String) {
    #expect(NearestMatch.match(for: name, among: ["model", "momentum", "x1", "a"]) == (name == "x" ? "x1" : nil))
  }
}
