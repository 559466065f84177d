internal import Randomness

/// What is known of the minibatches of a run by their number, counted over the epochs: their place on the schedule, and their
/// random numbers.
struct Curriculum: Sendable {
  /// How an epoch is cut into minibatches.
  let plan: EpochPlan
  private let schedule: LearningRateSchedule
  private let seed: UInt64
  /// The minibatches that are dealt at once, one a worker; 1 where each is dealt by itself.
  private let roundSize: Int
  /// After how many minibatches the rounds begin anew.
  private let roundsPeriod: Int

  /// Creates the curriculum of a run.
  ///
  /// - Parameters:
  ///   - configuration: The run.
  ///   - plan: How an epoch is cut into minibatches.
  ///   - roundsEndWithEpochs: Whether the last round of an epoch may have fewer minibatches, because the workers pause
  ///     after it.
  init(_ configuration: TrainingConfiguration, plan: EpochPlan, roundsEndWithEpochs: Bool = true) {
    self.plan = plan
    schedule = LearningRateSchedule(configuration, plan: plan)
    seed = configuration.seed
    roundSize = configuration.dealsInRounds ? configuration.workers : 1
    roundsPeriod = roundsEndWithEpochs ? plan.minibatches : plan.minibatches * configuration.epochs
  }

  /// Loads a minibatch into a lane.
  ///
  /// - Parameters:
  ///   - number: The minibatch by its number in the run.
  ///   - worker: Who trains on it.
  ///   - examples: Its examples by their index in the training set.
  ///   - lane: Where it is computed; used by the calling thread only meanwhile.
  /// - Returns: The step that trains on it.
  func step(
    _ number: Int, of worker: Int, examples: UnsafeBufferPointer<Int32>, on lane: ComputeLane
  ) -> LocalStep {
    lane.load(examples, random: RandomStream(seed: seed, purpose: .dropout, worker: worker, step: number))
    let round = round(of: number, worker: worker)
    return LocalStep(
      learningRate: Float(schedule.rate(of: round)), position: round.lowerBound, examples: examples.count,
      source: lane, number: number)
  }

  /// The minibatches that are dealt together with this one, and share a learning rate with it.
  private func round(of number: Int, worker: Int) -> Range<Int> {
    guard roundSize > 1 else { return number..<number + 1 }
    let first = max(0, number - worker)  // the worker may be another one, in a recording that was made up
    return first..<min(first + roundSize, (number / roundsPeriod + 1) * roundsPeriod)
  }
}
