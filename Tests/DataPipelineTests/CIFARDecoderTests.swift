import DataPipeline
import Foundation
import Testing

@Suite("CIFAR-10 files")
struct CIFARDecoderTests {
  private func record(_ label: UInt8) -> [UInt8] {
    cifarRecord(label: label, red: label * 3, green: label * 5, blue: label * 7)
  }

  private func load(_ files: [String: [UInt8]]) throws -> (
    pair: DatasetPair?, fault: DataError?, directory: TemporaryDirectory
  ) {
    let directory = try TemporaryDirectory()
    for (name, bytes) in files { try directory.write(name, bytes) }
    do throws(DataError) {
      return (try DatasetCatalog.load("cifar10", directory: directory.path), nil, directory)
    } catch {
      return (nil, error, directory)
    }
  }

  @Test("records of any number of files come back in the order of the batches")
  func order() throws {
    let (pair, fault, _) = try load([
      "data_batch_10.bin": record(9), "data_batch_2.bin": record(2) + record(3), "data_batch_1.bin": record(1),
      "test_batch.bin": record(5), "batches.meta.txt": [1, 2, 3],
    ])
    let loaded = try #require(pair, "\(String(describing: fault))")
    #expect(loaded.training.labels == [1, 2, 3, 9])
    #expect(loaded.training.shape == ImageShape(channels: 3, height: 32, width: 32))
    #expect(loaded.training.images == [1, 2, 3, 9].flatMap { record($0).dropFirst() })
    #expect(loaded.test.labels == [5])
    #expect(loaded.training.classNames[8] == "ship")
  }

  @Test("a batch that is there plain and as gzip is read once", .enabled(if: hasZlib))
  func plainBeforeGzip() throws {
    let (pair, _, _) = try load([
      "data_batch_1.bin": record(1), "data_batch_1.bin.gz": gzip(record(7)), "data_batch_2.bin.gz": gzip(record(2)),
      "test_batch.bin.gz": gzip(record(5)),
    ])
    #expect(pair?.training.labels == [1, 2])
    #expect(pair?.test.labels == [5])
  }

  @Test("a file that is no whole number of records is refused", arguments: [1, 3072, 3074, 6145])
  func partialRecord(_ length: Int) throws {
    let bytes = Array((record(1) + record(2) + record(3)).prefix(length))
    let (_, fault, directory) = try load(["data_batch_1.bin": bytes, "test_batch.bin": record(5)])
    #expect(
      fault == .partialRecord(file: directory.file("data_batch_1.bin"), bytes: length, recordBytes: 3073))
    #expect(fault?.isNotFound == false)
  }

  @Test("a label that is no class is refused with its place")
  func label() throws {
    let (_, fault, directory) = try load(["data_batch_1.bin": record(1) + record(10), "test_batch.bin": record(5)])
    #expect(
      fault
        == .labelOutOfRange(file: directory.file("data_batch_1.bin"), offset: 3073, label: 10, allowed: 0...9))
  }

  @Test("an empty file is refused, plain or gzip")
  func empty() throws {
    let (_, plain, first) = try load(["data_batch_1.bin": record(1), "test_batch.bin": []])
    #expect(plain == .empty(file: first.file("test_batch.bin")))
    guard hasZlib else { return }
    let (_, compressed, second) = try load(["data_batch_1.bin": record(1), "test_batch.bin": gzip([])])
    #expect(compressed == .noExamples(file: second.file("test_batch.bin")))
  }

  @Test("a truncated gzip file is refused as such, not as a partial record", .enabled(if: hasZlib))
  func truncatedGzip() throws {
    let stream = Array(gzip(record(1) + record(2)).dropLast(2000))
    let (_, fault, directory) = try load(["data_batch_1.bin.gz": stream, "test_batch.bin": record(5)])
    guard case .gzipTruncated(let file, let inflatedBytes) = try #require(fault) else {
      Issue.record("\(String(describing: fault))")
      return
    }
    #expect(file == directory.file("data_batch_1.bin.gz"))
    #expect(inflatedBytes <= 6146 - 1992)
  }

  @Test("without batches the pattern that was looked for is named")
  func noBatches() throws {
    let (_, fault, directory) = try load(["test_batch.bin": record(5)])
    #expect(
      fault
        == .filesMissing(
          dataset: "cifar10", directory: directory.path, missing: ["data_batch_*.bin"],
          remedy: "To download it into Datasets/cifar10, run: Tools/fetch-datasets cifar10"))
  }
}
