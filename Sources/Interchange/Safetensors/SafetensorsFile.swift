/// Named tensors and text metadata in the safetensors format, single precision only.
///
/// The file has three parts:
///
/// | bytes | contents |
/// | --- | --- |
/// | 0 ..< 8 | N, the length of the header, little-endian |
/// | 8 ..< 8 + N | the header: a JSON object in UTF-8, padded with spaces |
/// | 8 + N … | the data: the tensors' values, little-endian, without gaps |
///
/// The header maps each tensor's name to its type, its shape and the half-open byte range it takes in the data, and
/// may map `__metadata__` to an object of strings. A file with one tensor `b` = [1, 2] begins
///
///     40 00 00 00 00 00 00 00  {"b":{"dtype":"F32","shape":[2],"data_offsets":[0,8]}}
///
/// with 0x40 − 54 = 10 spaces before the 8 bytes of data.
///
/// Sources: the safetensors format, <https://github.com/huggingface/safetensors#format>.
public struct SafetensorsFile: Sendable {
  /// The header's key that is not a tensor.
  static let metadataKey = "__metadata__"
  /// The longest header accepted, in bytes; the limit of the format's own library.
  static let longestHeader = 100_000_000

  /// The tensors, in the order of their data.
  public let tensors: [NamedTensor]
  /// Free text beside the tensors.
  public let metadata: [String: String]

  /// Creates the contents of a file.
  ///
  /// - Precondition: No two tensors have the same name.
  public init(tensors: [NamedTensor], metadata: [String: String] = [:]) {
    var names = Set<String>()
    for tensor in tensors {
      precondition(names.insert(tensor.name).inserted, "two tensors are named \(tensor.name)")
    }
    self.tensors = tensors
    self.metadata = metadata
  }

  /// The tensor called `name`, or `nil` if there is none.
  public subscript(name: String) -> NamedTensor? {
    tensors.first { $0.name == name }
  }
}
