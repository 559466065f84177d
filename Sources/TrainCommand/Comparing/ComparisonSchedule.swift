internal import AsyncSGD
internal import Reporting

/// The runs of a comparison in their order: those that are done, and those that are left.
struct ComparisonSchedule {
  /// A run that is to be done.
  struct Job {
    let cell: ComparisonCell
    let seed: UInt64
    let settings: RunSettings
    /// Everything that its result depends on, by name, and how it is looked at.
    let description: [String: String]
  }

  private var jobs: [Job]
  private let cells: [ComparisonCell]
  private var finished: [ComparisonRun] = []
  /// How long runs of this process took, evaluations included, by cell.
  private var durations: [ComparisonCell: [Double]] = [:]

  /// The runs of the whole comparison.
  let count: Int

  /// Puts the runs in order.
  ///
  /// Each seed goes through all cells, and begins with another cell than the one before, so that none of them always comes
  /// first.
  ///
  /// - Parameters:
  ///   - grid: The cells.
  ///   - seeds: The seeds.
  ///   - surroundings: What results depend on besides the options.
  init(_ grid: ComparisonGrid, seeds: [UInt64], surroundings: [String: String]) {
    cells = grid.entries.map(\.cell)
    jobs = seeds.enumerated().flatMap { index, seed in
      let start = index % grid.entries.count
      return (grid.entries[start...] + grid.entries[..<start]).map { entry in
        var options = entry.options
        options.seed = seed
        let settings = RunSettings(options)
        let view = ["evaluationsPerEpoch": "\(settings.configuration.evaluationsPerEpoch)"]
        return Job(
          cell: entry.cell, seed: seed, settings: settings,
          description: settings.metadata.merging(surroundings) { _, surrounding in surrounding }
            .merging(view) { first, _ in first })
      }
    }
    count = jobs.count
  }

  /// Takes over runs of an earlier process that did exactly what a run of this one would do.
  ///
  /// - Returns: The others.
  mutating func reuse(_ runs: [ComparisonRun]) -> [ComparisonRun] {
    var others: [ComparisonRun] = []
    for run in runs {
      guard let index = jobs.firstIndex(where: { $0.description == run.settings }) else {
        // The same run twice says nothing more.
        if !finished.contains(where: { $0.settings == run.settings }) { others.append(run) }
        continue
      }
      let job = jobs.remove(at: index)
      var run = run
      (run.cell, run.seed) = (job.cell, job.seed)
      finished.append(run)
    }
    return others
  }

  /// The next run, `nil` when all are done.
  var next: Job? { jobs.first }

  /// The number of runs that are done.
  var done: Int { finished.count }

  /// The runs that are done, by cell and seed.
  var runs: [ComparisonRun] {
    cells.flatMap { cell in finished.filter { $0.cell == cell }.sorted { $0.seed < $1.seed } }
  }

  /// Notes that the next run is done.
  mutating func finish(_ run: ComparisonRun, seconds: Double) {
    jobs.removeFirst()
    finished.append(run)
    durations[run.cell, default: []].append(seconds)
  }

  /// Seconds until all runs are done, if each takes as long as those of its cell did; `nil` before the first one.
  var secondsRemaining: Double? {
    let all = durations.values.flatMap { $0 }
    guard !all.isEmpty else { return nil }
    let typical = all.reduce(0, +) / Double(all.count)
    return jobs.reduce(0) { sum, job in
      let own = durations[job.cell] ?? []
      return sum + (own.isEmpty ? typical : own.reduce(0, +) / Double(own.count))
    }
  }
}
