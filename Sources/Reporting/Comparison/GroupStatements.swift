/// What is said of each view of a group, a sentence each.
struct GroupStatements {
  private let group: ComparisonAnalysis.Group
  private let target: ComparisonAnalysis.Target?
  private let members: [CellResults]

  init(_ group: ComparisonAnalysis.Group, analysis: ComparisonAnalysis) {
    self.group = group
    target = analysis.target
    members = group.members.filter { !$0.runs.isEmpty }
  }

  /// The sentences: equal gradients, equal time, time to the target, and what diverged.
  var all: [String] {
    guard members.count > 1 else { return alone + divergences }
    return [atEqualGradients, atEqualTime, toTarget].compactMap { $0 } + divergences
  }

  private var alone: [String] {
    guard let member = members.first else { return ["no runs"] }
    let accuracy = ComparisonText.percent(Estimate(member.accuracyAtExamples))
    return ["\(name(member)) has nothing to be compared with: \(accuracy)"]
  }

  private var atEqualGradients: String? {
    guard let examples = group.examples else { return nil }
    return "at equal gradients (\(ComparisonText.count(examples)) examples): "
      + accuracy(\.accuracyAtExamples, \.accuracyAtExamples)
  }

  private var atEqualTime: String? {
    if let doubt = group.timeDoubt { return "at equal time: withheld, because \(doubt)" }
    guard let seconds = group.seconds else { return nil }
    return "at equal time (\(ComparisonText.seconds(seconds))): " + accuracy(\.accuracyAtSeconds, \.accuracyAtSeconds)
  }

  /// Compares the most accurate cell with the baseline, or the baseline with the runner-up.
  private func accuracy(
    _ values: KeyPath<CellResults, [UInt64: Double]>, _ difference: KeyPath<Matchup, Estimate?>
  ) -> String {
    let ranked = members.filter(\.isSound).compactMap { member in
      Estimate(member[keyPath: values]).map { (member: member, mean: $0.mean) }
    }.sorted { $0.mean > $1.mean }.map(\.member)
    guard let leader = ranked.first else { return "no cell has only runs that went to their end" }
    guard let rival = rival(of: leader, among: ranked) else {
      return "only \(name(leader)) has runs that all went to their end"
    }
    guard let gain = Matchup(leader, against: rival)[keyPath: difference] else {
      return "\(name(leader)) and \(name(rival)) have no seed in common"
    }
    let lead = "\(name(leader)) is ahead of \(name(rival)) by \(ComparisonText.gap(gain))"
    if gain.interval == nil {
      return lead + " in one seed, which shows nothing"
    }
    return gain.isSigned
      ? lead
      : "no difference shown with \(gain.count) seeds; \(name(leader)) less \(name(rival)): \(ComparisonText.gap(gain))"
  }

  private var toTarget: String? {
    guard let target else { return nil }
    let goal = "to \(NumberText.percent(target.accuracy)): "
    if let doubt = group.targetDoubt { return "\(goal)withheld, because \(doubt)" }
    let ranked = members.filter { $0.timeToTarget != nil }
      .sorted { ($0.timeToTarget?.mean ?? 0) < ($1.timeToTarget?.mean ?? 0) }
    let partly = members.filter { !$0.alwaysReaches && $0.reached > 0 }
    let shares = partly.map { "\(name($0)) in \($0.reached) of \($0.runs.count) runs" }
    let never = members.filter { $0.reached == 0 }.map(name)
    let rest =
      (shares.isEmpty ? "" : "; " + shares.joined(separator: ", "))
      + (never.isEmpty ? "" : "; never: " + never.joined(separator: ", "))
    guard let leader = ranked.first else {
      return goal + (partly.isEmpty ? "no run reaches it" : "no cell reaches it in all runs\(rest)")
    }
    guard let rival = rival(of: leader, among: ranked), let speedUp = Matchup(leader, against: rival).speedUp else {
      return goal + "only \(name(leader)) reaches it in all runs, after "
        + ComparisonText.seconds(leader.timeToTarget) + rest
    }
    let ratio = "\(name(leader)) is \(ComparisonText.times(speedUp)) as fast as \(name(rival))"
    if speedUp.interval == nil { return goal + "\(ratio) in one seed, which shows nothing\(rest)" }
    return goal
      + (speedUp.isSigned ? ratio : "no difference shown with \(speedUp.logarithm.count) seeds; \(ratio)") + rest
  }

  private var divergences: [String] {
    let diverged = members.filter { $0.diverged > 0 }.map { member in
      "\(name(member)) diverged in \(member.diverged) of \(member.runs.count) runs"
    }
    let deserted = members.filter { $0.deserted > 0 }.map { member in
      "\(name(member)) was left without workers in \(member.deserted) of \(member.runs.count) runs"
    }
    return diverged + deserted
  }

  /// Whom to compare the leader with: the baseline, or if it is the leader, or is not in the race, the runner-up.
  private func rival(of leader: CellResults, among ranked: [CellResults]) -> CellResults? {
    ranked.first { $0.cell == group.baseline.cell && $0.cell != leader.cell } ?? ranked.dropFirst().first
  }

  private func name(_ member: CellResults) -> String { member.cell.name(in: group) }
}
