extension TrainOptions {
  /// Finishes what single options could not: choices that others imply, and combinations that make no sense.
  ///
  /// - Parameters:
  ///   - given: The options that were given, with their dashes.
  ///   - vocabulary: The names that options take.
  /// - Throws: ``UsageError`` that says which option to drop.
  mutating func settle(given: Set<String>, vocabulary: Vocabulary) throws(UsageError) {
    if let momentum, momentum > 0, optimizer != "momentum" {
      guard !given.contains("--optimizer") else {
        throw UsageError(
          "'--momentum \(momentum)' does not go with '--optimizer \(optimizer)': drop '--optimizer', or '--momentum'")
      }
      optimizer = "momentum"
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
