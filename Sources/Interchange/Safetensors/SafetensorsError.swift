/// A safetensors file that cannot be read, and why.
public enum SafetensorsError: Error, Hashable, Sendable {
  /// There is no such file.
  case notFound(file: String)
  /// The system does not let the file be read.
  case unreadable(file: String, reason: String)
  /// The file ends within the header's length.
  case noHeaderLength(file: String, bytes: Int)
  /// The header is longer than any sensible one.
  case headerTooLong(file: String, bytes: UInt64, limit: Int)
  /// The file ends within the header.
  case headerTruncated(file: String, bytes: Int, available: Int)
  /// The header is not UTF-8.
  case headerNotUTF8(file: String)
  /// The header is not JSON; `offset` counts its bytes.
  case headerNotJSON(file: String, offset: Int, problem: String)
  /// The header is JSON, but not an object.
  case headerNotObject(file: String, found: String)
  /// `__metadata__` is not an object, or a value in it is no string.
  case metadataNotText(file: String, key: String?, found: String)
  /// A key of `__metadata__` occurs twice.
  case duplicateMetadata(file: String, key: String)
  /// Two tensors have the same name, or there are two objects `__metadata__`.
  case duplicateName(file: String, name: String)
  /// The entry of a tensor is not an object.
  case tensorNotObject(file: String, tensor: String, found: String)
  /// The entry of a tensor has a field twice.
  case duplicateField(file: String, tensor: String, field: String)
  /// The entry of a tensor has a field that the format does not know.
  case unknownField(file: String, tensor: String, field: String)
  /// The entry of a tensor lacks a field.
  case missingField(file: String, tensor: String, field: String)
  /// A field is not what it must be.
  case malformedField(file: String, tensor: String, field: String, expected: String, found: String)
  /// The tensor is not of single precision.
  case unsupportedType(file: String, tensor: String, type: String)
  /// The tensor's size in bytes does not fit into 64 bits.
  case shapeOverflows(file: String, tensor: String, shape: [Int])
  /// The tensor's data ends before it begins.
  case offsetsReversed(file: String, tensor: String, begin: Int, end: Int)
  /// The tensor's data ends after the file.
  case offsetsBeyondData(file: String, tensor: String, end: Int, dataBytes: Int)
  /// The tensor's data has not the size that its shape asks for.
  case sizeMismatch(file: String, tensor: String, shape: [Int], expectedBytes: Int, actualBytes: Int)
  /// The tensor's data begins within that of another.
  case overlap(file: String, tensor: String, begin: Int, other: String, otherEnd: Int)
  /// There are bytes that belong to no tensor before the tensor's data.
  case gap(file: String, tensor: String, begin: Int, coveredBytes: Int)
  /// There are bytes that belong to no tensor after all tensors' data.
  case trailingBytes(file: String, coveredBytes: Int, dataBytes: Int)
}

extension SafetensorsError: CustomStringConvertible {
  /// The file, the tensor, the field and both values, in a sentence.
  public var description: String {
    switch self {
    case .notFound(let file):
      "there is no file '\(file)'"
    case .unreadable(let file, let reason):
      "cannot read '\(file)': \(reason)"
    case .noHeaderLength(let file, let bytes):
      "'\(file)' is no safetensors file: it has \(bytes) bytes, and the length of its header takes 8"
    case .headerTooLong(let file, let bytes, let limit):
      "'\(file)' is no safetensors file: its header would have \(bytes) bytes, and \(limit) are allowed"
    case .headerTruncated(let file, let bytes, let available):
      "'\(file)' is truncated: its header has \(bytes) bytes, but only \(available) follow"
    case .headerNotUTF8(let file):
      "'\(file)' has a header that is not UTF-8"
    case .headerNotJSON(let file, let offset, let problem):
      "'\(file)' has a header that is not JSON: \(problem) at byte \(offset)"
    case .headerNotObject(let file, let found):
      "'\(file)' has a header that is \(found), and must be an object"
    case .metadataNotText(let file, nil, let found):
      "'\(file)': __metadata__ is \(found), and must be an object of strings"
    case .metadataNotText(let file, let key?, let found):
      "'\(file)': '\(key)' of __metadata__ is \(found), and must be a string"
    case .duplicateMetadata(let file, let key):
      "'\(file)': __metadata__ has '\(key)' twice"
    case .duplicateName(let file, let name):
      "'\(file)' has '\(name)' twice"
    default:
      tensorDescription
    }
  }

  /// The description of an error about one tensor.
  private var tensorDescription: String {
    switch self {
    case .tensorNotObject(let file, let tensor, let found):
      "'\(file)': tensor '\(tensor)' is \(found), and must be an object"
    case .duplicateField(let file, let tensor, let field):
      "'\(file)': tensor '\(tensor)' has the field '\(field)' twice"
    case .unknownField(let file, let tensor, let field):
      "'\(file)': tensor '\(tensor)' has a field '\(field)'; only dtype, shape and data_offsets are allowed"
    case .missingField(let file, let tensor, let field):
      "'\(file)': tensor '\(tensor)' has no field '\(field)'"
    case .malformedField(let file, let tensor, let field, let expected, let found):
      "'\(file)': \(field) of tensor '\(tensor)' is \(found), and must be \(expected)"
    case .unsupportedType(let file, let tensor, let type):
      "'\(file)': dtype of tensor '\(tensor)' is '\(type)', and only 'F32' is supported"
    case .shapeOverflows(let file, let tensor, let shape):
      "'\(file)': shape \(shape) of tensor '\(tensor)' has more bytes than 64 bits can count"
    case .offsetsReversed(let file, let tensor, let begin, let end):
      "'\(file)': data_offsets of tensor '\(tensor)' begin at \(begin) and end before, at \(end)"
    case .offsetsBeyondData(let file, let tensor, let end, let dataBytes):
      "'\(file)': data_offsets of tensor '\(tensor)' end at \(end), but the data has \(dataBytes) bytes"
    case .sizeMismatch(let file, let tensor, let shape, let expectedBytes, let actualBytes):
      "'\(file)': tensor '\(tensor)' of shape \(shape) needs \(expectedBytes) bytes, but data_offsets span \(actualBytes)"
    case .overlap(let file, let tensor, let begin, let other, let otherEnd):
      "'\(file)': tensor '\(tensor)' begins at \(begin), within '\(other)', which ends at \(otherEnd)"
    case .gap(let file, let tensor, let begin, let coveredBytes):
      "'\(file)': tensor '\(tensor)' begins at \(begin), but the tensors before it end at \(coveredBytes)"
    case .trailingBytes(let file, let coveredBytes, let dataBytes):
      "'\(file)': the tensors take \(coveredBytes) bytes, but the data has \(dataBytes)"
    default:
      preconditionFailure("not about one tensor")
    }
  }
}
