internal import AsyncSGD
internal import Reporting

/// What `compare` was asked to do.
public struct CompareOptions: Hashable, Sendable {
  /// The most seeds of a comparison.
  static let mostSeeds = 1000

  /// The evaluations of a whole run, at least, where nothing else is asked for: enough to read its curve in between.
  static let evaluations = 20

  /// What all runs have in common; mode, rule, workers and seed are those of the cells.
  public var common: TrainOptions
  /// `--modes`.
  var modes = [AlgorithmChoice(CoordinationMode.sync), AlgorithmChoice(.async)]
  /// `--rules`.
  var rules = [AlgorithmChoice(UpdateRuleKind.plain)]
  /// `--workers`.
  public var workers: [Int]
  /// `--delays`, `--script` and `--threads`: the cluster of runs in virtual time.
  public var simulation: SimulateOptions
  /// `--seeds`.
  public var seeds: [UInt64] = [1, 2, 3, 4, 5]
  /// `--baseline`.
  var baseline = ComparisonAnalysis.Baseline()
  /// `--target-accuracy`: a share; `nil` for what the baseline reaches.
  public var targetAccuracy: Double?
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
    simulation = SimulateOptions(cores: cores)
  }

  /// Whether runs are carried out in virtual time, and not on threads.
  var isVirtual: Bool { simulation.delays != nil || simulation.script != nil }

  /// Returns how often runs of a number of epochs are evaluated an epoch, where nothing else is asked for.
  static func evaluationsPerEpoch(of epochs: Int) -> Int { (evaluations + epochs - 1) / max(1, epochs) }

  /// Refuses combinations that make no sense, though each of their options does.
  ///
  /// - Parameter vocabulary: The names that options take.
  /// - Throws: ``UsageError`` that says which option to drop.
  func checkConsistency(vocabulary: Vocabulary) throws(UsageError) {
    try checkHiddenLayer(
      hidden: common.hidden, activation: common.activation, model: common.model, vocabulary: vocabulary)
    try common.checkDataDirectory(dataset: common.dataset, vocabulary: vocabulary)
    try common.checkInstructionSet(kernels: common.kernels, vocabulary: vocabulary)
    if !isVirtual {
      if common.given.contains("--threads") {
        throw UsageError("'--threads' is for virtual time: give '--delays' or '--script', too, or drop it")
      }
      if let most = workers.max(), most > TrainOptions.mostWorkers {
        throw UsageError(
          "'--workers \(most)' is more than \(TrainOptions.mostWorkers) threads: give '--delays' for virtual time, or "
            + "fewer workers")
      }
    }
    try files.checkPaths()
    _ = try ComparisonGrid(self)
  }
}
