internal import AsyncSGD
internal import Reporting

extension CompareOptions {
  /// The options of `compare` in groups, as the help shows them.
  static func specifications(
    vocabulary: Vocabulary, cores: Int
  ) -> [(title: String, options: [OptionSpecification<CompareOptions>])] {
    [
      ("COMPARISON", comparison(cores: cores)), ("VIRTUAL TIME", cluster(vocabulary: vocabulary, cores: cores)),
      ("OUTPUT", output),
    ] + common(vocabulary: vocabulary, cores: cores)
  }

  /// The options of modes, rules, optimizers and compressors, for all cells that have them.
  static var hyperparameterSpecifications: [OptionSpecification<CompareOptions>] {
    TrainOptions.hyperparameterSpecifications.map { $0.lifted(to: \.common) }
  }

  /// What belongs to a cell, or has another meaning here.
  private static let ownNames: Set<String> = [
    "--mode", "--rule", "--workers", "--seed", "--metrics", "--checkpoint", "--resume", "--record", "--inject",
    "--plots", "--evaluations-per-epoch", "--fresh-gradients", "--target-accuracy", "--quiet",
  ]

  /// The options that `train` has, too, and that hold for all runs.
  private static func common(
    vocabulary: Vocabulary, cores: Int
  ) -> [(title: String, options: [OptionSpecification<CompareOptions>])] {
    TrainOptions.specifications(vocabulary: vocabulary, cores: cores).compactMap { group in
      let options = group.options.filter { !ownNames.contains($0.name) }.map { $0.lifted(to: \CompareOptions.common) }
      return options.isEmpty ? nil : (group.title, options)
    }
  }

  private static func comparison(cores: Int) -> [OptionSpecification<CompareOptions>] {
    let defaults = CompareOptions(cores: cores)
    return [
      OptionSpecification(
        name: "--modes", placeholder: "LIST",
        help: "Modes with commas between them; ssp:2 sets a mode's first option, ssp:staleness-bound=2 any, with '+' "
          + "between several.",
        values: [], defaultText: defaults.modes.map(\.label).joined(separator: ","), otherNames: ["mode"]
      ) { (options, value) throws(UsageError) in
        options.modes = try value.list { (value) throws(UsageError) in try AlgorithmChoice(value) }
      },
      OptionSpecification(
        name: "--rules", placeholder: "LIST", help: "Rules, in the same way.", values: [],
        defaultText: defaults.rules.map(\.label).joined(separator: ","), otherNames: ["rule"]
      ) { (options, value) throws(UsageError) in
        options.rules = try value.list { (value) throws(UsageError) in try AlgorithmChoice(value) }
      },
      OptionSpecification(
        name: "--workers", placeholder: "LIST",
        help: "Numbers of workers; \(TrainOptions.mostWorkers) at most unless time is virtual.", values: [],
        defaultText: "the number of cores, \(defaults.workers[0])",
        otherNames: ["threads", "num-workers", "num-processes"]
      ) { (options, value) throws(UsageError) in
        options.workers = try value.list { (value) throws(UsageError) in
          try value.integer(in: 1...Simulator.maximumWorkers)
        }
      },
      OptionSpecification(
        name: "--seeds", placeholder: "N|LIST",
        help: "How many seeds each cell is trained with, from 1 on, or which ones, with commas.", values: [],
        defaultText: "\(defaults.seeds.count)", otherNames: ["seed", "repeats", "runs"]
      ) { (options, value) throws(UsageError) in options.seeds = try seeds(value) },
      OptionSpecification(
        name: "--baseline", placeholder: "CELL",
        help: "What the others are compared with: MODE, MODE/RULE or MODE/RULE/WORKERS.", values: [],
        defaultText: "sync with the same workers, or else the first cell", otherNames: ["reference"]
      ) { (options, value) throws(UsageError) in options.baseline = try baseline(value) },
      .number(
        "--target-accuracy", "The test accuracy, from 0 to 1, that the time is taken to.", .share(example: "0.98"),
        default: "99 % of the baseline's"
      ) { $0.targetAccuracy = $1 },
      .integer(
        "--evaluations-per-epoch",
        "How often to evaluate the test set: at the end of each epoch, and at moments within it.",
        in: 1...TrainOptions.mostEvaluations, default: "as it takes for \(evaluations) in all",
        otherNames: ["eval-every"]
      ) { $0.common.evaluationsPerEpoch = $1 },
    ]
  }

  /// The options of `simulate` that describe its cluster.
  private static func cluster(vocabulary: Vocabulary, cores: Int) -> [OptionSpecification<CompareOptions>] {
    let names: Set<String> = ["--delays", "--script", "--threads"]
    return SimulateOptions.specifications(vocabulary: vocabulary, cores: cores).flatMap(\.options)
      .filter { names.contains($0.name) }
      .map { option in
        OptionSpecification(
          name: option.name, placeholder: option.placeholder, help: option.help, values: option.values,
          defaultText: option.name == "--delays" ? "off: on threads, in wall-clock time" : option.defaultText,
          otherNames: option.otherNames
        ) { (options, value) throws(UsageError) in try option.set(&options.simulation, value) }
      }
  }

  private static var output: [OptionSpecification<CompareOptions>] {
    [
      .path(
        "--json", "Keep the runs as JSON Lines, one as soon as it is done; the same command then goes on from there.",
        default: "off", otherNames: ["metrics", "state", "resume"]
      ) { $0.json = $1 },
      .path("--csv", "Write the curves, one line for each evaluation.", default: "off") { $0.csv = $1 },
      .path(
        "--html", "Write a page with the verdict, the curves and the tables.", default: "off", otherNames: ["report"]
      ) { $0.html = $1 },
      .flag("--quiet", "Show nothing but errors and the results.") { $0.common.isQuiet = true },
    ]
  }

  private static func seeds(_ value: OptionValue) throws(UsageError) -> [UInt64] {
    guard !value.text.contains(",") else {
      return try value.list { (value) throws(UsageError) in try value.seed() }
    }
    let count = try value.integer(in: 1...mostSeeds)
    return (1...count).map(UInt64.init)
  }

  private static func baseline(_ value: OptionValue) throws(UsageError) -> ComparisonAnalysis.Baseline {
    let parts = value.text.split(separator: "/", omittingEmptySubsequences: false)
      .map { OptionValue(option: value.option, text: String($0)) }
    guard parts.count <= 3 else {
      throw value.error(allowed: "MODE, MODE/RULE or MODE/RULE/WORKERS, such as sync/plain/4")
    }
    var baseline = ComparisonAnalysis.Baseline()
    baseline.mode = try AlgorithmChoice<CoordinationMode>(parts[0]).label
    if parts.count > 1 { baseline.rule = try AlgorithmChoice<UpdateRuleKind>(parts[1]).label }
    if parts.count > 2 { baseline.workers = try parts[2].integer(in: 1...Simulator.maximumWorkers) }
    return baseline
  }
}
