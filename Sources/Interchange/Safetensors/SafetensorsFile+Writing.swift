internal import Foundation

extension SafetensorsFile {
  /// Writes the file, replacing an old one only when the new one is complete and on disk.
  ///
  /// Tensors are written in the order of ``tensors``, metadata in the order of its keys, so equal contents give
  /// equal bytes. Values go from their own memory to the system; nothing is copied.
  ///
  /// - Parameter path: The destination.
  /// - Throws: ``AtomicFileError``; the old file is then unchanged, unless only the directory could not be synced.
  public func write(to path: String) throws(AtomicFileError) {
    try AtomicFile.write(to: path) { (writer) throws(AtomicFileError) in
      try writer.append(encodedHeader())
      for tensor in tensors {
        try tensor.values.withUnsafeBufferPointer { (values) throws(AtomicFileError) in
          try writer.append(UnsafeRawBufferPointer(values))
        }
      }
    }
  }

  /// The length field and the header, padded so that the data begins at a multiple of 8.
  func encodedHeader() -> [UInt8] {
    var fields: [String] = []
    if !metadata.isEmpty {
      let pairs = metadata.sorted { $0.key < $1.key }.map { "\(quoted($0.key)):\(quoted($0.value))" }
      fields.append("\(quoted(Self.metadataKey)):{\(pairs.joined(separator: ","))}")
    }
    var begin = 0
    for tensor in tensors {
      let end = begin + tensor.values.count * MemoryLayout<Float>.size
      let shape = tensor.shape.map(String.init).joined(separator: ",")
      fields.append(#"\#(quoted(tensor.name)):{"dtype":"F32","shape":[\#(shape)],"data_offsets":[\#(begin),\#(end)]}"#)
      begin = end
    }
    var header = Array("{\(fields.joined(separator: ","))}".utf8)
    header.append(contentsOf: repeatElement(UInt8(ascii: " "), count: (8 - header.count % 8) % 8))
    return withUnsafeBytes(of: UInt64(header.count).littleEndian, Array.init) + header
  }
}

/// Returns `text` as a JSON string.
private func quoted(_ text: String) -> String {
  let encoder = JSONEncoder()
  encoder.outputFormatting = .withoutEscapingSlashes
  guard let bytes = try? encoder.encode(text) else { preconditionFailure("a string has no JSON form: \(text)") }
  return String(decoding: bytes, as: UTF8.self)
}
