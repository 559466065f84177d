internal import AsyncSGD
internal import Kernels

extension TrainOptions {
  /// Refuses combinations that make no sense, though each of their options does.
  ///
  /// - Parameter vocabulary: The names that options take.
  /// - Throws: ``UsageError`` that says which option to drop.
  func checkConsistency(vocabulary: Vocabulary) throws(UsageError) {
    // Without these options a resumed run has the model and the data set of its checkpoint.
    if resume == nil || given.contains("--model") {
      try checkHiddenLayer(hidden: hidden, activation: activation, model: model, vocabulary: vocabulary)
    }
    if resume == nil || given.contains("--dataset") {
      try checkDataDirectory(dataset: dataset, vocabulary: vocabulary)
    }
    // Nor does it say which kernels it has.
    if resume == nil || given.contains("--kernels") {
      try checkInstructionSet(kernels: kernels, vocabulary: vocabulary)
    }
    // And it has the algorithm of its checkpoint, but for what is given.
    if resume == nil {
      try checkAlgorithm(RunSettings(self).configuration)
    }
    if resume == nil || given.contains("--mode") { try checkRecordable(mode) }
    try files.checkPaths()
  }

  /// Refuses to record what cannot be repeated.
  ///
  /// - Parameter mode: The mode, which the options or a checkpoint name.
  /// - Throws: ``UsageError``.
  func checkRecordable(_ mode: CoordinationMode) throws(UsageError) {
    guard record != nil, mode == .hogwild else { return }
    throw UsageError(
      "'--record' does not go with '--mode hogwild', whose workers read and write parameters while others do: no order "
        + "of events repeats that; drop '--record', or choose --mode async, also with --server-shards")
  }

  /// Refuses choices that mean nothing together, and hyperparameters that none of them has.
  ///
  /// - Parameter configuration: The choices, settled.
  /// - Throws: ``UsageError``.
  func checkAlgorithm(_ configuration: TrainingConfiguration) throws(UsageError) {
    try checkHyperparameters(of: configuration.combination)
    if let conflict = configuration.conflict() {
      throw UsageError(conflict.message(isGiven: given.contains(conflict.option)))
    }
    try checkMomentum(of: configuration.combination)
    guard freshGradients == 0 || configuration.pushesGradients else {
      throw UsageError(
        "'--fresh-gradients \(freshGradients)' would measure nothing: with local steps, compression or a momentum of their "
          + "own, workers do not push the gradient at what they pulled; drop it")
    }
  }

  /// Refuses a momentum that nothing takes: neither the optimizer nor the rule.
  private func checkMomentum(of combination: Combination) throws(UsageError) {
    guard let momentum, momentum > 0, !combination.hasMomentum else { return }
    if let optimizer {
      throw UsageError(
        "'--momentum \(momentum)' does not go with '--optimizer \(optimizer.rawValue)': drop '--optimizer', or "
          + "'--momentum'")
    }
    // Without an optimizer of the user's choice there is momentum wherever there can be.
    var withMomentum = combination
    withMomentum.optimizer = .momentum
    guard var conflict = withMomentum.conflict else { return }
    (conflict.option, conflict.value, conflict.alternatives) = ("--momentum", "\(momentum)", [])
    throw UsageError(conflict.message(isGiven: true))
  }

  /// Refuses an instruction set for kernels that have no choice of them.
  ///
  /// - Parameters:
  ///   - kernels: The kernels, which the options or a checkpoint name.
  ///   - vocabulary: The names that options take.
  /// - Throws: ``UsageError``.
  func checkInstructionSet(kernels: String, vocabulary: Vocabulary) throws(UsageError) {
    guard let instructionSet, !vocabulary.kernelsWithInstructionSets.contains(kernels) else { return }
    throw UsageError(
      "'--isa \(instructionSet.rawValue)' does not go with '--kernels \(kernels)': drop '--isa', or choose --kernels "
        + oneOf(vocabulary.kernelsWithInstructionSets))
  }

  /// Refuses a directory of files for a data set that has none.
  ///
  /// - Parameters:
  ///   - dataset: The data set, which the options or a checkpoint name.
  ///   - vocabulary: The names that options take.
  /// - Throws: ``UsageError``.
  func checkDataDirectory(dataset: String, vocabulary: Vocabulary) throws(UsageError) {
    guard dataDirectory != nil, vocabulary.builtInDatasets.contains(dataset) else { return }
    let others = vocabulary.datasets.map(\.name).filter { !vocabulary.builtInDatasets.contains($0) }
    throw UsageError(
      "'--data-dir' does not go with '--dataset \(dataset)', which is built in: drop '--data-dir', or choose "
        + "another --dataset: \(oneOf(others))")
  }
}
