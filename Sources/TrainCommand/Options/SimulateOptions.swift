public import AsyncSGD

/// What `simulate` was asked to do.
public struct SimulateOptions: Hashable, Sendable {
  /// What the run has in common with a live one.
  public var train: TrainOptions
  /// `--delays`: how long a gradient takes; `nil` for what the script says, or the default.
  public var delays: ComputeTimeModel?
  /// `--script`: a file that describes the cluster.
  public var script: String?
  /// `--threads`: threads that compute gradients.
  public var threads: Int
  /// `--timing-only`: no gradients.
  public var isTimingOnly = false

  /// Creates the defaults on a machine with `cores` cores.
  public init(cores: Int) {
    train = TrainOptions(cores: cores)
    train.workers = Self.defaultWorkers
    threads = max(1, cores)
  }

  /// The workers where their number is not given.
  static let defaultWorkers = 8

  /// The options that need gradients, and what is missing without them.
  private static let learningOptions = [
    ("--record", "there is nothing to repeat"),
    ("--target-accuracy", "there is no accuracy"), ("--fresh-gradients", "there are no gradients"),
    ("--evaluations-per-epoch", "nothing is evaluated"),
    ("--plots", "no run is observed"),
  ]

  /// The options of `train` that mean nothing in virtual time, or something else.
  private static let otherNames: Set<String> = ["--checkpoint", "--resume", "--inject"]

  /// The options in groups, as the help shows them.
  static func specifications(
    vocabulary: Vocabulary, cores: Int
  ) -> [(title: String, options: [OptionSpecification<SimulateOptions>])] {
    let groups = TrainOptions.specifications(
      vocabulary: vocabulary, cores: cores, mostWorkers: Simulator.maximumWorkers, defaultWorkers: defaultWorkers)
    return [("CLUSTER", cluster(cores: cores))]
      + groups.map { group in
        (
          group.title,
          group.options.filter { !otherNames.contains($0.name) }.map { $0.lifted(to: \SimulateOptions.train) }
        )
      }
  }

  /// The options of modes, rules, optimizers and compressors.
  static var hyperparameterSpecifications: [OptionSpecification<SimulateOptions>] {
    TrainOptions.hyperparameterSpecifications.map { $0.lifted(to: \.train) }
  }

  private static func cluster(cores: Int) -> [OptionSpecification<SimulateOptions>] {
    [
      .delays(default: "what the script says, or \(ComputeTimeModel.standard)") { $0.delays = $1 },
      .script { $0.script = $1 },
      .threads(cores: cores) { $0.threads = $1 },
      .flag(
        "--timing-only",
        "Compute no gradients: find out staleness, utilization and waits, of up to 100000 workers. Without --epochs the run "
          + "is so long that each worker makes \(VirtualTimeNotes.pushesOfTiming) pushes or more."
      ) { $0.isTimingOnly = true },
    ]
  }

  /// Refuses combinations that make no sense, though each of their options does.
  ///
  /// - Parameter vocabulary: The names that options take.
  /// - Throws: ``UsageError`` that says which option to drop.
  func checkConsistency(vocabulary: Vocabulary) throws(UsageError) {
    try train.checkConsistency(vocabulary: vocabulary)
    try files.checkPaths()
    guard isTimingOnly else { return }
    for (option, reason) in Self.learningOptions where train.given.contains(option) {
      throw UsageError("'\(option)' does not go with '--timing-only', in which \(reason): drop one")
    }
  }

  /// The options that repeat the run beside those that its description states, as arguments.
  var moreArguments: [String] {
    var arguments = train.moreArguments
    if let delays { arguments += ["--delays", "\(delays)"] }
    if let script { arguments += ["--script", script] }
    if isTimingOnly { arguments.append("--timing-only") }
    return arguments
  }
}

extension OptionSpecification {
  /// `--delays`: how long a gradient takes.
  static func delays(
    default defaultText: String, set: @escaping (inout Options, ComputeTimeModel) -> Void
  ) -> Self {
    Self(
      name: "--delays", placeholder: "MODEL",
      help: "How long a gradient takes: constant, exponential, gamma, lognormal, pareto or shifted-exponential, with "
        + "options as in gamma:shape=32,mean=10ms; or a file of measured durations.",
      values: [], defaultText: defaultText, otherNames: ["delay", "compute"]
    ) { (options, value) throws(UsageError) in
      var unreadable: InputFileError?
      var isFile = false
      do {
        let model = try ComputeTimeModel(parsing: value.text) { path in
          isFile = true
          do throws(InputFileError) {
            return try InputFile.contents(of: path)
          } catch {
            unreadable = error
            throw error
          }
        }
        set(&options, model)
      } catch {
        if let unreadable { throw UsageError("'\(value.option)': \(unreadable)", exitCode: .dataNotFound) }
        throw UsageError(
          "'\(value.option) \(value.text)': \(error)", exitCode: isFile ? .malformedData : .usage)
      }
    }
  }

  /// `--script`: the cluster in a file.
  static func script(set: @escaping (inout Options, String) -> Void) -> Self {
    .path(
      "--script", "The cluster in a file: delays, slow workers, network and faults (see 'asgd-train help scripts').",
      default: "off", otherNames: ["cluster"], set: set)
  }

  /// `--threads`: threads that compute for workers without one.
  static func threads(cores: Int, set: @escaping (inout Options, Int) -> Void) -> Self {
    .integer(
      "--threads", "Threads that compute gradients; the result is the same for any number.",
      in: 1...TrainOptions.mostThreads, default: "the number of cores, \(max(1, cores))", set: set)
  }
}
