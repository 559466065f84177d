/// The figures of a comparison as tables for standard output, one for each view.
package struct ComparisonTables: CustomStringConvertible {
  private let analysis: ComparisonAnalysis

  /// Creates the tables of an analysis.
  package init(_ analysis: ComparisonAnalysis) {
    self.analysis = analysis
  }

  /// The tables, each with a title, an empty line between them.
  package var description: String {
    var parts = analysis.groups.flatMap { group in
      let place = group.workers.map { ", \(ComparisonCell.count(ofWorkers: $0))" } ?? ""
      return [equalGradients(group, place), equalTime(group, place), target(group, place)].compactMap { $0 }
    }
    parts.append(
      analysis.seeds.count > 1
        ? "Means over \(analysis.seeds.count) seeds with the half width of their 95 % interval (Student's t); "
          + "differences are paired by seed.\n"
        : "One seed: there are no intervals, and differences show nothing.\n")
    return parts.joined(separator: "\n")
  }

  private func equalGradients(_ group: ComparisonAnalysis.Group, _ place: String) -> String? {
    guard let examples = group.examples else { return nil }
    var table = table(group, [("accuracy", .right), ("difference", .right), ("test loss", .right), ("time", .right)])
    for member in group.members {
      append(member, group, to: &table) { matchup in
        [
          accuracy(member.accuracyAtExamples, of: member),
          matchup.map { ComparisonText.points($0.accuracyAtExamples) } ?? "baseline",
          Estimate(member.lossAtExamples).map { NumberText.loss($0.mean) } ?? "-",
          ComparisonText.seconds(Estimate(member.secondsAtExamples)),
        ]
      }
    }
    return "AT EQUAL GRADIENTS: \(ComparisonText.count(examples)) examples\(place)\n" + table.text
  }

  private func equalTime(_ group: ComparisonAnalysis.Group, _ place: String) -> String? {
    if let doubt = group.timeDoubt { return withheld("AT EQUAL TIME\(place)", doubt) }
    guard let seconds = group.seconds else { return nil }
    var table = table(
      group, [("accuracy", .right), ("difference", .right), ("examples", .right), ("examples/s", .right)])
    for member in group.members {
      append(member, group, to: &table) { matchup in
        [
          accuracy(member.accuracyAtSeconds, of: member),
          matchup.map { ComparisonText.points($0.accuracyAtSeconds) } ?? "baseline",
          ComparisonText.count(Estimate(member.examplesAtSeconds)?.mean),
          member.throughput.map { NumberText.rate($0.mean) } ?? "-",
        ]
      }
    }
    return "AT EQUAL TIME: \(ComparisonText.seconds(seconds))\(place)\n" + table.text
  }

  private func target(_ group: ComparisonAnalysis.Group, _ place: String) -> String? {
    guard let target = analysis.target else { return nil }
    if let doubt = group.targetDoubt {
      return withheld("TIME TO \(NumberText.percent(target.accuracy)) (\(target.origin))\(place)", doubt)
    }
    var table = table(
      group, [("reached", .right), ("time", .right), ("speed-up", .right), ("staleness", .right)])
    for member in group.members {
      append(member, group, to: &table) { matchup in
        [
          "\(member.reached) of \(member.runs.count)",
          member.timeToTarget.map { ComparisonText.seconds($0) } ?? (member.reached == 0 ? "never" : "not always"),
          matchup.map { ComparisonText.factor($0.speedUp) } ?? "baseline",
          member.staleness.map { NumberText.fixed($0.mean, digits: 2) } ?? "-",
        ]
      }
    }
    return "TIME TO \(NumberText.percent(target.accuracy)) (\(target.origin))\(place)\n" + table.text
  }

  /// What stands in the place of a table that would claim too much.
  private func withheld(_ title: String, _ doubt: String) -> String {
    title + "\n" + ComparisonVerdict.paragraph("withheld, because \(doubt)", first: "", margin: "")
  }

  /// The accuracy of the runs that went to their end, and how many did not.
  private func accuracy(_ values: [UInt64: Double], of member: CellResults) -> String {
    guard let losses = member.losses else { return ComparisonText.percent(Estimate(values)) }
    return (values.isEmpty ? "" : ComparisonText.percent(Estimate(values)) + ", ") + losses
  }

  private func table(
    _ group: ComparisonAnalysis.Group, _ columns: [(title: String, alignment: TextTable.Alignment)]
  ) -> TextTable {
    TextTable(
      [("mode", .left), ("rule", .left)] + (group.workers == nil ? [("workers", .right)] : []) + columns)
  }

  private func append(
    _ member: CellResults, _ group: ComparisonAnalysis.Group, to table: inout TextTable,
    _ figures: (Matchup?) -> [String]
  ) {
    let workers = group.workers == nil ? ["\(member.cell.workers)"] : []
    table.append([member.cell.mode, member.cell.rule] + workers + figures(group.matchup(of: member)))
  }
}
