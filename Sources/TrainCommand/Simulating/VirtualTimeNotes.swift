internal import AsyncSGD
internal import Reporting

/// What to know of a run in virtual time before it begins.
struct VirtualTimeNotes {
  /// Pushes a worker below which a run says little but of its start.
  static let fewestPushes = 10
  /// Pushes a worker of a run without gradients whose length is not given.
  static let pushesOfTiming = 20

  private let configuration: TrainingConfiguration
  private let minibatches: Int

  /// Looks at a run.
  ///
  /// - Parameters:
  ///   - configuration: The run.
  ///   - examples: Examples in the training set.
  init(_ configuration: TrainingConfiguration, examples: Int) {
    self.configuration = configuration
    minibatches = configuration.minibatchesPerEpoch(examples: examples)
  }

  /// How long a run without gradients is whose length was not given.
  var length: String {
    let pushes = NumberText.fixed(pushesOfWorker, digits: pushesOfWorker < 100 ? 1 : 0)
    return
      "length not given: \(NumberText.count(configuration.epochs)) epochs of \(NumberText.count(minibatches)) minibatches, "
      + "\(pushes) pushes for each of \(NumberText.count(configuration.workers)) workers (--epochs N for another length)"
  }

  /// What of the mode does not exist in virtual time.
  var overlap: String? {
    switch configuration.mode {
    case .hogwild:
      "note: in virtual time writes never overlap, so hogwild is async here: no update is lost, and no pull mixes versions"
    case .async where configuration.integer(.serverShards) > 1:
      "note: in virtual time a push reaches all shards at one moment, so no pull mixes versions"
    default: nil
    }
  }

  /// That the run is too short for its workers, and how long it would have to be.
  var start: String? {
    guard pushesOfWorker < Double(Self.fewestPushes) else { return nil }
    let epochs = configuration.epochs(pushesOfWorker: Self.fewestPushes, minibatches: minibatches)
    return
      "warning: each of \(NumberText.count(configuration.workers)) workers makes about "
      + "\(NumberText.fixed(pushesOfWorker, digits: 1)) pushes: this measures the start, in which staleness and waits differ "
      + "from later; '--epochs \(epochs)' or more, or fewer workers, measure more"
  }

  private var pushesOfWorker: Double {
    Double(configuration.epochs * minibatches) / Double(configuration.workers * configuration.minibatchesPerPush)
  }
}

extension TrainingConfiguration {
  /// The minibatches that an epoch is cut into.
  func minibatchesPerEpoch(examples: Int) -> Int { (examples + batchSize - 1) / batchSize }

  /// The epochs of a run without gradients whose length is not given: enough that workers push several times.
  ///
  /// - Parameter examples: Examples in the training set.
  /// - Returns: At least the epochs of a run with gradients.
  func epochsOfTiming(examples: Int) -> Int {
    max(
      epochs,
      epochs(
        pushesOfWorker: VirtualTimeNotes.pushesOfTiming, minibatches: minibatchesPerEpoch(examples: examples)))
  }

  /// The epochs in which each worker makes so many pushes.
  fileprivate func epochs(pushesOfWorker pushes: Int, minibatches: Int) -> Int {
    let needed = pushes * workers * minibatchesPerPush
    return min(TrainOptions.mostEpochs, (needed + minibatches - 1) / minibatches)
  }
}
