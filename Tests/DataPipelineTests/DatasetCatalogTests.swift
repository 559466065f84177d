import DataPipeline
import Foundation
import Testing

@Suite("The catalogue of data sets")
struct DatasetCatalogTests {
  private func loadingFault(_ name: String, directory: String?) -> DataError? {
    do throws(DataError) {
      _ = try DatasetCatalog.load(name, directory: directory)
      return nil
    } catch {
      return error
    }
  }

  @Test("it lists every data set once, with its shape and classes")
  func entries() {
    #expect(DatasetCatalog.all.map(\.name) == ["digits", "mnist", "fashion-mnist", "emnist-letters", "cifar10"])
    #expect(DatasetCatalog.all.map(\.shape.description) == ["1×28×28", "1×28×28", "1×28×28", "1×28×28", "3×32×32"])
    #expect(DatasetCatalog.all.map(\.classNames.count) == [10, 10, 10, 26, 10])
    #expect(DatasetCatalog.all.map(\.isEmbedded) == [true, false, false, false, false])
    #expect(DatasetCatalog.all.allSatisfy { $0.defaultDirectory == "Datasets/\($0.name)" })
    #expect(DatasetCatalog.all.allSatisfy { !$0.summary.isEmpty && !$0.summary.contains("\n") })
  }

  @Test("an unknown name is refused with the names that there are")
  func unknown() throws {
    let fault = try #require(loadingFault("minst", directory: nil))
    #expect(
      fault
        == .unknownDataset(
          name: "minst", known: ["digits", "mnist", "fashion-mnist", "emnist-letters", "cifar10"]))
    #expect(fault.isNotFound)
    #expect(
      fault.description
        == "there is no data set 'minst'; there are digits, mnist, fashion-mnist, emnist-letters, cifar10")
  }

  @Test("missing files are named together with the command that fetches them", arguments: ["mnist", "fashion-mnist"])
  func missing(_ name: String) throws {
    let directory = try TemporaryDirectory()
    try directory.write("train-labels-idx1-ubyte", idx([1], [0]))
    let fault = try #require(loadingFault(name, directory: directory.path))
    #expect(fault.isNotFound)
    #expect(
      fault.description == """
        the data set '\(name)' is not in \(directory.path): looked for train-images-idx3-ubyte, \
        t10k-images-idx3-ubyte, t10k-labels-idx1-ubyte, each also with .gz. \
        To download it into Datasets/\(name), run: Tools/fetch-datasets \(name)
        """)
  }

  @Test("a directory that is not there is a data set that is not found")
  func noDirectory() throws {
    let directory = try TemporaryDirectory()
    for name in ["mnist", "cifar10", "emnist-letters"] {
      let fault = try #require(loadingFault(name, directory: directory.file("nowhere")))
      #expect(fault.isNotFound)
      #expect(fault.description.contains(directory.file("nowhere")))
    }
  }

  @Test("EMNIST's letters are to be got by hand, and the error says where that is explained")
  func emnistRemedy() throws {
    let directory = try TemporaryDirectory()
    let fault = try #require(loadingFault("emnist-letters", directory: directory.path))
    #expect(fault.description.contains("emnist-letters-train-images-idx3-ubyte"))
    #expect(fault.description.contains("emnist-letters-test-labels-idx1-ubyte"))
    #expect(fault.description.hasSuffix("Datasets/README.md, section emnist-letters, says from where."))
  }

  @Test("a directory where a file should be is said to be one")
  func directoryForFile() throws {
    let files = try MNISTDirectory()
    let path = files.directory.file("t10k-images-idx3-ubyte")
    try FileManager.default.removeItem(atPath: path)
    try FileManager.default.createDirectory(atPath: path, withIntermediateDirectories: false)
    #expect(files.fault() == .notARegularFile(file: path))
    #expect(files.fault()?.isNotFound == true)
  }

  @Test("a file that vanished is unreadable, with the system's reason")
  func vanished() throws {
    let directory = try TemporaryDirectory()
    #expect(throws: DataError.unreadable(file: directory.file("gone"), reason: "No such file or directory")) {
      _ = try ByteSource(file: directory.file("gone"))
    }
  }

  @Test("the embedded data set needs no directory")
  func embedded() throws {
    let directory = try TemporaryDirectory()
    let pair = try DatasetCatalog.load("digits", directory: directory.file("nowhere"))
    #expect(pair.training.name == "digits")
  }

  @Test("every error says what is wrong in one line")
  func messages() {
    let errors: [(DataError, String)] = [
      (.unreadable(file: "f", reason: "no luck"), "f: cannot be read: no luck"),
      (.notARegularFile(file: "f"), "f: is a directory or a device, not a file"),
      (
        .zlibUnavailable(file: "f.gz", tried: ["libz.so.1", "libz.so"]),
        "f.gz: is gzip, and zlib is not installed (tried libz.so.1, libz.so). "
          + "Either install zlib or unpack the file: gunzip 'f.gz'"
      ),
      (.empty(file: "f"), "f: is empty"),
      (.truncated(file: "f", expectedBytes: 16, actualBytes: 15), "f: is truncated: 16 bytes expected, 15 found"),
      (
        .trailingBytes(file: "f", expectedBytes: 11, extraBytes: 2),
        "f: goes on after the 11 bytes that its header declares, by 2 bytes"
      ),
      (
        .tooLarge(file: "f", bytes: 5000, limit: 4096),
        "f: declares or holds 5000 bytes, but at most 4096 are possible or accepted"
      ),
      (
        .labelOutOfRange(file: "f", offset: 9, label: 10, allowed: 0...9),
        "f: the label at byte 9 is 10, but labels are 0 to 9"
      ),
      (.gzipTruncated(file: "f", inflatedBytes: 8), "f: the gzip stream ends early, after 8 bytes of content"),
      (
        .gzipDamaged(file: "f", inflatedBytes: 8, reason: "invalid block type"),
        "f: the gzip stream is damaged, after 8 bytes of content: invalid block type"
      ),
      (.wrongMagic(file: "f", actual: 0x0100), "f: is no IDX file: its first two bytes are 0x0100, not 0x0000"),
      (
        .wrongElementType(file: "f", actual: 0x0D),
        "f: byte 2, the element type, is 0x0d, but must be 0x08 (unsigned bytes)"
      ),
      (
        .wrongRank(file: "f", expected: 3, actual: 1),
        "f: byte 3, the number of dimensions, is 1, but must be 3"
      ),
      (.sizeOverflow(file: "f", extents: [9, 8, 7]), "f: the product of the extents 9×8×7 overflows"),
      (
        .wrongImageSize(file: "f", expected: [28, 28], actual: [20, 30]), "f: images are 20×30, but must be 28×28"
      ),
      (.noExamples(file: "f"), "f: declares 0 examples"),
      (
        .countsDiffer(imagesFile: "f", images: 3, labelsFile: "g", labels: 4),
        "f has 3 images, but g has 4 labels"
      ),
      (
        .partialRecord(file: "f", bytes: 3072, recordBytes: 3073),
        "f: 3072 bytes are not a whole number of records of 3073 bytes"
      ),
    ]
    for (error, message) in errors { #expect(error.description == message) }
  }
}
