internal import AsyncSGD
internal import Reporting

/// The cells of a comparison: every mode with every rule and every number of workers, as far as they mean something.
struct ComparisonGrid {
  /// A cell and what its runs do, but for the seed.
  struct Entry {
    let cell: ComparisonCell
    let options: TrainOptions
  }

  /// A combination that means nothing.
  struct Omission: Hashable {
    let cell: ComparisonCell
    /// Why.
    let reason: String
  }

  /// The cells, by number of workers, then rule, then mode.
  let entries: [Entry]
  /// What was left out.
  let omissions: [Omission]

  /// Lays out the grid of a comparison.
  ///
  /// - Throws: ``UsageError`` if nothing is left, or an option means nothing in any cell.
  init(_ options: CompareOptions) throws(UsageError) {
    var entries: [Entry] = []
    var omissions: [Omission] = []
    var applicable = Set<String>()
    for workers in options.workers {
      for rule in options.rules {
        for mode in options.modes {
          let cell = ComparisonCell(mode: mode.label, rule: rule.label, workers: workers)
          let combined = Self.options(options.common, mode, rule, workers: workers, applicable: &applicable)
          do throws(UsageError) {
            let configuration = RunSettings(combined).configuration
            if var conflict = configuration.conflict() {
              conflict.alternatives = []
              throw UsageError(conflict.message(isGiven: false))
            }
            try combined.checkAlgorithm(configuration)
            entries.append(Entry(cell: cell, options: combined))
          } catch {
            omissions.append(Omission(cell: cell, reason: error.message))
          }
        }
      }
    }
    if let stray = options.common.givenHyperparameters.first(where: { !applicable.contains($0.name) }) {
      throw UsageError("'\(stray.option)' does not go with any of the modes and rules to compare: drop it")
    }
    guard !entries.isEmpty else {
      throw UsageError("nothing is left to compare: \(omissions[0].cell.name): \(omissions[0].reason)")
    }
    guard entries.contains(where: { options.baseline.matches($0.cell) }) else {
      let cells = entries.map { "\($0.cell.mode)/\($0.cell.rule)/\($0.cell.workers)" }
      throw UsageError("'--baseline' is none of the cells: choose \(oneOf(cells))")
    }
    self.entries = entries
    self.omissions = omissions
  }

  /// Returns what the runs of a cell do: of the options for all cells, those that it has, and its own before them.
  private static func options(
    _ common: TrainOptions, _ mode: AlgorithmChoice<CoordinationMode>, _ rule: AlgorithmChoice<UpdateRuleKind>,
    workers: Int, applicable: inout Set<String>
  ) -> TrainOptions {
    var options = common
    options.mode = mode.member
    options.rule = rule.member
    options.workers = workers
    options.hyperparameters = Hyperparameters()
    let configuration = RunSettings(options).configuration
    if !common.given.contains("--evaluations-per-epoch") {
      options.evaluationsPerEpoch = CompareOptions.evaluationsPerEpoch(of: configuration.epochs)
    }
    let hyperparameters = configuration.combination.hyperparameters
    applicable.formUnion(hyperparameters.map(\.name))
    for hyperparameter in hyperparameters {
      options.hyperparameters[hyperparameter] =
        mode.hyperparameters[hyperparameter] ?? rule.hyperparameters[hyperparameter]
        ?? common.hyperparameters[hyperparameter]
    }
    return options
  }
}
