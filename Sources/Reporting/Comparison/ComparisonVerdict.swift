/// A comparison in plain words: who is ahead, by how much, and whether the seeds show it.
///
/// It says no more than the intervals do. Where an interval contains 0 no difference was shown, and with a single seed there is
/// no interval.
package struct ComparisonVerdict: Hashable, Sendable {
  /// What a group, or all of it, comes to.
  package enum Decision: String, Sendable {
    /// Workers that do not wait are shown to be better.
    case asynchronous
    /// Workers that wait for one another are shown to be better.
    case synchronous
    /// Neither is shown to be better.
    case open
    /// There is only one of the two.
    case none
  }

  /// What is said of one group.
  package struct Section: Hashable, Sendable {
    /// What the cells have in common, such as `4 workers`.
    package let title: String
    /// A sentence on each view.
    package let statements: [String]
    /// What it comes to.
    package let decision: Decision
  }

  /// The groups in order.
  package let sections: [Section]
  /// What all of it comes to.
  package let decision: Decision
  /// The same in a paragraph.
  package let conclusion: String

  /// Judges an analysis.
  ///
  /// - Parameters:
  ///   - analysis: The figures.
  ///   - place: Where the times are from, such as `on this machine`.
  package init(_ analysis: ComparisonAnalysis, place: String) {
    let duels = analysis.groups.map { Duel($0, target: analysis.target) }
    sections = zip(analysis.groups, duels).map { group, duel in
      Section(
        title: Self.title(of: group), statements: GroupStatements(group, analysis: analysis).all,
        decision: duel.decision)
    }
    // With one worker nobody waits for anybody.
    let telling = zip(analysis.groups, duels).filter { $0.0.workers != 1 && $0.1.decision != .none }
    let decisions = Set(telling.map(\.1.decision))
    decision = telling.isEmpty ? .none : decisions.count == 1 ? telling[0].1.decision : .open
    conclusion = Self.conclusion(
      telling.map { ($0.0, $0.1) }, decision: decision, seeds: analysis.seeds.count, place: place)
  }

  /// The verdict as text, 80 columns wide, each line with its newline.
  package var text: String {
    let parts = sections.map { section in
      "\(section.title):\n" + section.statements.map { Self.paragraph($0, first: "- ", margin: "  ") }.joined()
    }
    return parts.joined() + "\n" + Self.paragraph(conclusion, first: "", margin: "")
  }

  /// Returns a text in lines of at most 80 columns.
  static func paragraph(_ text: String, first: String, margin: String) -> String {
    var lines = [""]
    for word in text.split(separator: " ") {
      let line = lines[lines.count - 1]
      if line.isEmpty {
        lines[lines.count - 1] = String(word)
      } else if margin.count + line.count + 1 + word.count <= 80 {
        lines[lines.count - 1] = line + " " + word
      } else {
        lines.append(String(word))
      }
    }
    return lines.enumerated().map { ($0 == 0 ? first : margin) + $1 + "\n" }.joined()
  }

  private static func title(of group: ComparisonAnalysis.Group) -> String {
    group.workers.map(ComparisonCell.count(ofWorkers:)) ?? "all numbers of workers"
  }

  private static func conclusion(
    _ duels: [(group: ComparisonAnalysis.Group, duel: Duel)], decision: Decision, seeds: Int, place: String
  ) -> String {
    let head =
      switch decision {
      case .asynchronous: "Asynchronous training is the better choice \(place)."
      case .synchronous: "Synchronous training is the better choice \(place)."
      case .open where Set(duels.map(\.duel.decision)).isSuperset(of: [.asynchronous, .synchronous]):
        "Whether to train synchronously or asynchronously depends on the number of workers \(place)."
      case .open where duels.allSatisfy(\.duel.isWithheld):
        "Whether to train synchronously or asynchronously cannot be told from so coarse curves: what they say of times is "
          + "withheld."
      case .open where seeds < 2:
        "One seed cannot settle whether to train synchronously or asynchronously: with two or more there is an interval, "
          + "with five it is a useful one."
      case .open where Set(duels.map(\.duel.decision)) == [.open]:
        "No difference between synchronous and asynchronous training is shown \(place) with \(seeds) seeds."
      case .open:
        "Whether to train synchronously or asynchronously is shown for some numbers of workers only \(place)."
      case .none:
        "There is no pair of a synchronous and an asynchronous cell with several workers to decide between."
      }
    let sentences = duels.map { group, duel in
      (duels.count > 1 ? "With \(title(of: group)), " : "") + duel.sentence
    }
    return ([head] + sentences.map { $0.prefix(1).uppercased() + $0.dropFirst() }).joined(separator: " ")
  }
}

/// The best cell that waits against the best that does not.
private struct Duel {
  let decision: ComparisonVerdict.Decision
  /// Why, with the figures; without the group that it is about.
  let sentence: String
  /// Whether the curves are known too coarsely to say anything of times.
  let isWithheld: Bool

  init(_ group: ComparisonAnalysis.Group, target: ComparisonAnalysis.Target?) {
    isWithheld = group.timeDoubt != nil && group.targetDoubt != nil
    let members = group.members.filter { !$0.runs.isEmpty }
    let waiting = members.filter { !$0.cell.isAsynchronous }
    let free = members.filter(\.cell.isAsynchronous)
    guard !waiting.isEmpty, !free.isEmpty else {
      (decision, sentence) = (.none, "there is nothing to decide between.")
      return
    }
    switch (Self.best(waiting), Self.best(free)) {
    case (nil, nil):
      (decision, sentence) = (.open, "no cell has only runs that went to their end.")
    case (let sound?, nil):
      (decision, sentence) = Self.judge(lost: free, "asynchronous", against: sound, .synchronous)
    case (nil, let sound?):
      (decision, sentence) = Self.judge(lost: waiting, "synchronous", against: sound, .asynchronous)
    case (let first?, let second?):
      (decision, sentence) = Self.judge(
        second, against: first, group, target, candidates: waiting.count * free.count)
    }
  }

  /// Judges cells of which none went to its end in all runs.
  ///
  /// Only where none ever does is that an answer.
  private static func judge(
    lost: [CellResults], _ kind: String, against sound: CellResults, _ decision: ComparisonVerdict.Decision
  ) -> (ComparisonVerdict.Decision, String) {
    guard sound.runs.count > 1, lost.allSatisfy(\.alwaysDiverges) else {
      return (.open, "no \(kind) cell has only runs that went to their end (\(losses(lost))).")
    }
    return (decision, "every run of every \(kind) cell diverged (\(losses(lost))).")
  }

  /// The first to the target, or if none always gets there, the most accurate at equal time, or else at equal gradients; none
  /// that diverged.
  private static func best(_ members: [CellResults]) -> CellResults? {
    let sound = members.filter(\.isSound)
    let timed = sound.filter { $0.timeToTarget != nil }
    if let first = timed.min(by: { ($0.timeToTarget?.mean ?? 0) < ($1.timeToTarget?.mean ?? 0) }) { return first }
    // Where nothing can be said of times, what counts is equal gradients.
    let isTimed = sound.contains { !$0.accuracyAtSeconds.isEmpty }
    func mean(_ member: CellResults) -> Double {
      Estimate(isTimed ? member.accuracyAtSeconds : member.accuracyAtExamples)?.mean ?? 0
    }
    return sound.max { mean($0) < mean($1) }
  }

  private static func losses(_ members: [CellResults]) -> String {
    members.map { "\($0.cell.algorithm): \($0.losses ?? "none") of \($0.runs.count)" }.joined(separator: "; ")
  }

  /// Judges by the time to the target, and where that says nothing, by the accuracy at equal time.
  ///
  /// The two are the best of several, and are looked at in two ways: a difference is shown only if it would be among so many
  /// pairs and ways.
  private static func judge(
    _ free: CellResults, against waiting: CellResults, _ group: ComparisonAnalysis.Group,
    _ target: ComparisonAnalysis.Target?, candidates: Int
  ) -> (ComparisonVerdict.Decision, String) {
    let views = (target != nil && group.targetDoubt == nil ? 1 : 0) + (group.timeDoubt == nil ? 1 : 0)
    let comparisons = candidates * max(1, views)
    let matchup = Matchup(free, against: waiting)
    let (a, s) = (free.cell.name(in: group), waiting.cell.name(in: group))
    let price = price(matchup, a, s)
    if let target, group.targetDoubt == nil {
      let goal = NumberText.percent(target.accuracy)
      if let speedUp = matchup.speedUp, speedUp.isSigned(among: comparisons) {
        let isFaster = speedUp.value > 1
        let ratio = isFaster ? speedUp : RatioEstimate(inverting: speedUp)
        return (
          isFaster ? .asynchronous : .synchronous,
          "\(isFaster ? a : s) reaches \(goal) \(ComparisonText.times(ratio)) as fast as \(isFaster ? s : a)\(price)"
        )
      }
      // A single run shows nothing, neither by being fast nor by getting there.
      if free.runs.count > 1, waiting.runs.count > 1, free.alwaysReaches != waiting.alwaysReaches {
        let (winner, loser) = free.alwaysReaches ? (a, waiting) : (s, free)
        if loser.reached == 0 {
          return (
            free.alwaysReaches ? .asynchronous : .synchronous,
            "\(winner) reaches \(goal) in all runs, and \(loser.cell.name(in: group)) in none\(price)"
          )
        }
      }
    }
    if let gain = matchup.accuracyAtSeconds, gain.isSigned(among: comparisons) {
      let isAhead = gain.mean > 0
      return (
        isAhead ? .asynchronous : .synchronous,
        "\(isAhead ? a : s) is ahead of \(isAhead ? s : a) at equal time by \(ComparisonText.gap(gain.magnitude))\(price)"
      )
    }
    let figures = [
      matchup.accuracyAtSeconds.map { "\(ComparisonText.gap($0)) at equal time" },
      matchup.speedUp.map { "\(ComparisonText.times($0)) as fast to the target" },
    ].compactMap { $0 }
    let list = figures.isEmpty ? "" : ": " + figures.joined(separator: ", ")
    if figures.isEmpty, let doubt = group.timeDoubt ?? group.targetDoubt {
      return (.open, "\(a) and \(s) are not compared in time, because \(doubt)\(price)")
    }
    let isTempting = matchup.accuracyAtSeconds?.isSigned ?? false || matchup.speedUp?.isSigned ?? false
    let caveat = isTempting ? ", which may be chance among \(comparisons) comparisons" : ""
    return (.open, "\(a) is not shown to differ from \(s)\(list)\(caveat)\(price)")
  }

  /// What the free workers pay in accuracy for the same gradients, and the end of the sentence.
  private static func price(_ matchup: Matchup, _ free: String, _ waiting: String) -> String {
    guard let gain = matchup.accuracyAtExamples else { return "." }
    guard gain.isSigned else {
      return gain.interval == nil ? "." : "; at equal gradients no difference in accuracy is shown."
    }
    return gain.mean < 0
      ? "; at equal gradients \(free) loses \(ComparisonText.gap(gain.magnitude)) of accuracy."
      : "; at equal gradients \(free) gains \(ComparisonText.gap(gain)) of accuracy."
  }
}

extension ComparisonCell {
  /// What tells the cell from the others of its group: the number of workers only where it differs.
  func name(in group: ComparisonAnalysis.Group) -> String { group.workers == nil ? name : algorithm }
}

extension Estimate {
  /// The same estimate with a mean that is not negative.
  var magnitude: Estimate { mean < 0 ? Estimate(negating: self) : self }
}
