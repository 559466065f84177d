/// Why a data set could not be loaded.
///
/// Every case names the file, the field, and both values where there are two. Nothing is loaded when one is thrown.
public enum DataError: Error, Hashable, Sendable {
  // MARK: Data that cannot be had

  /// No data set has this name.
  case unknownDataset(name: String, known: [String])
  /// Files of a data set are not in its directory; `remedy` says how to get them.
  case filesMissing(dataset: String, directory: String, missing: [String], remedy: String)
  /// The system refused to open or read a file.
  case unreadable(file: String, reason: String)
  /// There is a directory or a device where a file should be.
  case notARegularFile(file: String)
  /// A file is gzip, and zlib could not be loaded at run time.
  case zlibUnavailable(file: String, tried: [String])

  // MARK: Any file

  /// A file has no bytes.
  case empty(file: String)
  /// A file ends before the bytes that its header declares.
  case truncated(file: String, expectedBytes: Int, actualBytes: Int)
  /// A file goes on after the bytes that its header declares; more than 2²⁰ extra bytes are not counted.
  case trailingBytes(file: String, expectedBytes: Int, extraBytes: Int)
  /// A file holds or declares more bytes than are accepted.
  case tooLarge(file: String, bytes: Int, limit: Int)
  /// A label is not one of the data set's classes.
  case labelOutOfRange(file: String, offset: Int, label: Int, allowed: ClosedRange<Int>)

  // MARK: gzip

  /// A gzip stream ends early, after `inflatedBytes` bytes of content.
  case gzipTruncated(file: String, inflatedBytes: Int)
  /// A gzip stream is damaged at or after `inflatedBytes` bytes of content; `reason` is zlib's.
  case gzipDamaged(file: String, inflatedBytes: Int, reason: String)

  // MARK: IDX

  /// The first two bytes of an IDX file are not zero.
  case wrongMagic(file: String, actual: UInt16)
  /// The third byte of an IDX file is not 0x08, unsigned bytes.
  case wrongElementType(file: String, actual: UInt8)
  /// The fourth byte of an IDX file is not the number of dimensions expected.
  case wrongRank(file: String, expected: Int, actual: Int)
  /// The product of an IDX file's extents does not fit in 63 bits.
  case sizeOverflow(file: String, extents: [Int])
  /// The images of an IDX file do not have the data set's extents.
  case wrongImageSize(file: String, expected: [Int], actual: [Int])
  /// A file declares zero examples.
  case noExamples(file: String)
  /// Images and labels are not equally many.
  case countsDiffer(imagesFile: String, images: Int, labelsFile: String, labels: Int)

  // MARK: CIFAR

  /// A file is not a whole number of records.
  case partialRecord(file: String, bytes: Int, recordBytes: Int)

  /// Whether the data cannot be had at all (exit code 66), and not that it is malformed (exit code 65).
  public var isNotFound: Bool {
    switch self {
    case .unknownDataset, .filesMissing, .unreadable, .notARegularFile, .zlibUnavailable: true
    default: false
    }
  }
}

extension DataError: CustomStringConvertible {
  /// One sentence or two for the user, without a final line break.
  public var description: String {
    switch self {
    case .unknownDataset(let name, let known):
      return "there is no data set '\(name)'; there are \(known.joined(separator: ", "))"
    case .filesMissing(let dataset, let directory, let missing, let remedy):
      return """
        the data set '\(dataset)' is not in \(directory): looked for \(missing.joined(separator: ", ")), \
        each also with .gz. \(remedy)
        """
    case .unreadable(let file, let reason):
      return "\(file): cannot be read: \(reason)"
    case .notARegularFile(let file):
      return "\(file): is a directory or a device, not a file"
    case .zlibUnavailable(let file, let tried):
      return """
        \(file): is gzip, and zlib is not installed (tried \(tried.joined(separator: ", "))). \
        Either install zlib or unpack the file: gunzip '\(file)'
        """
    case .empty(let file):
      return "\(file): is empty"
    case .truncated(let file, let expectedBytes, let actualBytes):
      return "\(file): is truncated: \(expectedBytes) bytes expected, \(actualBytes) found"
    case .trailingBytes(let file, let expectedBytes, let extraBytes):
      let atLeast = extraBytes > Self.countedExtraBytes ? "more than \(Self.countedExtraBytes)" : "\(extraBytes)"
      return "\(file): goes on after the \(expectedBytes) bytes that its header declares, by \(atLeast) bytes"
    case .tooLarge(let file, let bytes, let limit):
      return "\(file): declares or holds \(bytes) bytes, but at most \(limit) are possible or accepted"
    case .labelOutOfRange(let file, let offset, let label, let allowed):
      return
        "\(file): the label at byte \(offset) is \(label), but labels are \(allowed.lowerBound) to \(allowed.upperBound)"
    case .gzipTruncated(let file, let inflatedBytes):
      return "\(file): the gzip stream ends early, after \(inflatedBytes) bytes of content"
    case .gzipDamaged(let file, let inflatedBytes, let reason):
      return "\(file): the gzip stream is damaged, after \(inflatedBytes) bytes of content: \(reason)"
    case .wrongMagic(let file, let actual):
      return "\(file): is no IDX file: its first two bytes are 0x\(hexadecimal(Int(actual), digits: 4)), not 0x0000"
    case .wrongElementType(let file, let actual):
      return """
        \(file): byte 2, the element type, is 0x\(hexadecimal(Int(actual), digits: 2)), \
        but must be 0x08 (unsigned bytes)
        """
    case .wrongRank(let file, let expected, let actual):
      return "\(file): byte 3, the number of dimensions, is \(actual), but must be \(expected)"
    case .sizeOverflow(let file, let extents):
      return "\(file): the product of the extents \(product(extents)) overflows"
    case .wrongImageSize(let file, let expected, let actual):
      return "\(file): images are \(product(actual)), but must be \(product(expected))"
    case .noExamples(let file):
      return "\(file): declares 0 examples"
    case .countsDiffer(let imagesFile, let images, let labelsFile, let labels):
      return "\(imagesFile) has \(images) images, but \(labelsFile) has \(labels) labels"
    case .partialRecord(let file, let bytes, let recordBytes):
      return "\(file): \(bytes) bytes are not a whole number of records of \(recordBytes) bytes"
    }
  }

  /// Extra bytes are counted up to here, so that a small gzip file cannot keep the reader busy.
  static let countedExtraBytes = 1 << 20

  private func product(_ extents: [Int]) -> String {
    extents.map(String.init).joined(separator: "×")
  }

  private func hexadecimal(_ value: Int, digits: Int) -> String {
    let text = String(value, radix: 16)
    return String(repeating: "0", count: max(0, digits - text.count)) + text
  }
}
