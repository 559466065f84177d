internal import AsyncSGD

extension TrainOptions {
  /// Refuses combinations that make no sense, though each of their options does.
  ///
  /// - Parameter vocabulary: The names that options take.
  /// - Throws: ``UsageError`` that says which option to drop.
  func checkConsistency(vocabulary: Vocabulary) throws(UsageError) {
    if let momentum, momentum > 0, optimizer == .sgd {
      throw UsageError(
        "'--momentum \(momentum)' does not go with '--optimizer sgd': drop '--optimizer', or '--momentum'")
    }
    try checkHiddenLayer(hidden: hidden, activation: activation, model: model, vocabulary: vocabulary)
    if dataDirectory != nil, vocabulary.builtInDatasets.contains(dataset) {
      let others = vocabulary.datasets.map(\.name).filter { !vocabulary.builtInDatasets.contains($0) }
      throw UsageError(
        "'--data-dir' does not go with '--dataset \(dataset)', which is built in: drop '--data-dir', or choose "
          + "another --dataset: \(oneOf(others))")
    }
    if let metrics {
      for (option, path) in [("--checkpoint", checkpoint), ("--resume", resume)] where path == metrics {
        throw UsageError("'--metrics' and '\(option)' name the same file '\(metrics)'")
      }
    }
  }
}
