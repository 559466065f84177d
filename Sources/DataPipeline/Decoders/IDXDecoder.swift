/// Reads IDX files: the format of MNIST and its relatives, for arrays of unsigned bytes.
///
/// A file is a header and then the elements, row-major, nothing more. All integers are big-endian.
///
/// | Bytes     | Field                          | Value                                              |
/// | --------- | ------------------------------ | -------------------------------------------------- |
/// | 0, 1      | magic                          | 0                                                  |
/// | 2         | element type                   | 0x08, unsigned bytes; no other is accepted         |
/// | 3         | rank R, number of dimensions   | 1 for labels, 3 for images                         |
/// | 4 … 4R+3  | R extents, 32 bits each        | examples, and for images rows and columns          |
/// | 4R+4 …    | elements                       | one byte each; as many as the product of extents   |
///
/// Two images of 2×3 pixels are these 28 bytes, in hexadecimal:
///
///     00 00 08 03   magic, unsigned bytes, 3 dimensions
///     00 00 00 02   2 images
///     00 00 00 02   2 rows
///     00 00 00 03   3 columns
///     00 10 20 30 40 50   the first image, row by row
///     FF EF DF CF BF AF   the second
///
/// and their labels, 7 and 1, these 10: `00 00 08 01  00 00 00 02  07 01`.
///
/// No number of a file is trusted: extents are multiplied with overflow checks and compared with what the file can
/// hold before any memory is allocated.
///
/// Sources: LeCun, Cortes & Burges, "The MNIST Database of Handwritten Digits",
/// <http://yann.lecun.com/exdb/mnist/>, "File formats".
enum IDXDecoder {
  /// One split: images and labels of the same number.
  static func decode(
    imagesFile: String, labelsFile: String, height: Int, width: Int, labelRange: ClosedRange<Int>
  ) throws(DataError) -> (images: [UInt8], labels: [UInt8]) {
    let labels = try decodeLabels(labelsFile, range: labelRange)
    let images = try decodeImages(imagesFile, height: height, width: width)
    let count = images.count / (height * width)
    guard count == labels.count else {
      throw .countsDiffer(imagesFile: imagesFile, images: count, labelsFile: labelsFile, labels: labels.count)
    }
    return (images, labels)
  }

  /// Returns pixels `[N, height, width]`.
  static func decodeImages(_ file: String, height: Int, width: Int) throws(DataError) -> [UInt8] {
    try decodeBytes(ByteSource(file: file), rank: 3) { extents throws(DataError) in
      guard Array(extents.dropFirst()) == [height, width] else {
        throw .wrongImageSize(file: file, expected: [height, width], actual: Array(extents.dropFirst()))
      }
    }
  }

  /// Returns labels `[N]`, moved so that the first class is 0.
  static func decodeLabels(_ file: String, range: ClosedRange<Int>) throws(DataError) -> [UInt8] {
    var labels = try decodeBytes(ByteSource(file: file), rank: 1) { _ throws(DataError) in }
    for (index, label) in labels.enumerated() {
      guard range.contains(Int(label)) else {
        throw .labelOutOfRange(file: file, offset: 8 + index, label: Int(label), allowed: range)
      }
      labels[index] = label - UInt8(range.lowerBound)
    }
    return labels
  }

  /// Returns the elements of an array of unsigned bytes of `rank` dimensions.
  ///
  /// - Parameters:
  ///   - source: The file.
  ///   - rank: The number of dimensions that it must have.
  ///   - check: Told the extents, before anything of their size is allocated.
  /// - Returns: The elements, row-major.
  /// - Throws: What is wrong with the file, and what `check` throws.
  private static func decodeBytes(
    _ source: ByteSource, rank: Int, check: ([Int]) throws(DataError) -> Void
  ) throws(DataError) -> [UInt8] {
    let file = source.file
    let magic = try source.readHeader(4)
    guard magic[0] == 0, magic[1] == 0 else {
      throw .wrongMagic(file: file, actual: UInt16(magic[0]) << 8 | UInt16(magic[1]))
    }
    guard magic[2] == 0x08 else { throw .wrongElementType(file: file, actual: magic[2]) }
    guard Int(magic[3]) == rank else { throw .wrongRank(file: file, expected: rank, actual: Int(magic[3])) }
    let header = try source.readHeader(4 * rank)
    let extents = (0..<rank).map { axis in header[4 * axis..<4 * axis + 4].reduce(0) { $0 << 8 | Int($1) } }
    var count = 1
    for extent in extents {
      let (product, overflow) = count.multipliedReportingOverflow(by: extent)
      guard !overflow else { throw .sizeOverflow(file: file, extents: extents) }
      count = product
    }
    guard extents[0] > 0 else { throw .noExamples(file: file) }
    try check(extents)
    let headerBytes = source.offset
    let (total, overflow) = headerBytes.addingReportingOverflow(count)
    guard !overflow else { throw .sizeOverflow(file: file, extents: extents) }
    guard total <= source.largestSize else {
      throw source.isCompressed
        ? .tooLarge(file: file, bytes: total, limit: source.largestSize)
        : .truncated(file: file, expectedBytes: total, actualBytes: source.largestSize)
    }
    var elements = [UInt8](repeating: 0, count: count)
    let got = try elements.withUnsafeMutableBufferPointer { buffer throws(DataError) in try source.read(into: buffer) }
    guard got == count else { throw .truncated(file: file, expectedBytes: total, actualBytes: headerBytes + got) }
    try source.expectEnd()
    return elements
  }
}
