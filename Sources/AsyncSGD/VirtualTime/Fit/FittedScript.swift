/// A fitted cluster as a script, with files of the durations that it draws from.
///
/// Every model of durations has words in a script but those that were measured: a script can only name their file.
public struct FittedScript: Hashable, Sendable {
  /// A file of durations.
  public struct DurationFile: Hashable, Sendable {
    /// Where it is to be, as the script names it.
    public let path: String
    /// What it holds: a duration a line, in seconds.
    public let text: String
  }

  /// The script, which describes the cluster of the candidate to the last bit.
  public let text: String
  /// The files that it names, none if all of its models have words.
  public let files: [DurationFile]

  /// Writes a candidate down; `nil` if it needs files and there can be none.
  ///
  /// - Parameters:
  ///   - candidate: The candidate.
  ///   - path: Where the script is to be, and its files beside it; `nil` if there can be no files.
  public init?(_ candidate: ClusterFit.Candidate, path: String?) {
    var cluster = candidate.cluster
    var files: [DurationFile] = []
    func write(_ model: inout ComputeTimeModel, as name: String) -> Bool {
      guard case .measured(let durations) = model.family else { return true }
      guard let path else { return false }
      let file = DurationFile(
        path: "\(path).\(name).csv",
        text: durations.values.map { Quantity.text($0) + "\n" }.joined())
      files.append(file)
      model.family = .measured(MeasuredDurations(durations.values, source: file.path))
      return true
    }
    guard write(&cluster.compute, as: "compute") else { return nil }
    if var service = cluster.network.service {
      guard write(&service, as: "service") else { return nil }
      cluster.network.service = service
    }
    text = cluster.description
    self.files = files
  }

  /// Whether a script can name a file: what separates its words, and settings from a name, cannot be part of a name.
  public static func canName(_ path: String) -> Bool {
    !path.contains { $0.isWhitespace || $0 == "#" || $0 == ":" }
  }
}
