internal import Randomness

/// One split of a data set: labelled images, held as the bytes they came as.
///
/// A pixel stays one byte until a minibatch is written, so 60,000 images of 28×28 cost 47 MB and not 188 MB.
///
/// | Value   | Shape          | Type    |
/// | ------- | -------------- | ------- |
/// | images  | `[N, C, H, W]` | `UInt8` |
/// | labels  | `[N]`          | `UInt8` |
///
/// A data set is a value: copies share the bytes, and any number of threads may read it at once.
public struct Dataset: Sendable {
  /// The name in the catalogue, such as `mnist`.
  public let name: String
  /// C×H×W: the extents of one image.
  public let shape: ImageShape
  /// What each label stands for, by label.
  public let classNames: [String]
  /// How bytes become the numbers that a model sees.
  public let normalization: Normalization
  /// The pixels, `[N, C, H, W]`, row-major and contiguous.
  public let images: [UInt8]
  /// The class of each image, less than ``classes``.
  public let labels: [UInt8]

  /// The number of classes.
  public var classes: Int { classNames.count }

  /// N: the number of examples.
  public var count: Int { labels.count }

  /// Creates a split.
  ///
  /// - Precondition: There are 1 to 256 classes, one mean per channel, `shape.count` pixels for each label, fewer than
  ///   2³¹ examples, and no label outside the classes. Decoders check all this of a file before they come here.
  public init(
    name: String, shape: ImageShape, classNames: [String], normalization: Normalization, images: [UInt8],
    labels: [UInt8]
  ) {
    precondition((1...256).contains(classNames.count), "\(classNames.count) classes; a label is one byte")
    precondition(
      normalization.mean.count == shape.channels,
      "\(normalization.mean.count) means for \(shape.channels) channels")
    precondition(
      images.count == labels.count * shape.count,
      "\(images.count) pixels for \(labels.count) labels; an image has \(shape.count)")
    precondition(labels.count <= Int(Int32.max), "\(labels.count) examples; an index is 32 bits")
    precondition(
      labels.allSatisfy { Int($0) < classNames.count }, "a label is not less than the \(classNames.count) classes")
    self.name = name
    self.shape = shape
    self.classNames = classNames
    self.normalization = normalization
    self.images = images
    self.labels = labels
  }

  /// Returns the first `n` examples, or all of them if there are fewer.
  ///
  /// - Precondition: `n` is not negative.
  public func prefix(_ n: Int) -> Dataset {
    precondition(n >= 0, "a prefix of \(n) examples")
    guard n < count else { return self }
    return replacing(images: Array(images.prefix(n * shape.count)), labels: Array(labels.prefix(n)))
  }

  /// Returns the same images with their labels in random order: a negative control.
  ///
  /// The number of examples of each class stays, and no image says anything about its label any more, so a trainer
  /// that still beats chance on fresh examples is measuring something wrong.
  ///
  /// - Parameter seed: The seed; the same one gives the same order on every platform.
  /// - Returns: A split that shares its images with this one.
  public func withShuffledLabels(seed: UInt64) -> Dataset {
    var shuffled = labels
    var stream = RandomStream(seed: seed, purpose: .labelShuffle)
    shuffled.withUnsafeMutableBufferPointer { stream.permute($0) }
    return replacing(images: images, labels: shuffled)
  }

  /// A hash of the pixels and labels: 16 hexadecimal digits, the same on every platform.
  ///
  /// 64-bit FNV-1a over ``images`` and then ``labels``. It tells one data set from another in the header of a run; it
  /// is no protection against someone who wants two sets to agree.
  ///
  /// - Complexity: O(`images.count`), one multiplication after another for each byte.
  public var contentHash: String {
    var hash = FNV1a()
    hash.combine(images)
    hash.combine(labels)
    return hash.description
  }

  private func replacing(images: [UInt8], labels: [UInt8]) -> Dataset {
    Dataset(
      name: name, shape: shape, classNames: classNames, normalization: normalization, images: images, labels: labels)
  }
}
