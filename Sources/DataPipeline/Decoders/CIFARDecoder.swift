/// Reads the binary version of CIFAR-10.
///
/// A file is any number of records and nothing more. A record is 3,073 bytes:
///
/// | Bytes         | Field                                       |
/// | ------------- | ------------------------------------------- |
/// | 0             | label, 0 to 9                               |
/// | 1 … 1024      | red, 32 rows of 32 columns                  |
/// | 1025 … 2048   | green, likewise                             |
/// | 2049 … 3072   | blue, likewise                              |
///
/// so the pixels of a record are an image of shape `[3, 32, 32]` as they stand.
///
/// Sources: Krizhevsky, "Learning Multiple Layers of Features from Tiny Images", 2009; the format,
/// <https://www.cs.toronto.edu/~kriz/cifar.html>, "Binary version".
enum CIFARDecoder {
  /// The extents of an image.
  static let shape = ImageShape(channels: 3, height: 32, width: 32)
  /// A label and an image, in bytes.
  static let recordBytes = 1 + shape.count
  /// The labels.
  static let labelRange = 0...9

  /// Reads `files` one after the other.
  static func decode(_ files: [String]) throws(DataError) -> (images: [UInt8], labels: [UInt8]) {
    var images: [UInt8] = []
    var labels: [UInt8] = []
    for (position, file) in files.enumerated() {
      let source = try ByteSource(file: file)
      // Files of one set are about equally large: room for all of them is made once.
      let records = source.expectedSize / recordBytes
      if position == 0 {
        images.reserveCapacity(files.count * records * shape.count)
        labels.reserveCapacity(files.count * records)
      }
      try append(source, to: &images, labels: &labels)
    }
    return (images, labels)
  }

  private static func append(
    _ source: ByteSource, to images: inout [UInt8], labels: inout [UInt8]
  ) throws(DataError) {
    var record = [UInt8](repeating: 0, count: recordBytes)
    while true {
      let offset = source.offset
      let got = try record.withUnsafeMutableBufferPointer { buffer throws(DataError) in try source.read(into: buffer) }
      if got == 0 { break }
      guard got == recordBytes else {
        throw .partialRecord(file: source.file, bytes: source.offset, recordBytes: recordBytes)
      }
      guard labelRange.contains(Int(record[0])) else {
        throw .labelOutOfRange(file: source.file, offset: offset, label: Int(record[0]), allowed: labelRange)
      }
      labels.append(record[0])
      images.append(contentsOf: record[1...])
    }
    guard source.offset > 0 else { throw .noExamples(file: source.file) }
  }
}
