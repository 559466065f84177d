import AsyncSGD
import Testing

@testable import TrainCommand

@Suite("Fields of the metadata")
struct MetadataFieldsTests {
  private func fields(_ value: String?) -> MetadataFields {
    MetadataFields(value.map { ["p.x": $0, "x": "not this one"] } ?? ["x": "not this one"], prefix: "p.", path: "file")
  }

  private func malformed(_ value: String, _ expected: String) -> CheckpointError {
    .malformedField(path: "file", field: "p.x", value: value, expected: expected)
  }

  @Test("a field is found under its prefix only")
  func prefix() throws {
    #expect(try fields("a").text("x") == "a")
    #expect(try fields("").text("x") == "")
    #expect(fields("a").optionalText("x") == "a")
    #expect(fields(nil).optionalText("x") == nil)
    #expect(throws: CheckpointError.missingField(path: "file", field: "p.x")) { try fields(nil).text("x") }
  }

  @Test("integers are read within their bounds", arguments: [("3", 3), ("-2", -2), ("7", 7)])
  func integers(text: String, value: Int) throws {
    #expect(try fields(text).integer("x", in: -2...7) == value)
  }

  @Test("what is no integer within its bounds is refused", arguments: ["-3", "8", "", "1.0", " 1", "0x1", "1e0"])
  func otherIntegers(text: String) {
    #expect(throws: malformed(text, "an integer in -2...7")) { try fields(text).integer("x", in: -2...7) }
    #expect(throws: malformed("-9", "an integer of at least 0")) { try fields("-9").integer("x", in: 0...Int.max) }
  }

  @Test("integers without sign have 64 bits")
  func unsigned() throws {
    #expect(try fields("0").unsigned("x") == 0)
    #expect(try fields("18446744073709551615").unsigned("x") == .max)
    #expect(throws: malformed("-1", "an integer of 64 bits without sign")) { try fields("-1").unsigned("x") }
  }

  @Test(
    "numbers are read to the bit that they were written with",
    arguments: [0.1, 1.0 / 3, Double.leastNonzeroMagnitude, 0, 0.999])
  func numbers(value: Double) throws {
    #expect(try fields("\(value)").number("x", in: 0..<1) == value)
  }

  @Test(
    "what is no finite number within its bounds is refused", arguments: ["1", "-0.1", "nan", "inf", "1e999", "", "x"])
  func otherNumbers(text: String) {
    #expect(throws: malformed(text, "a number in 0.0..<1.0")) { try fields(text).number("x", in: 0..<1) }
  }

  @Test("names are one of a set")
  func names() throws {
    #expect(try fields("b").name("x", among: ["a", "b"]) == "b")
    #expect(throws: malformed("B", "one of a, b")) { try fields("B").name("x", among: ["a", "b"]) }
    #expect(try fields("sync").choice("x") == CoordinationMode.sync)
    #expect(throws: malformed("async", "one of sync")) {
      try fields("async").choice("x", among: [CoordinationMode.sync])
    }
    #expect(throws: malformed("", "one of stop, skip")) { () throws -> DivergencePolicy in try fields("").choice("x") }
  }

  @Test("hyperparameters are values of their domain")
  func values() throws {
    #expect(try fields("7").value("x", in: .integer(1...7)) == .integer(7))
    #expect(try fields("1e-3").value("x", in: .number(0...1)) == .number(1e-3))
    #expect(try fields("b").value("x", in: .choice([.init("a", ""), .init("b", "")])) == .choice("b"))
    for text in ["8", "1.5", "", "nan"] {
      #expect(throws: malformed(text, "a whole number from 1 to 7")) {
        try fields(text).value("x", in: .integer(1...7))
      }
    }
    #expect(throws: malformed("0", "a number above 0, up to 1")) {
      try fields("0").value("x", in: .number(0...1, excludesLower: true))
    }
    #expect(throws: malformed("c", "a or b")) {
      try fields("c").value("x", in: .choice([.init("a", ""), .init("b", "")]))
    }
  }

  @Test("names are found by how they begin, in order, those of others left out")
  func beginnings() {
    let fields = MetadataFields(
      ["p.h.b": "", "p.h.a": "", "p.g": "", "h.c": "", "p.h.": ""], prefix: "p.", path: "file")
    #expect(fields.names(beginningWith: "h.") == ["h.", "h.a", "h.b"])
  }

  @Test("lists have commas between their names")
  func lists() throws {
    #expect(try fields("").list("x") == [])
    #expect(try fields("a").list("x") == ["a"])
    #expect(try fields("a,b").list("x") == ["a", "b"])
  }

  @Test("shapes have crosses between their extents")
  func shapes() throws {
    #expect(try fields("1x28x28").shape("x") == [1, 28, 28])
    #expect(try fields("1048576").shape("x") == [1 << 20])
    for text in ["", "x", "1x", "0", "1048577", "1x-1", "1×2", "1 x 2"] {
      #expect(throws: malformed(text, "extents such as 1x28x28")) { try fields(text).shape("x") }
    }
  }
}
