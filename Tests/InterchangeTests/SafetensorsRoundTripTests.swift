import Interchange
import Testing

@Suite("Safetensors files read back")
struct SafetensorsRoundTripTests {
  @Test("every bit of every kind of value survives")
  func bitExact() throws {
    let directory = try TemporaryDirectory()
    let patterns: [UInt32] = [
      0x0000_0000, 0x8000_0000,  // ±0
      0x0000_0001, 0x807F_FFFF,  // subnormal
      0x7F7F_FFFF, 0x7F80_0000, 0xFF80_0000,  // greatest, ±∞
      0x7FC0_0000, 0x7FC1_2345, 0xFFFF_FFFF,  // quiet NaNs with payloads
      0x7F80_0001, 0xFFA5_5A5A,  // signalling NaNs
      0x3F80_0000, 0x3DCC_CCCD,
    ]
    let values = patterns.map(Float.init(bitPattern:))
    let path = directory.file("bits.safetensors")
    try SafetensorsFile(tensors: [NamedTensor(name: "bits", shape: [2, 7], values: values)]).write(to: path)

    let file = try SafetensorsFile(reading: path)
    #expect(file.tensors.map(\.name) == ["bits"])
    #expect(file["bits"]?.shape == [2, 7])
    #expect(file["bits"]?.values.map(\.bitPattern) == patterns)
    #expect(file["other"] == nil)
  }

  @Test("names, shapes, order and metadata survive, tensors without elements and scalars too")
  func structure() throws {
    let directory = try TemporaryDirectory()
    let flat = (0..<12).map(Float.init)
    let written = SafetensorsFile(
      tensors: [
        NamedTensor(name: "empty.first", shape: [0], values: []),
        NamedTensor(name: "zeta", shape: [2, 3], values: flat[0..<6]),
        NamedTensor(name: "empty.b", shape: [3, 0, 2], values: []),
        NamedTensor(name: "empty.a", shape: [0], values: []),
        NamedTensor(name: "scalar", shape: [], values: flat[6..<7]),
        NamedTensor(name: "a \"quoted\" \\ name/é\n", shape: [5], values: flat[7..<12]),
      ],
      metadata: ["trainer": "{\"update\": 12}", "": "empty key", "💡": "\u{1}\t"])
    let path = directory.file("structure.safetensors")
    try written.write(to: path)

    let read = try SafetensorsFile(reading: path)
    #expect(read.tensors.map(\.name) == written.tensors.map(\.name))
    #expect(read.tensors.map(\.shape) == written.tensors.map(\.shape))
    #expect(read.tensors.map { Array($0.values) } == written.tensors.map { Array($0.values) })
    #expect(read.metadata == written.metadata)
  }

  @Test("a file without tensors and metadata is two braces")
  func nothing() throws {
    let directory = try TemporaryDirectory()
    let path = directory.file("nothing.safetensors")
    try SafetensorsFile(tensors: []).write(to: path)
    #expect(try bytes(of: path) == [8, 0, 0, 0, 0, 0, 0, 0] + Array("{}      ".utf8))
    let read = try SafetensorsFile(reading: path)
    #expect(read.tensors.isEmpty)
    #expect(read.metadata.isEmpty)
  }

  @Test("a small file has exactly these bytes")
  func golden() throws {
    let directory = try TemporaryDirectory()
    let path = directory.file("golden.safetensors")
    try SafetensorsFile(
      tensors: [
        NamedTensor(name: "w", shape: [1, 2], values: [1, -2]),
        NamedTensor(name: "b", shape: [], values: [0.5]),
      ],
      metadata: ["b": "2", "a": "1"]
    ).write(to: path)
    let header =
      #"{"__metadata__":{"a":"1","b":"2"},"w":{"dtype":"F32","shape":[1,2],"data_offsets":[0,8]},"#
      + #""b":{"dtype":"F32","shape":[],"data_offsets":[8,12]}}"#
    #expect(header.utf8.count == 142)
    let expected =
      [144, 0, 0, 0, 0, 0, 0, 0] + Array(header.utf8) + Array("  ".utf8)
      + [0x00, 0x00, 0x80, 0x3F, 0x00, 0x00, 0x00, 0xC0, 0x00, 0x00, 0x00, 0x3F]
    #expect(try bytes(of: path) == expected)
  }

  @Test("tensors come in the order of their data, whatever the order of the header and the alignment of the data")
  func foreignOrder() throws {
    let directory = try TemporaryDirectory()
    let path = directory.file("foreign.safetensors")
    let header = """
       {"late" : {"shape":[1],"data_offsets":[4, 8],"dtype":"F32"},
      "\\u0065arly\\ud83d\\ude00":{"data_offsets":[0,4],"dtype":"F32","shape":[]}, "__metadata__":{} }
      """
    #expect(header.utf8.count % 4 != 0)
    try put(
      fileBytes(header, data: [0x00, 0x00, 0x80, 0x3F, 0x00, 0x00, 0x00, 0x40]), at: path)
    let read = try SafetensorsFile(reading: path)
    #expect(read.tensors.map(\.name) == ["early😀", "late"])
    #expect(read.tensors.map { Array($0.values) } == [[1], [2]])
  }

  @Test("the tensors that were read share one vector")
  func sharedVector() throws {
    let directory = try TemporaryDirectory()
    let path = directory.file("shared.safetensors")
    try SafetensorsFile(tensors: [
      NamedTensor(name: "a", shape: [3], values: [1, 2, 3]), NamedTensor(name: "b", shape: [2], values: [4, 5]),
    ]).write(to: path)
    let read = try SafetensorsFile(reading: path)
    #expect(read.tensors.map(\.values.indices) == [0..<3, 3..<5])
  }

  @Test("values that do not fit the shape are a programmer's error")
  func wrongCount() async {
    await #expect(processExitsWith: .failure) { _ = NamedTensor(name: "w", shape: [2, 2], values: [1, 2, 3]) }
    await #expect(processExitsWith: .failure) { _ = NamedTensor(name: "w", shape: [-1, -1], values: [1]) }
    await #expect(processExitsWith: .failure) { _ = NamedTensor(name: "__metadata__", shape: [1], values: [1]) }
  }

  @Test("two tensors of one name are a programmer's error")
  func duplicateName() async {
    await #expect(processExitsWith: .failure) {
      let tensor = NamedTensor(name: "w", shape: [1], values: [1])
      _ = SafetensorsFile(tensors: [tensor, tensor])
    }
  }
}

/// The bytes of a file with this header and data.
func fileBytes(_ header: String, data: [UInt8] = []) -> [UInt8] {
  let text = Array(header.utf8)
  return withUnsafeBytes(of: UInt64(text.count).littleEndian, Array.init) + text + data
}
