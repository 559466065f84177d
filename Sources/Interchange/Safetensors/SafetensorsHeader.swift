/// A safetensors header that has been checked against the size of its file's data.
struct SafetensorsHeader {
  /// One tensor, and the elements it takes in the data.
  struct Entry {
    let name: String
    let shape: [Int]
    let elements: Range<Int>
  }

  /// The tensors in the order of their data, which they cover without overlap and without gaps.
  let entries: [Entry]
  let metadata: [String: String]

  /// Reads and checks a header.
  ///
  /// - Parameters:
  ///   - bytes: The header, padding included.
  ///   - dataBytes: The size of the data that follows it.
  ///   - file: The file's name, for messages.
  /// - Throws: ``SafetensorsError`` about anything but the file's size.
  init(_ bytes: [UInt8], dataBytes: Int, file: String) throws(SafetensorsError) {
    guard String(validating: bytes, as: UTF8.self) != nil else { throw .headerNotUTF8(file: file) }
    let value: JSONValue
    do throws(JSONScanner.Problem) {
      value = try JSONScanner.value(of: bytes)
    } catch {
      throw .headerNotJSON(file: file, offset: error.offset, problem: error.text)
    }
    guard case .object(let members) = value else { throw .headerNotObject(file: file, found: value.kind) }

    var names = Set<String>()
    var metadata: [String: String] = [:]
    var tensors: [(name: String, fields: TensorFields)] = []
    for (name, value) in members {
      guard names.insert(name).inserted else { throw .duplicateName(file: file, name: name) }
      if name == SafetensorsFile.metadataKey {
        metadata = try Self.metadata(value, file: file)
      } else {
        tensors.append((name, try TensorFields(value, dataBytes: dataBytes, tensor: name, file: file)))
      }
    }
    self.metadata = metadata
    entries = try Self.entries(tensors, dataBytes: dataBytes, file: file)
  }

  private static func metadata(_ value: JSONValue, file: String) throws(SafetensorsError) -> [String: String] {
    guard case .object(let members) = value else {
      throw .metadataNotText(file: file, key: nil, found: value.kind)
    }
    var metadata: [String: String] = [:]
    for (key, value) in members {
      guard case .string(let text) = value else { throw .metadataNotText(file: file, key: key, found: value.kind) }
      guard metadata.updateValue(text, forKey: key) == nil else { throw .duplicateMetadata(file: file, key: key) }
    }
    return metadata
  }

  /// Puts the tensors in the order of their data and checks that they cover it exactly.
  private static func entries(
    _ tensors: [(name: String, fields: TensorFields)], dataBytes: Int, file: String
  ) throws(SafetensorsError) -> [Entry] {
    // Sorting is stable: tensors without elements keep the header's order. They come before the tensor that begins
    // where they do.
    let ordered = tensors.sorted { ($0.fields.begin, $0.fields.end) < ($1.fields.begin, $1.fields.end) }
    var entries: [Entry] = []
    var covered = 0
    for (name, fields) in ordered {
      if fields.begin < covered, let previous = entries.last {
        throw .overlap(file: file, tensor: name, begin: fields.begin, other: previous.name, otherEnd: covered)
      }
      guard fields.begin == covered else {
        throw .gap(file: file, tensor: name, begin: fields.begin, coveredBytes: covered)
      }
      covered = fields.end
      let size = MemoryLayout<Float>.size
      entries.append(Entry(name: name, shape: fields.shape, elements: fields.begin / size..<fields.end / size))
    }
    guard covered == dataBytes else {
      throw .trailingBytes(file: file, coveredBytes: covered, dataBytes: dataBytes)
    }
    return entries
  }
}

/// The fields of one tensor's entry, each checked by itself.
private struct TensorFields {
  let shape: [Int]
  let begin: Int
  let end: Int

  init(_ value: JSONValue, dataBytes: Int, tensor: String, file: String) throws(SafetensorsError) {
    guard case .object(let members) = value else {
      throw .tensorNotObject(file: file, tensor: tensor, found: value.kind)
    }
    var fields: [String: JSONValue] = [:]
    for (field, value) in members {
      guard ["dtype", "shape", "data_offsets"].contains(field) else {
        throw .unknownField(file: file, tensor: tensor, field: field)
      }
      guard fields.updateValue(value, forKey: field) == nil else {
        throw .duplicateField(file: file, tensor: tensor, field: field)
      }
    }
    func field(_ name: String) throws(SafetensorsError) -> JSONValue {
      guard let value = fields[name] else { throw .missingField(file: file, tensor: tensor, field: name) }
      return value
    }
    func malformed(_ name: String, expected: String, found: String) -> SafetensorsError {
      .malformedField(file: file, tensor: tensor, field: name, expected: expected, found: found)
    }
    /// The non-negative integers of an array.
    func integers(_ name: String, expected: String) throws(SafetensorsError) -> [Int] {
      let value = try field(name)
      guard case .array(let elements) = value else { throw malformed(name, expected: expected, found: value.kind) }
      var integers: [Int] = []
      for element in elements {
        guard case .integer(let integer) = element, integer >= 0 else {
          throw malformed(name, expected: expected, found: "an array that holds \(element.kind)")
        }
        integers.append(integer)
      }
      return integers
    }

    let type = try field("dtype")
    guard case .string(let typeName) = type else { throw malformed("dtype", expected: "a string", found: type.kind) }
    guard typeName == "F32" else { throw .unsupportedType(file: file, tensor: tensor, type: typeName) }

    shape = try integers("shape", expected: "an array of integers not below 0")
    let expected = "an array of two integers not below 0"
    let offsets = try integers("data_offsets", expected: expected)
    guard offsets.count == 2 else {
      throw malformed("data_offsets", expected: expected, found: "an array of \(offsets.count)")
    }
    (begin, end) = (offsets[0], offsets[1])

    guard begin <= end else { throw .offsetsReversed(file: file, tensor: tensor, begin: begin, end: end) }
    guard end <= dataBytes else {
      throw .offsetsBeyondData(file: file, tensor: tensor, end: end, dataBytes: dataBytes)
    }
    guard let count = elementCount(of: shape),
      case let (bytes, overflows) = count.multipliedReportingOverflow(by: MemoryLayout<Float>.size), !overflows
    else { throw .shapeOverflows(file: file, tensor: tensor, shape: shape) }
    guard bytes == end - begin else {
      throw .sizeMismatch(
        file: file, tensor: tensor, shape: shape, expectedBytes: bytes, actualBytes: end - begin)
    }
  }
}
