public import AsyncSGD
internal import Reporting

/// What `compare` was asked to do.
public struct CompareOptions: Hashable, Sendable {
  /// The most seeds of a comparison.
  static let mostSeeds = 1000

  /// What all runs have in common; mode, rule, workers and seed are those of the cells.
  public var common: TrainOptions
  /// `--modes`.
  var modes = [AlgorithmChoice(CoordinationMode.sync), AlgorithmChoice(.async)]
  /// `--rules`.
  var rules = [AlgorithmChoice(UpdateRuleKind.plain)]
  /// `--workers`.
  public var workers: [Int]
  /// `--seeds`.
  public var seeds: [UInt64] = [1, 2, 3, 4, 5]
  /// `--baseline`.
  var baseline = ComparisonAnalysis.Baseline()
  /// `--target-accuracy`: a share; `nil` for what the baseline reaches.
  public var targetAccuracy: Double?
  /// `--delays`: how long gradients take in virtual time; `nil` for what the script says, or for live runs.
  public var delays: ComputeTimeModel?
  /// `--script`: a file that describes the cluster; `nil` for none.
  public var script: String?
  /// `--threads`: threads that compute for emulated workers.
  public var threads: Int
  /// `--json`: a file.
  public var json: String?
  /// `--csv`: a file.
  public var csv: String?
  /// `--html`: a file.
  public var html: String?
  /// The arguments that were given, to be repeated.
  public var arguments: [String] = []

  /// Creates the defaults on a machine with `cores` cores.
  public init(cores: Int) {
    common = TrainOptions(cores: cores)
    workers = [common.workers]
    threads = max(1, cores)
  }

  /// Returns the cluster whose virtual time is compared; `nil` where live runs are.
  ///
  /// - Throws: ``ScriptError`` with the file and the line.
  func cluster() throws(ScriptError) -> ClusterDescription? {
    guard delays != nil || script != nil else { return nil }
    // All cells have the same script, so the least number of workers must have all that it speaks of.
    var cluster = ClusterDescription()
    if let script { cluster = try ScriptFile.cluster(at: script, workers: workers.min() ?? 1) }
    if let delays { cluster.compute = delays }
    return cluster
  }

  /// Refuses combinations that make no sense, though each of their options does.
  ///
  /// - Parameter vocabulary: The names that options take.
  /// - Throws: ``UsageError`` that says which option to drop.
  func checkConsistency(vocabulary: Vocabulary) throws(UsageError) {
    try checkHiddenLayer(
      hidden: common.hidden, activation: common.activation, model: common.model, vocabulary: vocabulary)
    try common.checkDataDirectory(dataset: common.dataset, vocabulary: vocabulary)
    try common.checkInstructionSet(kernels: common.kernels, vocabulary: vocabulary)
    let files = [("--json", json), ("--csv", csv), ("--html", html)].compactMap { name, path in
      path.map { (name: name, path: $0) }
    }
    for (index, file) in files.enumerated() {
      if let other = files[..<index].first(where: { $0.path == file.path }) {
        throw UsageError("'\(other.name)' and '\(file.name)' name the same file '\(file.path)'")
      }
    }
    if let most = workers.max(), most > TrainOptions.mostWorkers, delays == nil, script == nil {
      throw UsageError(
        "'--workers \(most)' is more than the \(TrainOptions.mostWorkers) that a live run may have: take fewer, or give "
          + "'--delays' or '--script' for virtual time")
    }
    if common.given.contains("--threads"), delays == nil, script == nil {
      throw UsageError("'--threads' is for runs in virtual time: drop it, or give '--delays' or '--script'")
    }
    _ = try ComparisonGrid(self)
  }
}
