/// What all runs of a comparison came to.
///
/// Cells are compared in groups: by default those with the same number of workers, each with a baseline of its own; with a
/// baseline of a fixed number of workers all cells are one group.
package struct ComparisonAnalysis: Sendable {
  /// Cells that are measured at the same places.
  package struct Group: Sendable {
    /// The number of workers that all members have; `nil` if they differ.
    package let workers: Int?
    /// The member that the others are compared with.
    package let baseline: CellResults
    /// The examples at which members are compared: the most that all runs reached which did not diverge.
    package let examples: Double?
    /// The seconds at which members are compared: the longest time that all runs reached which did not diverge; `nil`
    /// also where there is ``timeDoubt``.
    package let seconds: Double?
    /// Why the members cannot be compared at equal time, in words that follow "because"; `nil` if they can.
    package let timeDoubt: String?
    /// Why the times to the target cannot be told, in words that follow "because"; `nil` if they can.
    package let targetDoubt: String?
    /// The cells in the order of the comparison.
    package let members: [CellResults]

    /// Returns a member next to the baseline; `nil` of the baseline itself.
    package func matchup(of member: CellResults) -> Matchup? {
      member.cell == baseline.cell ? nil : Matchup(member, against: baseline)
    }
  }

  /// The accuracy whose first crossing is timed.
  package struct Target: Hashable, Sendable {
    /// The accuracy, 0…1.
    package let accuracy: Double
    /// Where it comes from, in words.
    package let origin: String
  }

  /// Which cell the others are compared with.
  package struct Baseline: Hashable, Sendable {
    /// The mode as it was asked for, or any.
    package var mode: String?
    /// The rule as it was asked for, or any.
    package var rule: String?
    /// The number of workers, or each number for itself.
    package var workers: Int?

    /// Creates a choice; by default the first `sync` cell with the same number of workers, or else the first one.
    package init(mode: String? = nil, rule: String? = nil, workers: Int? = nil) {
      self.mode = mode
      self.rule = rule
      self.workers = workers
    }

    /// Whether a cell is one that was chosen.
    package func matches(_ cell: ComparisonCell) -> Bool {
      (mode.map { $0 == cell.mode } ?? true) && (rule.map { $0 == cell.rule } ?? true)
        && (workers.map { $0 == cell.workers } ?? true)
    }

    /// Returns the baseline among `cells`, which are not empty.
    fileprivate func cell(among cells: [ComparisonCell]) -> ComparisonCell {
      if mode == nil, rule == nil {
        let candidates = cells.filter(matches)
        if let synchronous = candidates.first(where: { $0.mode == "sync" || $0.mode.hasPrefix("sync:") }) {
          return synchronous
        }
      }
      return cells.first(where: matches) ?? cells[0]
    }
  }

  /// The groups, in the order of their first cells.
  package let groups: [Group]
  /// The accuracy to reach; `nil` if none was given and no baseline went to its end.
  package let target: Target?
  /// The seeds, rising.
  package let seeds: [UInt64]

  /// The share of the baseline's accuracy that is the target where none is given.
  private static let targetShare = 0.99

  /// Analyzes a comparison.
  ///
  /// - Parameters:
  ///   - runs: The runs; those of other cells are left out.
  ///   - cells: The cells in order; there is at least one.
  ///   - baseline: What to compare with.
  ///   - target: The accuracy to reach; `nil` for 99 % of what the baselines reach, the lowest of them if there are several.
  package init(
    _ runs: [ComparisonRun], cells: [ComparisonCell], baseline: Baseline = Baseline(), target: Double? = nil
  ) {
    precondition(!cells.isEmpty, "a comparison without cells")
    let byCell = Dictionary(grouping: runs, by: \.cell)
    seeds = Set(cells.flatMap { byCell[$0] ?? [] }.map(\.seed)).sorted()
    var parts: [[ComparisonCell]] = []
    for cell in cells {
      if let index = parts.firstIndex(where: { baseline.workers != nil || $0[0].workers == cell.workers }) {
        parts[index].append(cell)
      } else {
        parts.append([cell])
      }
    }
    let baselines = parts.map { baseline.cell(among: $0) }
    let chosen =
      target.map { Target(accuracy: $0, origin: "as given") } ?? Self.target(baselines.map { ($0, byCell[$0] ?? []) })
    self.target = chosen
    groups = zip(parts, baselines).map { cells, baseline in
      let finished = cells.flatMap { byCell[$0] ?? [] }.filter { $0.outcome == .completed }
      let examples = finished.compactMap { $0.curve.end(along: .examples) }.min()
      let end = finished.compactMap { $0.curve.end(along: .seconds) }.min()
      let timeDoubt = end.flatMap { end in
        CurveResolution.doubt(of: finished) { $0.step(at: end, along: .seconds) }
      }
      let targetDoubt = chosen.flatMap { target in
        let timed = cells.flatMap { byCell[$0] ?? [] }.filter {
          $0.outcome == .completed || $0.curve.step(to: target.accuracy) != nil
        }
        return CurveResolution.doubt(of: timed) { $0.step(to: target.accuracy) }
      }
      let seconds = timeDoubt == nil ? end : nil
      let members = cells.map { cell in
        CellResults(
          cell, runs: byCell[cell] ?? [], examples: examples, seconds: seconds, target: chosen?.accuracy,
          timesTarget: targetDoubt == nil)
      }
      let first = members.firstIndex { $0.cell == baseline } ?? 0
      let workers = Set(cells.map(\.workers))
      return Group(
        workers: workers.count == 1 ? workers.first : nil, baseline: members[first], examples: examples,
        seconds: seconds, timeDoubt: timeDoubt, targetDoubt: targetDoubt, members: members)
    }
  }

  private static func target(_ baselines: [(cell: ComparisonCell, runs: [ComparisonRun])]) -> Target? {
    let candidates = baselines.compactMap { cell, runs in
      Estimate(runs.filter { $0.outcome == .completed }.compactMap { $0.curve.points.last?.testAccuracy })
        .map { (cell: cell, accuracy: $0.mean) }
    }
    guard let lowest = candidates.min(by: { $0.accuracy < $1.accuracy }) else { return nil }
    return Target(
      accuracy: targetShare * lowest.accuracy,
      origin: "99 % of the mean final accuracy of \(lowest.cell.name), \(NumberText.percent(lowest.accuracy))")
  }
}
