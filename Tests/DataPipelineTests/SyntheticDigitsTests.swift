import DataPipeline
import Testing

@Suite("The embedded digits")
struct SyntheticDigitsTests {
  private static let pair = SyntheticDigits.generate()
  #if DEBUG
    private static let isOptimized = false
  #else
    private static let isOptimized = true
  #endif

  @Test("there are 12,000 training and 2,000 test images of 1×28×28")
  func extents() {
    #expect(Self.pair.training.count == 12_000 && Self.pair.test.count == 2_000)
    #expect(Self.pair.training.shape == ImageShape(channels: 1, height: 28, width: 28))
    #expect(Self.pair.training.classes == 10)
  }

  @Test("the bytes are the same on every platform")
  func pinned() {
    // A change of these means another data set: every accuracy on `digits` published before is void.
    #expect(Self.pair.training.contentHash == "00618083f8b1f83e")
    #expect(Self.pair.test.contentHash == "474a86551950b833")
  }

  @Test("an image does not depend on how many others are drawn, nor on the threads that draw them")
  func prefixes() {
    // 3 images are drawn by one thread, 12,000 by all.
    let few = SyntheticDigits.generate(training: 3, test: 1)
    #expect(few.training.images == Self.pair.training.prefix(3).images)
    #expect(few.test.images == Self.pair.test.prefix(1).images)
    let more = SyntheticDigits.generate(training: 251, test: 126)
    #expect(more.training.images == Self.pair.training.prefix(251).images)
    #expect(more.test.labels == Self.pair.test.prefix(126).labels)
    #expect(SyntheticDigits.generate(training: 0, test: 0).training.count == 0)
  }

  @Test("every class is equally frequent, in every ten images")
  func balance() {
    for split in [Self.pair.training, Self.pair.test] {
      for start in stride(from: 0, to: split.count, by: 10) {
        #expect(split.labels[start..<start + 10].sorted() == [0, 1, 2, 3, 4, 5, 6, 7, 8, 9])
      }
    }
  }

  @Test("no image occurs twice, in either split or in both")
  func disjoint() {
    var seen: Set<ArraySlice<UInt8>> = []
    for split in [Self.pair.training, Self.pair.test] {
      for start in stride(from: 0, to: split.images.count, by: 784) {
        #expect(seen.insert(split.images[start..<start + 784]).inserted, "image \(start / 784)")
      }
    }
    #expect(seen.count == 14_000)
  }

  @Test("the normalization is that of the training images")
  func normalization() {
    let measured = Normalization(measuring: Self.pair.training.images, shape: Self.pair.training.shape)
    #expect(abs(measured.mean[0] - Self.pair.training.normalization.mean[0]) <= 0.000_05)
    #expect(abs(measured.deviation[0] - Self.pair.training.normalization.deviation[0]) <= 0.000_05)
  }

  @Test("every image has ink in its middle and little at its border")
  func inkIsInside() {
    for start in stride(from: 0, to: Self.pair.test.images.count, by: 784) {
      let image = Self.pair.test.images[start..<start + 784]
      let ink = image.enumerated().filter { $1 > 128 }.map(\.offset)
      let border = ink.filter { [0, 27].contains($0 / 28) || [0, 27].contains($0 % 28) }
      #expect((20...400).contains(ink.count), "image \(start / 784) has \(ink.count) inked pixels")
      #expect(border.count * 8 <= ink.count, "image \(start / 784) has \(border.count) of them at its border")
    }
  }

  // The classifier is compiled without optimization in a debug build, and would take minutes there.
  @Test(
    "a linear classifier learns them, but not nearly to the end",
    .enabled(if: isOptimized, "only in release: the classifier is test code, which a debug build does not optimize"))
  func linearAccuracy() {
    let classifier = SoftmaxRegression(
      training: Self.pair.training, epochs: 12, batchSize: 50, learningRate: 0.05, weightDecay: 0.01)
    let accuracy = classifier.accuracy(on: Self.pair.test)
    #expect(accuracy > 0.80 && accuracy < 0.95, "test accuracy \(accuracy)")
    // That it was trained to its end shows on the images that it saw.
    #expect(classifier.accuracy(on: Self.pair.training) > 0.90)
  }
}
