import DataPipeline
import Testing

/// The decoders on real files.
///
/// The files lie beside the project on some machines only: where they do not, these tests are reported as skipped.
@Suite("Real data")
struct RealDataTests {
  private func histogram(_ dataset: Dataset) -> [Int] {
    dataset.labels.reduce(into: [Int](repeating: 0, count: dataset.classes)) { $0[Int($1)] += 1 }
  }

  @Test(
    "MNIST has its published counts, first labels, mean and deviation",
    .enabled(if: SharedData.mnist != nil && hasZlib, "no MNIST in ../shared/data/mnist, or no zlib"))
  func mnist() throws {
    let pair = try DatasetCatalog.load("mnist", directory: SharedData.mnist)
    #expect(pair.training.count == 60_000 && pair.test.count == 10_000)
    #expect(histogram(pair.training) == [5923, 6742, 5958, 6131, 5842, 5421, 5918, 6265, 5851, 5949])
    #expect(histogram(pair.test) == [980, 1135, 1032, 1010, 982, 892, 958, 1028, 974, 1009])
    #expect(pair.training.labels.prefix(10) == [5, 0, 4, 1, 9, 2, 1, 3, 1, 4])
    #expect(pair.test.labels.prefix(10) == [7, 2, 1, 0, 4, 1, 4, 9, 5, 9])
    let measured = Normalization(measuring: pair.training.images, shape: pair.training.shape)
    // The published figures have four decimals.
    #expect(abs(measured.mean[0] - pair.training.normalization.mean[0]) <= 0.000_05)
    #expect(abs(measured.deviation[0] - pair.training.normalization.deviation[0]) <= 0.000_05)
    // The first image is the well-known 5: its corners are empty, and it has ink in the middle.
    #expect(pair.training.images[0] == 0 && pair.training.images[783] == 0)
    #expect(pair.training.images[14 * 28 + 14] > 128)
  }

  @Test(
    "the CIFAR-10 subset has its counts, and channels near CIFAR-10's mean and deviation",
    .enabled(if: SharedData.cifar10Subset != nil && hasZlib, "no subset in ../shared/data/cifar10-subset, or no zlib"))
  func cifar10Subset() throws {
    let pair = try DatasetCatalog.load("cifar10", directory: SharedData.cifar10Subset)
    #expect(pair.training.count == 4000 && pair.test.count == 1000)
    // The first images of CIFAR-10: frog, truck, truck, deer, automobile; cat, ship, ship, airplane, frog.
    #expect(pair.training.labels.prefix(5) == [6, 9, 9, 4, 1])
    #expect(pair.test.labels.prefix(5) == [3, 8, 8, 0, 6])
    #expect(histogram(pair.training).allSatisfy { (340...460).contains($0) })
    let measured = Normalization(measuring: pair.training.images, shape: pair.training.shape)
    for channel in 0..<3 {
      // The mean brightness of photographs has a deviation of about 0.12 each: 4,000 of them give 0.002.
      #expect(abs(measured.mean[channel] - pair.training.normalization.mean[channel]) <= 0.01)
      #expect(abs(measured.deviation[channel] - pair.training.normalization.deviation[channel]) <= 0.01)
    }
  }
}
