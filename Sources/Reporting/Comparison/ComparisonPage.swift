/// A comparison as a page that needs nothing else: verdict, pictures, tables.
///
/// It has no script and loads nothing. Colors follow the reader's choice of light or dark.
package struct ComparisonPage {
  private let analysis: ComparisonAnalysis
  private let verdict: ComparisonVerdict
  private let command: String
  private let clock: String
  private let notes: [String]

  /// Creates a page.
  ///
  /// - Parameters:
  ///   - analysis: The figures.
  ///   - verdict: What they come to.
  ///   - command: The command that repeats the comparison.
  ///   - clock: What the times are, such as `wall-clock`.
  ///   - notes: What else is to be said, such as the combinations that were left out.
  package init(
    _ analysis: ComparisonAnalysis, verdict: ComparisonVerdict, command: String, clock: String, notes: [String]
  ) {
    self.analysis = analysis
    self.verdict = verdict
    self.command = command
    self.clock = clock
    self.notes = notes
  }

  /// The page.
  package var html: String {
    let title = "Comparison of " + Self.list(Self.unique(analysis.groups.flatMap(\.members).map(\.cell.algorithm)))
    let sections = zip(analysis.groups, verdict.sections).enumerated().map { index, pair in
      section(pair.0, pair.1, id: "g\(index)")
    }
    return HTMLPage(
      title: title,
      body: """
        <p class="verdict">\(SVG.escaped(verdict.conclusion))</p>
        <p><code>\(SVG.escaped(command))</code></p>
        \(sections.joined())
        <h2>How to read this</h2>
        <p>\(SVG.escaped(reading))</p>
        \(Self.items(notes))
        """
    ).html
  }

  private var reading: String {
    let seeds = analysis.seeds.count
    let intervals =
      seeds > 1
      ? "Lines and bars are means over \(seeds) seeds; bands and whiskers are 95 % intervals of the mean (Student's t), and "
        + "differences are paired by seed: with a seed, all cells begin with the same parameters and see the examples in the "
        + "same order."
      : "There is one seed, so there are no intervals, and differences show nothing."
    return intervals
      + " At equal gradients shows what staleness costs; at equal time shows what waiting costs; the time to the target "
      + "has both in it. Accuracies begin where the curves have settled, and not at 0."
  }

  private func section(
    _ group: ComparisonAnalysis.Group, _ section: ComparisonVerdict.Section, id: String
  ) -> String {
    let pictures = ComparisonPlots(group, analysis: analysis, clock: clock).pictures(id: id)
      .map { "<figure>\n\($0)</figure>\n" }
    return """
      <section>
      <h2>\(SVG.escaped(section.title.prefix(1).uppercased() + section.title.dropFirst()))</h2>
      \(Self.items(section.statements))<div class="plots">
      \(pictures.joined())</div>
      \(table(group))</section>

      """
  }

  private func table(_ group: ComparisonAnalysis.Group) -> String {
    let goal = analysis.target.map { "time to \(NumberText.percent($0.accuracy))" } ?? "time to the target"
    let heads = [
      "", "accuracy at equal gradients", "difference (points)", "accuracy at equal time", "difference (points)", goal,
      "speed-up", "examples/s", "staleness",
    ]
    let rows = group.members.map { member -> [String] in
      let matchup = group.matchup(of: member)
      let isBaseline = matchup == nil
      return [
        member.cell.name(in: group) + (member.losses.map { " (\($0))" } ?? ""),
        ComparisonText.percent(Estimate(member.accuracyAtExamples)),
        isBaseline ? "baseline" : ComparisonText.points(matchup?.accuracyAtExamples),
        ComparisonText.percent(Estimate(member.accuracyAtSeconds)),
        isBaseline ? "baseline" : ComparisonText.points(matchup?.accuracyAtSeconds),
        member.timeToTarget.map { ComparisonText.seconds($0) } ?? "\(member.reached) of \(member.runs.count) reach it",
        isBaseline ? "baseline" : ComparisonText.factor(matchup?.speedUp),
        member.throughput.map { NumberText.rate($0.mean) } ?? "-",
        member.staleness.map { NumberText.fixed($0.mean, digits: 2) } ?? "-",
      ]
    }
    let head = heads.map { "<th scope=\"col\">\(SVG.escaped($0))</th>" }.joined()
    let body = rows.map { row in
      let cells = row.dropFirst().map { "<td>\(SVG.escaped($0))</td>" }.joined()
      return "<tr><th scope=\"row\">\(SVG.escaped(row[0]))</th>\(cells)</tr>\n"
    }.joined()
    return
      "<div class=\"table\"><table>\n<thead><tr>\(head)</tr></thead>\n<tbody>\n\(body)</tbody>\n</table></div>\n"
  }

  private static func items(_ items: [String]) -> String {
    items.isEmpty ? "" : "<ul>\n" + items.map { "<li>\(SVG.escaped($0))</li>\n" }.joined() + "</ul>\n"
  }

  private static func list(_ names: [String]) -> String {
    guard let last = names.last, names.count > 1 else { return names.first ?? "nothing" }
    return names.dropLast().joined(separator: ", ") + " and " + last
  }

  private static func unique(_ names: [String]) -> [String] {
    var seen = Set<String>()
    return names.filter { seen.insert($0).inserted }
  }

}
