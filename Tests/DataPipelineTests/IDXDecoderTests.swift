import DataPipeline
import Foundation
import Testing

@Suite("IDX files")
struct IDXDecoderTests {
  static let images = "train-images-idx3-ubyte"
  static let labels = "train-labels-idx1-ubyte"

  /// A file that is wrong in one way, and what must be said of it; `%` stands for the directory.
  struct Malformed: Sendable, CustomTestStringConvertible {
    let testDescription: String
    let name: String
    let bytes: [UInt8]
    let fault: @Sendable (String) -> DataError

    init(
      _ testDescription: String, _ name: String, _ bytes: [UInt8], _ fault: @escaping @Sendable (String) -> DataError
    ) {
      self.testDescription = testDescription
      self.name = name
      self.bytes = bytes
      self.fault = fault
    }
  }

  static let malformed = [
    Malformed("empty images", images, []) { .empty(file: $0) },
    Malformed("empty labels", labels, []) { .empty(file: $0) },
    Malformed("a header of one byte", images, [0]) { .truncated(file: $0, expectedBytes: 4, actualBytes: 1) },
    Malformed("a header without extents", images, [0, 0, 8, 3]) {
      .truncated(file: $0, expectedBytes: 16, actualBytes: 4)
    },
    Malformed("a header cut in its last extent", images, Array(idx([3, 28, 28], []).dropLast())) {
      .truncated(file: $0, expectedBytes: 16, actualBytes: 15)
    },
    Malformed("a wrong first byte", images, [1] + idx([3, 28, 28], []).dropFirst()) {
      .wrongMagic(file: $0, actual: 0x0100)
    },
    Malformed("a PNG file", images, [0x89, 0x50, 0x4E, 0x47]) { .wrongMagic(file: $0, actual: 0x8950) },
    Malformed("32-bit floats", images, [0, 0, 0x0D, 3] + idx([3, 28, 28], []).dropFirst(4)) {
      .wrongElementType(file: $0, actual: 0x0D)
    },
    Malformed("images where labels should be", labels, idx([3, 28, 28], MNISTDirectory.images(count: 3))) {
      .wrongRank(file: $0, expected: 1, actual: 3)
    },
    Malformed("labels where images should be", images, idx([3], [1, 2, 3])) {
      .wrongRank(file: $0, expected: 3, actual: 1)
    },
    Malformed("extents whose product overflows", images, idx([.max, .max, .max], [])) {
      .sizeOverflow(file: $0, extents: [4_294_967_295, 4_294_967_295, 4_294_967_295])
    },
    Malformed("no images", images, idx([0, 28, 28], [])) { .noExamples(file: $0) },
    Malformed("no labels", labels, idx([0], [])) { .noExamples(file: $0) },
    Malformed("images of other extents", images, idx([2, 20, 30], [UInt8](repeating: 0, count: 1200))) {
      .wrongImageSize(file: $0, expected: [28, 28], actual: [20, 30])
    },
    Malformed("images of no columns", images, idx([3, 28, 0], [])) {
      .wrongImageSize(file: $0, expected: [28, 28], actual: [28, 0])
    },
    Malformed("a body one byte short", images, idx([3, 28, 28], MNISTDirectory.images(count: 3).dropLast())) {
      .truncated(file: $0, expectedBytes: 16 + 3 * 784, actualBytes: 16 + 3 * 784 - 1)
    },
    Malformed("a header that declares 3 TB", images, idx([.max, 28, 28], [1, 2, 3])) {
      .truncated(file: $0, expectedBytes: 16 + 4_294_967_295 * 784, actualBytes: 19)
    },
    Malformed("one trailing byte", images, idx([3, 28, 28], MNISTDirectory.images(count: 3) + [0])) {
      .trailingBytes(file: $0, expectedBytes: 16 + 3 * 784, extraBytes: 1)
    },
    Malformed("trailing labels", labels, idx([3], [7, 0, 9, 4, 4])) {
      .trailingBytes(file: $0, expectedBytes: 11, extraBytes: 2)
    },
    Malformed("a label out of range", labels, idx([3], [7, 10, 9])) {
      .labelOutOfRange(file: $0, offset: 9, label: 10, allowed: 0...9)
    },
  ]

  @Test("a malformed file is refused with its exact error", arguments: malformed)
  func refused(_ file: Malformed) throws {
    let files = try MNISTDirectory(replacing: [file.name: file.bytes])
    let fault = try #require(files.fault())
    #expect(fault == file.fault(files.directory.file(file.name)))
    #expect(!fault.isNotFound)
    #expect(fault.description.contains(files.directory.file(file.name)))
  }

  @Test("a malformed file is refused in the same words when it is gzip", .enabled(if: hasZlib))
  func refusedWhenCompressed() throws {
    for file in Self.malformed where !file.bytes.isEmpty && file.testDescription != "a header that declares 3 TB" {
      let files = try MNISTDirectory(replacing: [file.name: gzip(file.bytes)])
      // Stored blocks are as large as their content, so the size of the file does not give a truncated body away.
      #expect(files.fault() == file.fault(files.directory.file(file.name)), "\(file.testDescription)")
    }
  }

  @Test("gzip whose header declares more than it can hold is refused before room is made", .enabled(if: hasZlib))
  func impossibleInflation() throws {
    let stream = gzip(idx([.max, 28, 28], [1, 2, 3]))
    let files = try MNISTDirectory(replacing: [Self.images: stream])
    #expect(
      files.fault()
        == .tooLarge(
          file: files.directory.file(Self.images), bytes: 16 + 4_294_967_295 * 784, limit: 1032 * stream.count))
  }

  @Test("a test split is checked like a training split")
  func testSplit() throws {
    let files = try MNISTDirectory(replacing: ["t10k-labels-idx1-ubyte": idx([2], [0, 11])])
    #expect(
      files.fault()
        == .labelOutOfRange(
          file: files.directory.file("t10k-labels-idx1-ubyte"), offset: 9, label: 11, allowed: 0...9))
  }

  @Test("images and labels must be equally many")
  func countsDiffer() throws {
    let files = try MNISTDirectory(replacing: [Self.labels: idx([4], [1, 2, 3, 4])])
    #expect(
      files.fault()
        == .countsDiffer(
          imagesFile: files.directory.file(Self.images), images: 3, labelsFile: files.directory.file(Self.labels),
          labels: 4))
  }

  @Test("more than a mebibyte of trailing bytes is not counted to its end")
  func manyTrailingBytes() throws {
    let extra = [UInt8](repeating: 0, count: 3 << 20)
    let files = try MNISTDirectory(replacing: [Self.labels: idx([3], [7, 0, 9] + extra)])
    let fault = try #require(files.fault())
    guard case .trailingBytes(_, 11, let counted) = fault else {
      Issue.record("\(fault)")
      return
    }
    #expect(counted > 1 << 20 && counted < extra.count)
    #expect(fault.description.hasSuffix("by more than 1048576 bytes"))
  }

  @Test("the example of the documentation decodes to what it says")
  func documentedExample() throws {
    // Two images of 2×3 are no data set of the catalogue: the bytes are checked through the error they cause.
    let images: [UInt8] = [
      0, 0, 8, 3, 0, 0, 0, 2, 0, 0, 0, 2, 0, 0, 0, 3,
      0x00, 0x10, 0x20, 0x30, 0x40, 0x50, 0xFF, 0xEF, 0xDF, 0xCF, 0xBF, 0xAF,
    ]
    #expect(images.count == 28)
    let files = try MNISTDirectory(replacing: [Self.images: images, Self.labels: [0, 0, 8, 1, 0, 0, 0, 2, 7, 1]])
    #expect(
      files.fault()
        == .wrongImageSize(file: files.directory.file(Self.images), expected: [28, 28], actual: [2, 3]))
  }

  @Test("well-formed files come back as they were written")
  func roundTrip() throws {
    let files = try MNISTDirectory()
    let pair = try DatasetCatalog.load("mnist", directory: files.directory.path)
    #expect(pair.training.name == "mnist")
    #expect(pair.training.shape == ImageShape(channels: 1, height: 28, width: 28))
    #expect(pair.training.images == MNISTDirectory.images(count: 3))
    #expect(pair.training.labels == [7, 0, 9])
    #expect(pair.test.images == MNISTDirectory.images(count: 2))
    #expect(pair.test.labels == [1, 2])
    #expect(pair.training.normalization == Normalization(mean: [0.1307], deviation: [0.3081]))
  }

  @Test("a directory that ends in a slash is the same directory")
  func trailingSlash() throws {
    let files = try MNISTDirectory()
    let pair = try DatasetCatalog.load("mnist", directory: files.directory.path + "/")
    #expect(pair.training.labels == [7, 0, 9])
  }

  @Test("EMNIST letters come upright, and their labels from 0")
  func emnistLetters() throws {
    let files = try MNISTDirectory(
      prefixes: ("emnist-letters-train", "emnist-letters-test"), labels: ([1, 26, 13], [2, 25]))
    let pair = try DatasetCatalog.load("emnist-letters", directory: files.directory.path)
    #expect(pair.training.labels == [0, 25, 12])
    #expect(pair.test.labels == [1, 24])
    #expect(pair.training.classNames.first == "a" && pair.training.classNames.last == "z")
    #expect(pair.training.classes == 26)
    let stored = MNISTDirectory.images(count: 3)
    for (image, row, column) in [(0, 0, 0), (0, 0, 1), (1, 5, 20), (1, 20, 5), (2, 27, 0), (2, 27, 27)] {
      let upright = pair.training.images[image * 784 + row * 28 + column]
      #expect(upright == stored[image * 784 + column * 28 + row], "image \(image), row \(row), column \(column)")
    }
    #expect(pair.training.normalization == Normalization(measuring: stored, shape: pair.training.shape))
  }

  @Test("a label 0 is none of EMNIST's letters")
  func emnistLabelZero() throws {
    let files = try MNISTDirectory(
      prefixes: ("emnist-letters-train", "emnist-letters-test"), labels: ([1, 0, 13], [2, 25]))
    #expect(
      files.fault("emnist-letters")
        == .labelOutOfRange(
          file: files.directory.file("emnist-letters-train-labels-idx1-ubyte"), offset: 9, label: 0, allowed: 1...26))
  }
}
