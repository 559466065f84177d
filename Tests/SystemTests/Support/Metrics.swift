import Foundation

/// A file of `--metrics`, line by line; decoding checks that every documented field is there and has its type.
struct Metrics {
  struct Kind: Decodable {
    let event: String
  }

  struct Staleness: Decodable {
    let mean: Double
    let p50: Int
    let p95: Int
    let p99: Int
    let max: Int
  }

  struct Run: Decodable {
    let command: String
    let version: String
    let workers: Int
    let mode: String
    let rule: String
    let optimizer: String
    let compression: String
    let dataset: String
    let trainingExamples: Int
    let testExamples: Int
    let classes: Int
    let model: String
    let parameters: Int
    let epochs: Int
    let batchSize: Int
    let examplesPerUpdate: Int
    let plannedUpdates: Int
    let learningRate: Double
    let momentum: Double
    let weightDecay: Double
    let schedule: String
    let warmup: Double
    let seed: UInt64
    let kernels: String
    let instructionSet: String
    let resumedAtUpdate: Int?
  }

  struct Epoch: Decodable {
    let epoch: Int
    let seconds: Double
    let examples: Int
    let examplesPerSecond: Double
    let updates: Int
    let trainLoss: Double
    let trainAccuracy: Double
    let testLoss: Double
    let testAccuracy: Double
    let staleness: Staleness
  }

  struct Progress: Decodable {
    struct Staleness: Decodable {
      let mean: Double
      let max: Int
    }
    let epoch: Double
    let epochs: Int
    let seconds: Double
    let examples: Int
    let examplesPerSecond: Double
    let updates: Int
    let plannedUpdates: Int
    let trainLoss: Double?
    let learningRate: Double
    let staleness: Staleness
    let secondsRemaining: Double?
  }

  struct Final: Decodable {
    struct Bin: Decodable {
      let from: Int
      let to: Int
      let count: Int
    }

    struct ByWorker: Decodable {
      let mean: [Double]
      let p50: [Int]
      let p95: [Int]
      let p99: [Int]
      let max: [Int]
    }

    let outcome: String
    let workers: Int
    let mode: String
    let rule: String
    let optimizer: String
    let model: String
    let dataset: String
    let kernels: String
    let parameters: Int
    let parametersHash: String
    let peakMemoryBytes: Int
    let updatesByWorker: [Int]
    let stalenessHistogram: [Bin]
    /// Not there with a single worker.
    let stalenessByWorker: ByWorker?
    let refusedPushes: Int
  }

  /// The `event` of every line.
  let kinds: [String]
  let run: Run
  let progress: [Progress]
  let epochs: [Epoch]
  let final: Final
  /// The fields that `final` has in common with an epoch.
  let last: Epoch

  /// Reads the text of a file.
  ///
  /// - Throws: A decoding error if a line is no JSON object, or lacks a field, or a field has another type.
  init(_ text: String) throws {
    let decoder = JSONDecoder()
    let lines = text.split(separator: "\n").map { Data($0.utf8) }
    let kinds = try lines.map { try decoder.decode(Kind.self, from: $0).event }
    func all<Event: Decodable>(_ kind: String, as type: Event.Type) throws -> [Event] {
      try zip(kinds, lines).filter { $0.0 == kind }.map { try decoder.decode(type, from: $0.1) }
    }
    func only<Event: Decodable>(_ kind: String, as type: Event.Type) throws -> Event {
      let events = try all(kind, as: type)
      guard let event = events.first, events.count == 1 else {
        throw CocoaError(.propertyListReadCorrupt, userInfo: [NSDebugDescriptionErrorKey: "\(events.count) \(kind)"])
      }
      return event
    }
    self.kinds = kinds
    run = try only("run", as: Run.self)
    progress = try all("progress", as: Progress.self)
    epochs = try all("epoch", as: Epoch.self)
    final = try only("final", as: Final.self)
    last = try only("final", as: Epoch.self)
  }
}
