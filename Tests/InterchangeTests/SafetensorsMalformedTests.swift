import Foundation
import Interchange
import Testing

/// A file that must be refused, with the exact error and its exact words.
struct MalformedFile: Sendable, CustomTestStringConvertible {
  let testDescription: String
  let bytes: [UInt8]
  let error: @Sendable (_ file: String) -> SafetensorsError
  let message: String

  init(
    _ testDescription: String, _ bytes: [UInt8], _ message: String,
    _ error: @escaping @Sendable (_ file: String) -> SafetensorsError
  ) {
    self.testDescription = testDescription
    self.bytes = bytes
    self.error = error
    self.message = message
  }

  /// A file whose header is `header` and whose data are `dataBytes` zeros.
  init(
    _ testDescription: String, header: String, dataBytes: Int = 0, _ message: String,
    _ error: @escaping @Sendable (_ file: String) -> SafetensorsError
  ) {
    self.init(testDescription, fileBytes(header, data: Array(repeating: 0, count: dataBytes)), message, error)
  }
}

/// The entry of a tensor in a header.
private func entry(
  _ name: String, _ shape: String, _ offsets: String, type: String = "\"F32\""
) -> String {
  #""\#(name)":{"dtype":\#(type),"shape":\#(shape),"data_offsets":\#(offsets)}"#
}

private let wrongFrames: [MalformedFile] = [
  MalformedFile("empty", [], "'F' is no safetensors file: it has 0 bytes, and the length of its header takes 8") {
    .noHeaderLength(file: $0, bytes: 0)
  },
  MalformedFile(
    "7 bytes", [2, 0, 0, 0, 0, 0, 0],
    "'F' is no safetensors file: it has 7 bytes, and the length of its header takes 8"
  ) { .noHeaderLength(file: $0, bytes: 7) },
  MalformedFile(
    "header too long", [1, 0xE1, 0xF5, 0x05, 0, 0, 0, 0],
    "'F' is no safetensors file: its header would have 100000001 bytes, and 100000000 are allowed"
  ) { .headerTooLong(file: $0, bytes: 100_000_001, limit: 100_000_000) },
  MalformedFile(
    "header length beyond Int", Array(repeating: 0xFF, count: 8),
    "'F' is no safetensors file: its header would have 18446744073709551615 bytes, and 100000000 are allowed"
  ) { .headerTooLong(file: $0, bytes: .max, limit: 100_000_000) },
  MalformedFile(
    "header truncated", [3, 0, 0, 0, 0, 0, 0, 0] + Array("{}".utf8),
    "'F' is truncated: its header has 3 bytes, but only 2 follow"
  ) { .headerTruncated(file: $0, bytes: 3, available: 2) },
  MalformedFile(
    "header not UTF-8", [4, 0, 0, 0, 0, 0, 0, 0] + [0x7B, 0xC3, 0x28, 0x7D], "'F' has a header that is not UTF-8"
  ) { .headerNotUTF8(file: $0) },
]

private let wrongJSON: [MalformedFile] = [
  ("", 0, "it ends where a value is due"),
  ("{", 1, "a key is due"),
  ("{1:2}", 1, "a key is due"),
  (#"{"a" 1}"#, 5, "':' is due"),
  (#"{"a":1 "b":2}"#, 7, "',' or '}' is due"),
  ("[1 2]", 3, "',' or ']' is due"),
  ("[1,]", 3, "no value begins like this"),
  ("{} x", 3, "something follows the value"),
  (#"{"a"#, 3, "it ends within a string"),
  (#"{"\"#, 3, "it ends within a string"),
  ("{\"\u{1}\":1}", 2, "a string holds a control character"),
  (#"{"\x":1}"#, 3, #"'\' is followed by no known letter"#),
  (#"{"\u12g4":1}"#, 3, #"'\u' is not followed by four hexadecimal digits"#),
  (#"{"\u12"#, 3, #"'\u' is not followed by four hexadecimal digits"#),
  (#"{"\ud800":1}"#, 8, "half of a surrogate pair"),
  (#"{"\udc00\ud800":1}"#, 8, "half of a surrogate pair"),
  (#"{"\ud800\u0041":1}"#, 14, "half of a surrogate pair"),
  ("nul", 0, "no value begins like this"),
  ("01", 2, "a number begins with 0"),
  ("-", 1, "a digit is due"),
  ("1.", 2, "a digit is due"),
  ("1e+", 3, "a digit is due"),
  (String(repeating: "[", count: 100_000), 16, "values are nested too deeply"),
].map { text, offset, problem in
  MalformedFile(
    "not JSON: \(text.prefix(20))", header: text, "'F' has a header that is not JSON: \(problem) at byte \(offset)"
  ) { .headerNotJSON(file: $0, offset: offset, problem: problem) }
}

private let wrongHeaders: [MalformedFile] = [
  MalformedFile("an array", header: "[1]", "'F' has a header that is an array, and must be an object") {
    .headerNotObject(file: $0, found: "an array")
  },
  MalformedFile(
    "metadata no object", header: #"{"__metadata__":"x"}"#,
    "'F': __metadata__ is the string 'x', and must be an object of strings"
  ) { .metadataNotText(file: $0, key: nil, found: "the string 'x'") },
  MalformedFile(
    "metadata not text", header: #"{"__metadata__":{"a":1}}"#,
    "'F': 'a' of __metadata__ is the number 1, and must be a string"
  ) { .metadataNotText(file: $0, key: "a", found: "the number 1") },
  MalformedFile(
    "metadata twice in itself", header: #"{"__metadata__":{"a":"1","a":"1"}}"#, "'F': __metadata__ has 'a' twice"
  ) { .duplicateMetadata(file: $0, key: "a") },
  MalformedFile(
    "metadata twice", header: #"{"__metadata__":{},"__metadata__":{}}"#, "'F' has '__metadata__' twice"
  ) { .duplicateName(file: $0, name: "__metadata__") },
  MalformedFile(
    "a name twice", header: "{\(entry("w", "[1]", "[0,4]")),\(entry("w", "[1]", "[4,8]"))}", dataBytes: 8,
    "'F' has 'w' twice"
  ) { .duplicateName(file: $0, name: "w") },
  MalformedFile("entry no object", header: #"{"w":null}"#, "'F': tensor 'w' is null, and must be an object") {
    .tensorNotObject(file: $0, tensor: "w", found: "null")
  },
]

private let wrongFields: [MalformedFile] =
  [
    MalformedFile(
      "a field twice", header: #"{"w":{"dtype":"F32","dtype":"F32"}}"#, "'F': tensor 'w' has the field 'dtype' twice"
    ) { .duplicateField(file: $0, tensor: "w", field: "dtype") },
    MalformedFile(
      "unknown field", header: #"{"w":{"strides":[1]}}"#,
      "'F': tensor 'w' has a field 'strides'; only dtype, shape and data_offsets are allowed"
    ) { .unknownField(file: $0, tensor: "w", field: "strides") },
    MalformedFile(
      "no dtype", header: #"{"w":{"shape":[],"data_offsets":[0,4]}}"#, "'F': tensor 'w' has no field 'dtype'"
    ) {
      .missingField(file: $0, tensor: "w", field: "dtype")
    },
    MalformedFile(
      "no shape", header: #"{"w":{"dtype":"F32","data_offsets":[0,4]}}"#, "'F': tensor 'w' has no field 'shape'"
    ) { .missingField(file: $0, tensor: "w", field: "shape") },
    MalformedFile(
      "no offsets", header: #"{"w":{"dtype":"F32","shape":[]}}"#, "'F': tensor 'w' has no field 'data_offsets'"
    ) { .missingField(file: $0, tensor: "w", field: "data_offsets") },
    MalformedFile(
      "dtype no string", header: "{\(entry("w", "[]", "[0,4]", type: "true"))}",
      "'F': dtype of tensor 'w' is true, and must be a string"
    ) { .malformedField(file: $0, tensor: "w", field: "dtype", expected: "a string", found: "true") },
    MalformedFile(
      "another dtype", header: "{\(entry("w", "[2]", "[0,4]", type: "\"BF16\""))}", dataBytes: 4,
      "'F': dtype of tensor 'w' is 'BF16', and only 'F32' is supported"
    ) { .unsupportedType(file: $0, tensor: "w", type: "BF16") },
  ]
  + [
    ("shape", "[2.0]", "[0,8]", "an array of integers not below 0", "an array that holds the number 2.0"),
    ("shape", "[-1]", "[0,8]", "an array of integers not below 0", "an array that holds the number -1"),
    (
      "shape", "[9223372036854775808]", "[0,8]", "an array of integers not below 0",
      "an array that holds the number 9223372036854775808"
    ),
    ("shape", "7", "[0,8]", "an array of integers not below 0", "the number 7"),
    ("data_offsets", "[2]", "{}", "an array of two integers not below 0", "an object"),
    ("data_offsets", "[2]", "[]", "an array of two integers not below 0", "an array of 0"),
    ("data_offsets", "[2]", "[0,4,8]", "an array of two integers not below 0", "an array of 3"),
    ("data_offsets", "[2]", "[-4,4]", "an array of two integers not below 0", "an array that holds the number -4"),
  ].map { field, shape, offsets, expected, found in
    MalformedFile(
      "\(field) \(shape) \(offsets)", header: "{\(entry("w", shape, offsets))}", dataBytes: 8,
      "'F': \(field) of tensor 'w' is \(found), and must be \(expected)"
    ) { .malformedField(file: $0, tensor: "w", field: field, expected: expected, found: found) }
  }

private let wrongExtents: [MalformedFile] = [
  MalformedFile(
    "offsets reversed", header: "{\(entry("w", "[1]", "[8,4]"))}", dataBytes: 8,
    "'F': data_offsets of tensor 'w' begin at 8 and end before, at 4"
  ) { .offsetsReversed(file: $0, tensor: "w", begin: 8, end: 4) },
  MalformedFile(
    "data truncated", header: "{\(entry("w", "[2]", "[0,8]"))}", dataBytes: 7,
    "'F': data_offsets of tensor 'w' end at 8, but the data has 7 bytes"
  ) { .offsetsBeyondData(file: $0, tensor: "w", end: 8, dataBytes: 7) },
  MalformedFile(
    "count overflows", header: "{\(entry("w", "[4294967296,4294967296]", "[0,8]"))}", dataBytes: 8,
    "'F': shape [4294967296, 4294967296] of tensor 'w' has more bytes than 64 bits can count"
  ) { .shapeOverflows(file: $0, tensor: "w", shape: [4_294_967_296, 4_294_967_296]) },
  MalformedFile(
    "bytes overflow", header: "{\(entry("w", "[4611686018427387904]", "[0,8]"))}", dataBytes: 8,
    "'F': shape [4611686018427387904] of tensor 'w' has more bytes than 64 bits can count"
  ) { .shapeOverflows(file: $0, tensor: "w", shape: [4_611_686_018_427_387_904]) },
  MalformedFile(
    "overflow before a 0", header: "{\(entry("w", "[4294967296,4294967296,0]", "[0,0]"))}",
    "'F': shape [4294967296, 4294967296, 0] of tensor 'w' has more bytes than 64 bits can count"
  ) { .shapeOverflows(file: $0, tensor: "w", shape: [4_294_967_296, 4_294_967_296, 0]) },
  MalformedFile(
    "size and shape differ", header: "{\(entry("w", "[3]", "[0,8]"))}", dataBytes: 8,
    "'F': tensor 'w' of shape [3] needs 12 bytes, but data_offsets span 8"
  ) { .sizeMismatch(file: $0, tensor: "w", shape: [3], expectedBytes: 12, actualBytes: 8) },
  MalformedFile(
    "overlap", header: "{\(entry("w", "[2]", "[0,8]")),\(entry("b", "[2]", "[4,12]"))}", dataBytes: 12,
    "'F': tensor 'b' begins at 4, within 'w', which ends at 8"
  ) { .overlap(file: $0, tensor: "b", begin: 4, other: "w", otherEnd: 8) },
  MalformedFile(
    "an empty tensor within another", header: "{\(entry("w", "[2]", "[0,8]")),\(entry("b", "[0]", "[4,4]"))}",
    dataBytes: 8, "'F': tensor 'b' begins at 4, within 'w', which ends at 8"
  ) { .overlap(file: $0, tensor: "b", begin: 4, other: "w", otherEnd: 8) },
  MalformedFile(
    "gap at the start", header: "{\(entry("w", "[1]", "[4,8]"))}", dataBytes: 8,
    "'F': tensor 'w' begins at 4, but the tensors before it end at 0"
  ) { .gap(file: $0, tensor: "w", begin: 4, coveredBytes: 0) },
  MalformedFile(
    "gap", header: "{\(entry("b", "[1]", "[8,12]")),\(entry("w", "[1]", "[0,4]"))}", dataBytes: 12,
    "'F': tensor 'b' begins at 8, but the tensors before it end at 4"
  ) { .gap(file: $0, tensor: "b", begin: 8, coveredBytes: 4) },
  MalformedFile(
    "trailing bytes", header: "{\(entry("w", "[1]", "[0,4]"))}", dataBytes: 6,
    "'F': the tensors take 4 bytes, but the data has 6"
  ) { .trailingBytes(file: $0, coveredBytes: 4, dataBytes: 6) },
]

@Suite("Malformed safetensors files are refused")
struct SafetensorsMalformedTests {
  @Test("with an error that says what is wrong", arguments: wrongFrames + wrongJSON + wrongHeaders)
  func header(_ malformed: MalformedFile) throws {
    try check(malformed)
  }

  @Test("with an error that names the tensor", arguments: wrongFields + wrongExtents)
  func tensor(_ malformed: MalformedFile) throws {
    try check(malformed)
  }

  private func check(_ malformed: MalformedFile) throws {
    let directory = try TemporaryDirectory()
    let path = directory.file("malformed.safetensors")
    try put(malformed.bytes, at: path)
    let error = #expect(throws: SafetensorsError.self) { try SafetensorsFile(reading: path) }
    #expect(error == malformed.error(path))
    #expect(error?.description == malformed.message.replacingOccurrences(of: "'F'", with: "'\(path)'"))
  }

  @Test("every prefix of a good file is refused")
  func prefixes() throws {
    let directory = try TemporaryDirectory()
    let path = directory.file("prefix.safetensors")
    try SafetensorsFile(
      tensors: [NamedTensor(name: "w", shape: [2], values: [1, 2])], metadata: ["a": "b"]
    ).write(to: path)
    let whole = try bytes(of: path)
    for length in whole.indices {
      try put(Array(whole[..<length]), at: path)
      #expect(throws: SafetensorsError.self, "\(length) bytes") { try SafetensorsFile(reading: path) }
    }
  }

  @Test("a missing file, a directory and a pipe each have their error")
  func notAFile() throws {
    let directory = try TemporaryDirectory()
    let missing = directory.file("missing")
    #expect(throws: SafetensorsError.notFound(file: missing)) { try SafetensorsFile(reading: missing) }
    #expect(throws: SafetensorsError.unreadable(file: directory.path, reason: "it is not a regular file")) {
      try SafetensorsFile(reading: directory.path)
    }
    let pipe = directory.file("pipe")
    try #require(mkfifo(pipe, 0o600) == 0)
    #expect(throws: SafetensorsError.unreadable(file: pipe, reason: "it is not a regular file")) {
      try SafetensorsFile(reading: pipe)
    }
    try put([1], at: missing)
    let below = missing + "/below"
    let error = #expect(throws: SafetensorsError.self) { try SafetensorsFile(reading: below) }
    #expect(error?.description == "cannot read '\(below)': Not a directory")
  }
}
