import AsyncSGD
import Testing

/// A combination as a case of a test.
struct CombinationCase: Hashable, Sendable, CustomTestStringConvertible {
  let combination: Combination

  var testDescription: String {
    AlgorithmFamily.allCases.map { combination.name(in: $0) }.joined(separator: " / ")
  }

  /// All combinations that mean something, compressors and all.
  static let meaningful: [CombinationCase] = CoordinationMode.allCases.flatMap { mode in
    UpdateRuleKind.allCases.flatMap { rule in
      OptimizerKind.allCases.flatMap { optimizer in
        CompressionKind.allCases.map { compression in
          Combination(mode: mode, rule: rule, optimizer: optimizer, compression: compression)
        }
      }
    }
  }.filter { $0.conflict == nil }.map(CombinationCase.init)

  /// Those whose gradients are pushed whole.
  static let uncompressed = meaningful.filter { $0.combination.compression == .none }

  /// Each mode with each compressor, and plain steps.
  static let compressed = meaningful.filter {
    $0.combination.compression != .none && $0.combination.rule == .plain && $0.combination.optimizer == .sgd
  }
}

/// Two choices that are trained together.
enum ChoicePair: Hashable, Sendable {
  case modeRule(CoordinationMode, UpdateRuleKind)
  case modeOptimizer(CoordinationMode, OptimizerKind)
  case ruleOptimizer(UpdateRuleKind, OptimizerKind)
  case modeCompression(CoordinationMode, CompressionKind)

  /// The pairs of a combination.
  static func pairs(of combination: Combination) -> [ChoicePair] {
    [
      .modeRule(combination.mode, combination.rule), .modeOptimizer(combination.mode, combination.optimizer),
      .ruleOptimizer(combination.rule, combination.optimizer),
      .modeCompression(combination.mode, combination.compression),
    ]
  }
}

/// A choice of combinations in which every pair of choices that goes together occurs.
///
/// A fault of two choices that do not work together shows in one run or the other, at a small part of the cost of all
/// combinations: what is hardly ever seen is a fault that takes three (Kuhn, Wallace & Gallo, "Software Fault Interactions
/// and Implications for Software Testing", 2004).
enum CombinationCover {
  /// Returns combinations that have every pair which some candidate has.
  static func pairwise(_ candidates: [CombinationCase]) -> [CombinationCase] {
    covering(candidates, parts: ChoicePair.pairs)
  }

  /// Returns combinations that have every single choice which some candidate has.
  static func single(_ candidates: [CombinationCase]) -> [CombinationCase] {
    covering(candidates) { combination in AlgorithmFamily.allCases.map { [$0.option, combination.name(in: $0)] } }
  }

  /// Chooses greedily: each time the candidate that has the most parts which are still missing, and of several the first.
  private static func covering(
    _ candidates: [CombinationCase], parts: (Combination) -> [some Hashable]
  ) -> [CombinationCase] {
    let partsOfCandidates = numbered(candidates.map { parts($0.combination) })
    var isMissing = Array(repeating: true, count: (partsOfCandidates.joined().max() ?? -1) + 1)
    var chosen: [CombinationCase] = []
    while isMissing.contains(true) {
      var best = (index: 0, news: 0)
      for (index, parts) in partsOfCandidates.enumerated() {
        let news = parts.count { isMissing[$0] }
        if news > best.news { best = (index, news) }
      }
      for part in partsOfCandidates[best.index] { isMissing[part] = false }
      chosen.append(candidates[best.index])
    }
    return chosen
  }

  /// Replaces equal values by equal numbers, from 0 without a gap.
  private static func numbered<Part: Hashable>(_ values: [[Part]]) -> [[Int]] {
    var numbers: [Part: Int] = [:]
    return values.map { parts in
      parts.map { part in
        let number = numbers[part] ?? numbers.count
        numbers[part] = number
        return number
      }
    }
  }
}
