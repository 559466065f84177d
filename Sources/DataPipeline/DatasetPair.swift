/// The two splits of a data set, of the same shape, classes and normalization.
public struct DatasetPair: Sendable {
  /// The examples to train on.
  public let training: Dataset
  /// The examples to measure with; none of them is trained on.
  public let test: Dataset

  /// Creates a pair.
  ///
  /// - Precondition: Both splits have the same shape, class names and normalization.
  public init(training: Dataset, test: Dataset) {
    precondition(training.shape == test.shape, "images of \(training.shape) and of \(test.shape)")
    precondition(training.classNames == test.classNames, "the splits have different classes")
    precondition(training.normalization == test.normalization, "the splits have different normalizations")
    self.training = training
    self.test = test
  }
}
