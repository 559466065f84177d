internal import AsyncSGD

/// The pictures of a group: accuracy against gradients and against time, time to the target, and staleness.
struct ComparisonPlots {
  private let group: ComparisonAnalysis.Group
  private let target: ComparisonAnalysis.Target?
  private let styles: [String: Int]
  private let clock: String

  /// Prepares the pictures.
  ///
  /// - Parameters:
  ///   - group: The cells.
  ///   - analysis: What they belong to: an algorithm has the same style in every group.
  ///   - clock: What the times are, such as `wall-clock`.
  init(_ group: ComparisonAnalysis.Group, analysis: ComparisonAnalysis, clock: String) {
    self.group = group
    self.clock = clock
    target = analysis.target
    var styles: [String: Int] = [:]
    for member in analysis.groups.flatMap(\.members) {
      let name = member.cell.name(in: group)
      if styles[name] == nil { styles[name] = styles.count }
    }
    self.styles = styles
  }

  /// The pictures as `svg` elements, those that there is something for.
  func pictures(id: String) -> [String] {
    [
      curves(.examples, "Accuracy at equal gradients", "examples trained on")?.svg(id: "\(id)-gradients"),
      curves(.seconds, "Accuracy at equal time", "seconds of \(clock) time")?.svg(id: "\(id)-time"),
      targetTimes?.svg(id: "\(id)-target"),
      staleness?.svg(id: "\(id)-staleness"),
    ].compactMap { $0 }
  }

  private func style(_ cell: ComparisonCell) -> Int { styles[cell.name(in: group)] ?? 0 }

  private func curves(_ axis: LearningCurve.Axis, _ title: String, _ label: String) -> LinePlot? {
    let series = group.members.map { member in
      LinePlot.Series(
        member.cell.name(in: group), style: style(member.cell),
        points: MeanCurve(member.runs, along: axis, marks: style(member.cell)).points)
    }.filter { !$0.points.isEmpty }
    let points = series.flatMap(\.points)
    guard let end = points.map(\.x).max(), end > 0 else { return nil }
    // The climb from chance, and bands of that time, would leave no room for what tells the curves apart.
    let settled = points.filter { $0.x >= end / 3 }.map(\.y)
    let (low, high) = (settled.min() ?? 0, settled.max() ?? 1)
    let names = series.map { "\($0.name) ends at \(NumberText.percent($0.points.last?.y ?? .nan))" }
    return LinePlot(
      title: title,
      description: "Mean test accuracy against \(label), with 95 % bands: \(names.joined(separator: ", ")).",
      x: PlotAxis(label, 0...end),
      y: PlotAxis("test accuracy", low...max(high, low), format: .percent, roundsOut: true), series: series,
      reference: target.map { ($0.accuracy, "target \(NumberText.percent($0.accuracy))") })
  }

  private var targetTimes: BarPlot? {
    guard let target, group.targetDoubt == nil, group.members.contains(where: { $0.reached > 0 }) else { return nil }
    let bars = group.members.map { member in
      let time = member.timeToTarget
      let text =
        time.map { ComparisonText.seconds($0) }
        ?? (member.reached == 0 ? "never" : "in \(member.reached) of \(member.runs.count) runs only")
      return BarPlot.Bar(
        member.cell.name(in: group), style: style(member.cell), value: time?.mean, interval: time?.interval, text: text)
    }
    return BarPlot(
      title: "Time to \(NumberText.percent(target.accuracy))",
      description: bars.map { "\($0.name): \($0.text)" }.joined(separator: ", ") + ".",
      label: "seconds of \(clock) time", bars: bars)
  }

  private var staleness: HistogramPlot? {
    let series = group.members.compactMap { member -> HistogramPlot.Series? in
      let all = StalenessShares(member.runs.map(\.stalenessBins))
      guard member.runs.contains(where: { $0.staleness.max > 0 }), !all.bins.isEmpty else { return nil }
      return HistogramPlot.Series(member.cell.name(in: group), style: style(member.cell), bins: all.bins)
    }
    guard !series.isEmpty else { return nil }
    let means = group.members.compactMap { member in
      member.staleness.map { "\(member.cell.name(in: group)) has a mean of \(NumberText.fixed($0.mean, digits: 2))" }
    }
    return HistogramPlot(
      title: "Staleness of the gradients", description: means.joined(separator: ", ") + ".",
      label: "updates since the pull", densityLabel: "share of the gradients", series: series)
  }
}
