internal import Kernels

/// Sums over examples that were pushed and not refused.
public struct TrainingTotals: Hashable, Sendable {
  /// The number of examples.
  public var examples = 0
  /// Their losses, summed, in nats.
  public var loss = 0.0
  /// How many of them were classified correctly before their update.
  public var correct = 0

  /// Creates sums of nothing.
  public init() {}

  mutating func add(_ push: GradientPush) {
    examples += push.examples
    loss += push.sums.loss
    correct += push.sums.correct
  }

  mutating func add(_ other: TrainingTotals) {
    examples += other.examples
    loss += other.loss
    correct += other.correct
  }

  /// The mean loss, `nil` if there are no examples.
  public var meanLoss: Double? { examples == 0 ? nil : loss / Double(examples) }

  /// The share of correct examples, 0…1, `nil` if there are none.
  public var accuracy: Double? { examples == 0 ? nil : Double(correct) / Double(examples) }
}

/// The state of a server at one moment.
public struct ServerStatus: Sendable {
  /// Updates applied since the run began.
  public var version: Int
  /// Examples of this process that were pushed and not refused.
  public var examples: Int
  /// Sums over those since the last ``ParameterServer/takeStatus()``.
  public var recent: TrainingTotals
  /// Sums over those since the last ``TrainingServer/beginEpochTotals()``, in the order of the pushes; `nil` where there is no
  /// such order.
  public var epoch: TrainingTotals? = nil
  /// Mean staleness of this process's updates.
  public var stalenessMean: Double
  /// Largest staleness of this process's updates.
  public var stalenessMax: Int
  /// The learning rate of the next update.
  public var nextLearningRate: Double
  /// Pushes refused because they were not finite.
  public var refusedPushes: Int
  /// Pushes that were not applied for any other reason than that training had stopped.
  public var droppedPushes = 0
  /// What was pushed, in bytes as it would go over a wire.
  public var pushedBytes = 0
  /// μ of the next update's optimizer, which a rule may steer; `nil` if it has none.
  public var momentum: Double? = nil
  /// What the same pushes would have been without compression, in bytes.
  public var uncompressedBytes = 0
  /// The last of them after which training went on.
  public var lastSkipped: Divergence? = nil
  /// The one that stopped training.
  public var divergence: Divergence? = nil
  /// What was given up of consistency so far; `nil` where nothing is.
  public var consistency: ConsistencyRecord? = nil
}
