internal import AsyncSGD
internal import Foundation

extension ComparisonRun {
  /// Whether a run belongs to the comparison at hand; the file keeps others, too.
  package enum Use: String, Sendable {
    /// It does.
    case run
    /// It has other settings.
    case unused
  }

  /// Returns the run as one line of JSON, whose first field `event` says its use.
  package func json(as use: Use) -> String {
    var object = JSONObject()
    object.add("event", use.rawValue)
    object.add("mode", cell.mode)
    object.add("rule", cell.rule)
    object.add("workers", cell.workers)
    object.add("seed", seed)
    object.add("outcome", outcome.rawValue)
    object.add("examplesPerSecond", examplesPerSecond)
    object.add("parametersHash", parametersHash)
    object.add("staleness", stalenessObject)
    object.add("curve", curve.points.map(Self.object))
    var settings = JSONObject()
    for (name, value) in self.settings.sorted(by: { $0.key < $1.key }) { settings.add(name, value) }
    object.add("settings", settings)
    return object.text
  }

  private var stalenessObject: JSONObject {
    var object = JSONObject.object(staleness)
    object.add("histogram", stalenessBins.map(JSONObject.object))
    return object
  }

  private static func object(_ point: LearningCurve.Point) -> JSONObject {
    var object = JSONObject()
    object.add("examples", point.examples)
    object.add("updates", point.updates)
    object.add("seconds", point.seconds)
    object.add("trainLoss", point.trainLoss)
    object.add("testLoss", point.testLoss)
    object.add("testAccuracy", point.testAccuracy)
    return object
  }
}

extension ComparisonRun {
  /// What a line of a comparison's results is.
  package enum Line: Hashable, Sendable {
    /// A run.
    case run(ComparisonRun)
    /// What was made of runs, and can be made again.
    case derived
  }

  /// Reads a line of a comparison's results.
  ///
  /// - Parameter line: One line, as UTF-8.
  /// - Returns: The line; `nil` if it is none.
  package static func line(_ line: some Collection<UInt8>) -> Line? {
    let data = Data(line)
    guard let event = try? JSONDecoder().decode(EventRecord.self, from: data).event else { return nil }
    if [ComparisonRecord.Event.cell, .verdict].map(\.rawValue).contains(event) { return .derived }
    guard Use(rawValue: event) != nil, let record = try? JSONDecoder().decode(RunRecord.self, from: data) else {
      return nil
    }
    return record.run.map(Line.run)
  }

  private struct EventRecord: Decodable {
    let event: String
  }

  private struct RunRecord: Decodable {
    struct Point: Decodable {
      let examples: Int
      let updates: Int
      let seconds: Double
      let trainLoss: Double?
      let testLoss: Double?
      let testAccuracy: Double
    }

    struct Bin: Decodable {
      let from: Int
      let to: Int
      let count: Int
    }

    struct Staleness: Decodable {
      let mean: Double
      let p50: Int
      let p95: Int
      let p99: Int
      let max: Int
      let histogram: [Bin]
    }

    let mode: String
    let rule: String
    let workers: Int
    let seed: UInt64
    let outcome: String
    let examplesPerSecond: Double
    let parametersHash: String
    let staleness: Staleness
    let curve: [Point]
    let settings: [String: String]

    /// The run; `nil` if a figure is none that a run can have.
    var run: ComparisonRun? {
      guard let outcome = Outcome(rawValue: outcome), workers >= 1, examplesPerSecond >= 0 else { return nil }
      let points = curve.map { point in
        LearningCurve.Point(
          examples: point.examples, updates: point.updates, seconds: point.seconds, trainLoss: point.trainLoss,
          testLoss: point.testLoss ?? .nan, testAccuracy: point.testAccuracy)
      }
      let curve = LearningCurve(points)
      guard curve.points.count == points.count else { return nil }
      let bins = staleness.histogram.map { StalenessBin(lower: $0.from, upper: $0.to, count: $0.count) }
      guard bins.allSatisfy({ 0 <= $0.lower && $0.lower <= $0.upper && $0.upper < 1 << 32 && $0.count >= 0 }) else {
        return nil
      }
      return ComparisonRun(
        cell: ComparisonCell(mode: mode, rule: rule, workers: workers), seed: seed, settings: settings,
        outcome: outcome, curve: curve,
        staleness: StalenessSummary(
          mean: staleness.mean, p50: staleness.p50, p95: staleness.p95, p99: staleness.p99, max: staleness.max),
        stalenessBins: bins, examplesPerSecond: examplesPerSecond, parametersHash: parametersHash)
    }
  }
}
