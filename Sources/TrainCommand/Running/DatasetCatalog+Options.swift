internal import DataPipeline

extension DatasetCatalog {
  /// Loads the data set of a run; says of files that are missing what `--data-dir` has to do with it.
  ///
  /// - Parameters:
  ///   - options: Where to look.
  ///   - dataset: The data set, which the options or a checkpoint name.
  /// - Returns: Training and test set.
  /// - Throws: ``DataError``.
  static func load(options: TrainOptions, dataset: String) throws(DataError) -> DatasetPair {
    do {
      return try load(dataset, directory: options.dataDirectory)
    } catch .filesMissing(let dataset, let directory, let missing, let remedy) {
      let hint =
        options.dataDirectory == nil
        ? "'--data-dir' names another directory."
        : "'--data-dir' says to look there; without it, Datasets/\(dataset) is used."
      throw .filesMissing(dataset: dataset, directory: directory, missing: missing, remedy: "\(hint) \(remedy)")
    }
  }
}
