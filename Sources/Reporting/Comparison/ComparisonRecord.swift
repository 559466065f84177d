/// What a comparison comes to, for scripts.
package enum ComparisonRecord {
  /// What a line is about.
  enum Event: String {
    case cell
    case verdict
  }

  /// Returns the lines on cells and the verdict, each a JSON object.
  package static func lines(_ analysis: ComparisonAnalysis, _ verdict: ComparisonVerdict) -> [String] {
    let cells = analysis.groups.flatMap { group in
      group.members.map { object($0, group, target: analysis.target).text }
    }
    return cells + [object(verdict, analysis).text]
  }

  private static func object(
    _ member: CellResults, _ group: ComparisonAnalysis.Group, target: ComparisonAnalysis.Target?
  ) -> JSONObject {
    var object = JSONObject()
    object.add("event", Event.cell.rawValue)
    object.add("mode", member.cell.mode)
    object.add("rule", member.cell.rule)
    object.add("workers", member.cell.workers)
    object.add("runs", member.runs.count)
    object.add("diverged", member.diverged)
    object.add("deserted", member.deserted)
    object.add("examplesPerSecond", member.throughput)
    object.add("staleness", member.staleness)
    let matchup = group.matchup(of: member)
    object.add("baseline", group.baseline.cell == member.cell)

    var gradients = JSONObject()
    gradients.add("examples", group.examples)
    gradients.add("testAccuracy", Estimate(member.accuracyAtExamples))
    gradients.add("testLoss", Estimate(member.lossAtExamples))
    gradients.add("seconds", Estimate(member.secondsAtExamples))
    gradients.add("accuracyDifference", matchup?.accuracyAtExamples)
    gradients.add("lossDifference", matchup?.lossAtExamples)
    gradients.add("speedUp", matchup?.throughput)
    object.add("equalGradients", gradients)

    var time = JSONObject()
    time.add("seconds", group.seconds)
    time.add("testAccuracy", Estimate(member.accuracyAtSeconds))
    time.add("examples", Estimate(member.examplesAtSeconds))
    time.add("accuracyDifference", matchup?.accuracyAtSeconds)
    if let doubt = group.timeDoubt { time.add("withheld", doubt) }
    object.add("equalTime", time)

    if let target {
      var goal = JSONObject()
      goal.add("accuracy", target.accuracy)
      goal.add("origin", target.origin)
      goal.add("reached", member.reached)
      goal.add("seconds", member.timeToTarget)
      goal.add("examples", member.alwaysReaches ? Estimate(member.examplesToTarget) : nil)
      goal.add("speedUp", matchup?.speedUp)
      if let doubt = group.targetDoubt { goal.add("withheld", doubt) }
      object.add("target", goal)
    }
    return object
  }

  private static func object(_ verdict: ComparisonVerdict, _ analysis: ComparisonAnalysis) -> JSONObject {
    var object = JSONObject()
    object.add("event", Event.verdict.rawValue)
    object.add("seeds", analysis.seeds.count)
    object.add("decision", verdict.decision.rawValue)
    object.add("conclusion", verdict.conclusion)
    object.add(
      "groups",
      zip(analysis.groups, verdict.sections).map { group, section in
        var object = JSONObject()
        object.add("workers", group.workers)
        object.add("decision", section.decision.rawValue)
        object.add("statements", section.statements)
        return object
      })
    return object
  }
}

extension JSONObject {
  /// Adds a mean with its interval; null if there is none.
  fileprivate mutating func add(_ name: String, _ estimate: Estimate?) {
    add(name, value: estimate?.mean, interval: estimate?.interval, count: estimate?.count)
  }

  fileprivate mutating func add(_ name: String, _ ratio: RatioEstimate?) {
    add(name, value: ratio?.value, interval: ratio?.interval, count: ratio?.logarithm.count)
  }

  private mutating func add(_ name: String, value: Double?, interval: ClosedRange<Double>?, count: Int?) {
    guard let value, let count else {
      add(name, nil as Double?)
      return
    }
    var object = JSONObject()
    object.add("mean", value)
    object.add("lower", interval?.lowerBound)
    object.add("upper", interval?.upperBound)
    object.add("seeds", count)
    add(name, object)
  }
}
