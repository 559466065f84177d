import DataPipeline
import Randomness
import Testing

@Suite("Data sets")
struct DatasetTests {
  /// Images of 3×5×7, which no vector width divides, with random bytes.
  private static let dataset = dataset(of: ImageShape(channels: 3, height: 5, width: 7))

  /// Returns 50 images with random bytes.
  private static func dataset(of shape: ImageShape) -> Dataset {
    var stream = RandomStream(seed: 11, purpose: .testing)
    return Dataset(
      name: "random", shape: shape, classNames: ["a", "b", "c", "d"],
      normalization: Normalization(
        mean: Array([0.1, 0.5, 0.9].prefix(shape.channels)), deviation: Array([0.3, 0.2, 0.7].prefix(shape.channels))),
      images: (0..<50 * shape.count).map { _ in UInt8(stream.uniform(below: 256)) },
      labels: (0..<50).map { _ in UInt8(stream.uniform(below: 4)) })
  }

  private func write(_ examples: [Int32], of dataset: Dataset) -> (images: [Float], labels: [Int32]) {
    // One more value than needed, to see that it is left alone.
    var images = [Float](repeating: .nan, count: examples.count * dataset.shape.count + 1)
    var labels = [Int32](repeating: -1, count: examples.count + 1)
    examples.withUnsafeBufferPointer { examples in
      images.withUnsafeMutableBufferPointer { images in
        labels.withUnsafeMutableBufferPointer { labels in
          guard let images = images.baseAddress, let labels = labels.baseAddress else { return }
          dataset.write(examples, images: images, labels: labels)
        }
      }
    }
    #expect(images.removeLast().isNaN, "a value after the minibatch was written")
    #expect(labels.removeLast() == -1, "a label after the minibatch was written")
    return (images, labels)
  }

  @Test(
    "a minibatch is what a naive loop makes of it, bit for bit",
    arguments: [0, 1, 5, 15, 16, 17, 32, 70],
    [
      ImageShape(channels: 3, height: 5, width: 7), ImageShape(channels: 1, height: 28, width: 28),
      ImageShape(channels: 2, height: 4, width: 4), ImageShape(channels: 3, height: 3, width: 5),
      ImageShape(channels: 1, height: 1, width: 1),
    ])
  func minibatch(size: Int, shape: ImageShape) {
    let dataset = Self.dataset(of: shape)
    var stream = RandomStream(seed: 12, purpose: .testing)
    let examples = (0..<size).map { _ in Int32(stream.uniform(below: 50)) }
    let (images, labels) = write(examples, of: dataset)
    var expected: [Float] = []
    for channel in 0..<shape.channels {
      for pixel in 0..<shape.planeCount {
        for example in examples {
          let byte = dataset.images[(Int(example) * shape.channels + channel) * shape.planeCount + pixel]
          let product = Float(byte) * dataset.normalization.scale[channel]
          expected.append(product + dataset.normalization.offset[channel])
        }
      }
    }
    #expect(images.map(\.bitPattern) == expected.map(\.bitPattern))
    #expect(labels == examples.map { Int32(dataset.labels[Int($0)]) })
  }

  @Test("an index out of range is a programming error")
  func indexOutOfRange() async {
    await #expect(processExitsWith: .failure) { DatasetTests.writeOne(50) }
    await #expect(processExitsWith: .failure) { DatasetTests.writeOne(-1) }
  }

  private static func writeOne(_ example: Int32) {
    let images = UnsafeMutablePointer<Float>.allocate(capacity: dataset.shape.count)
    let labels = UnsafeMutablePointer<Int32>.allocate(capacity: 1)
    withUnsafePointer(to: example) {
      dataset.write(UnsafeBufferPointer(start: $0, count: 1), images: images, labels: labels)
    }
  }

  @Test("a prefix has the first examples and everything else unchanged")
  func prefix() {
    let dataset = Self.dataset
    let prefix = dataset.prefix(7)
    #expect(prefix.count == 7)
    #expect(prefix.labels == Array(dataset.labels.prefix(7)))
    #expect(prefix.images == Array(dataset.images.prefix(7 * 105)))
    #expect(prefix.normalization == dataset.normalization && prefix.classNames == dataset.classNames)
    #expect(dataset.prefix(1000).count == 50)
    #expect(dataset.prefix(0).count == 0)
  }

  @Test("shuffled labels are the same labels in another order, by seed")
  func shuffledLabels() {
    let dataset = Self.dataset
    let shuffled = dataset.withShuffledLabels(seed: 3)
    #expect(shuffled.images == dataset.images)
    #expect(shuffled.labels.sorted() == dataset.labels.sorted())
    #expect(shuffled.labels != dataset.labels)
    #expect(shuffled.labels == dataset.withShuffledLabels(seed: 3).labels)
    #expect(shuffled.labels != dataset.withShuffledLabels(seed: 4).labels)
  }

  @Test("the content hash is FNV-1a of the pixels and then the labels")
  func contentHash() {
    let dataset = Dataset(
      name: "two", shape: ImageShape(channels: 1, height: 1, width: 3), classNames: ["a", "b"],
      normalization: Normalization(mean: [0], deviation: [1]), images: Array("foobar".utf8.prefix(6)), labels: [1, 0])
    var hash: UInt64 = 0xCBF2_9CE4_8422_2325
    for byte in Array("foobar".utf8) + [1, 0] { hash = (hash ^ UInt64(byte)) &* 0x100_0000_01B3 }
    #expect(UInt64(dataset.contentHash, radix: 16) == hash)
    #expect(dataset.contentHash.count == 16)
    #expect(dataset.contentHash != dataset.prefix(1).contentHash)
  }

  @Test("the hash of no bytes and of “foobar” are the published ones")
  func publishedHashes() {
    func hash(_ bytes: [UInt8]) -> String {
      Dataset(
        name: "x", shape: ImageShape(channels: 1, height: 1, width: 1), classNames: (0...255).map(String.init),
        normalization: Normalization(mean: [0], deviation: [1]), images: Array(bytes.prefix(bytes.count / 2)),
        labels: Array(bytes.suffix(bytes.count / 2))
      ).contentHash
    }
    #expect(hash([]) == "cbf29ce484222325")
    #expect(hash(Array("foobar".utf8)) == "85944171f73967e8")
  }

  @Test("a set whose parts do not fit together is a programming error")
  func preconditions() async {
    await #expect(processExitsWith: .failure) { _ = DatasetTests.grey(images: [1, 2, 3], labels: [0]) }
    await #expect(processExitsWith: .failure) { _ = DatasetTests.grey(images: [1, 2], labels: [2]) }
    await #expect(processExitsWith: .failure) { _ = ImageShape(channels: 1, height: 0, width: 3) }
    await #expect(processExitsWith: .failure) {
      _ = DatasetPair(training: DatasetTests.dataset, test: DatasetTests.grey(images: [1, 2], labels: [1]))
    }
  }

  private static func grey(images: [UInt8], labels: [UInt8]) -> Dataset {
    Dataset(
      name: "grey", shape: ImageShape(channels: 1, height: 1, width: 2), classNames: ["a", "b"],
      normalization: Normalization(mean: [0], deviation: [1]), images: images, labels: labels)
  }
}
