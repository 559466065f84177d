/// A cluster fitted to a recorded run: simulated, it is to have the staleness that was recorded.
///
/// Means are measured and not chosen: how long a worker thinks, how long the server takes, how long it is from push to push. What
/// is chosen is the structure, among a few (``Structure``), and how regular thinking times are. Each candidate is simulated,
/// and of those that go as fast as the run did, within a tenth, the one whose staleness is nearest to what was recorded is
/// the fit. Where several are as near as chance allows, the first one is, which assumes least.
///
/// Why simulate instead of choosing the family that fits the durations best: on a machine with fewer cores than workers,
/// thinking times are made of the turns that threads take. Their distribution may be wide though the turns are strict, because
/// the times of all workers are long together. Drawn independently of one another, they would give a staleness that never was.
public struct ClusterFit: Sendable {
  /// What a candidate assumes.
  public enum Structure: String, CaseIterable, Sendable {
    /// Thinking times of the family that fits them best, and a server that takes one push at a time.
    case fitted
    /// Thinking times drawn from those that were measured, and a server that takes one push at a time.
    case measured
    /// Thinking times of a gamma distribution of some shape, and a server that takes one push at a time.
    case server
    /// Cycles of a gamma distribution of some shape, and nothing else.
    case independent
    /// Calculations of a gamma distribution of some shape on cores that are fewer than the workers and taken in turns.
    case cores
  }

  /// A cluster that may be the one.
  public struct Candidate: Sendable {
    /// What it assumes.
    public let structure: Structure
    /// The cluster.
    public let cluster: ClusterDescription
    /// Its staleness.
    public let staleness: StalenessHistogram
    /// The Kolmogorov–Smirnov distance of its staleness to what was recorded.
    public let distance: Double
    /// Its virtual time from push to push, in seconds.
    public let secondsPerPush: Double
  }

  /// What was measured.
  public let timings: RunTimings
  /// How the families fit the thinking times, each worker's divided by how slow it is; the best one first.
  public let computeFits: [DurationFit]
  /// How the families fit the times of service; the best one first, none if they are too short to be measured.
  public let serviceFits: [DurationFit]
  /// All candidates: the fit, and the others by their distance.
  public let candidates: [Candidate]

  /// How much faster or slower than the run a candidate may go, as a share.
  public static let largestLag = 0.1

  /// How much farther than the nearest candidate one may be that assumes less: half of a standard error, so that the difference
  /// may be chance.
  public var noise: Double { Self.noise(of: timings) }

  /// Whether some candidate goes as fast as the run did; if none does, all are eligible.
  public var keepsPace: Bool { candidates.contains { Self.keepsPace($0, with: timings) } }

  private static func noise(of timings: RunTimings) -> Double { 0.25 / Double(timings.staleness.count).squareRoot() }

  private static func keepsPace(_ candidate: Candidate, with timings: RunTimings) -> Bool {
    abs(candidate.secondsPerPush / timings.secondsPerPush - 1) <= largestLag
  }

  /// The fit.
  public var best: Candidate { candidates[0] }

  /// Fits a cluster to a recorded run.
  ///
  /// - Parameters:
  ///   - events: What was recorded.
  ///   - configuration: What the run was.
  /// - Throws: ``FitError`` if the recording is too short.
  public init(_ events: [RecordedEvent], of configuration: TrainingConfiguration) throws(FitError) {
    let timings = RunTimings(events, of: configuration)
    let measured = timings.thinking.map(\.count).reduce(0, +)
    guard measured >= FitError.leastCycles, timings.staleness.count > 0, timings.secondsPerPush > 0 else {
      throw .tooShort(cycles: measured)
    }
    self.timings = timings
    let draft = ClusterDraft(timings, workers: configuration.workers)
    computeFits = draft.computeFits
    serviceFits = draft.serviceFits
    let rehearsal = Rehearsal(timings, configuration)
    let all = draft.clusters.map { rehearsal.candidate($0.structure, $0.cluster) }
    let keepsPace = all.indices.filter { Self.keepsPace(all[$0], with: timings) }
    let eligible = keepsPace.isEmpty ? Array(all.indices) : keepsPace
    // Two that differ by less are equally good, and the one that comes first assumes least.
    let noise = Self.noise(of: timings)
    let least = eligible.map { all[$0].distance }.min() ?? 0
    let chosen = eligible.first { all[$0].distance <= least + noise } ?? 0
    let others = all.indices.filter { $0 != chosen }.sorted { all[$0].distance < all[$1].distance }
    candidates = ([chosen] + others).map { all[$0] }
  }
}

/// Why no cluster was fitted.
public enum FitError: Error, Hashable, Sendable, CustomStringConvertible {
  /// There are too few pushes that follow another one of their worker.
  case tooShort(cycles: Int)

  /// Fewer cycles than these say nothing of a distribution.
  static let leastCycles = 50

  /// What is missing.
  public var description: String {
    switch self {
    case .tooShort(let cycles):
      "the recording has \(cycles) cycles from one push of a worker to its next; at least \(Self.leastCycles) are needed"
    }
  }
}

/// Simulates candidates as the recorded run was, without gradients.
struct Rehearsal {
  /// Enough that the staleness of a simulation is known better than that of the recording, and fast.
  private static let fewestPushes = 5000
  private static let mostPushes = 20_000

  private let recorded: StalenessHistogram
  private let configuration: TrainingConfiguration
  private let minibatches: Int

  init(_ timings: RunTimings, _ configuration: TrainingConfiguration) {
    recorded = timings.staleness
    let epochs = max(1, timings.epochs)
    let perPush = timings.minibatchesPerPush
    minibatches = max(configuration.workers, timings.minibatches / epochs)
    let most = Int(Double(Self.mostPushes) * perPush) / minibatches
    let fewest = (Int(Double(Self.fewestPushes) * perPush) + minibatches - 1) / minibatches
    var rehearsed = configuration
    rehearsed.epochs = max(1, min(max(epochs, fewest), most))
    self.configuration = rehearsed
  }

  func candidate(_ structure: ClusterFit.Structure, _ cluster: ClusterDescription) -> ClusterFit.Candidate {
    var run = TimingRun(configuration, cluster: cluster, minibatches: minibatches, parameters: 0)
    let report = run.run()
    return ClusterFit.Candidate(
      structure: structure, cluster: cluster, staleness: report.staleness,
      distance: report.staleness.count == 0 ? 1 : recorded.distance(to: report.staleness),
      secondsPerPush: report.server.arrivals == 0 ? 0 : report.seconds / Double(report.server.arrivals))
  }
}
