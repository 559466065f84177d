/// A script that was read: the cluster that it describes, and where it says what.
public struct ClusterScript: Sendable {
  /// The cluster.
  public private(set) var cluster = ClusterDescription()
  /// The lines of the directives that are said at most once.
  private var lineOfDirective: [String: Int] = [:]
  /// The last worker of each line that speaks of some.
  private var lastWorkers: [(worker: Int, line: Int)] = []

  /// Reads a script.
  ///
  /// - Parameters:
  ///   - text: The script.
  ///   - readFile: Returns the bytes of a file that the script names.
  /// - Throws: ``DescriptionError`` with the line.
  public init(
    _ text: String, readFile: (String) throws -> [UInt8] = ComputeTimeModel.contents
  ) throws(DescriptionError) {
    for (index, text) in text.split(omittingEmptySubsequences: false, whereSeparator: \.isNewline).enumerated() {
      var line = ScriptLine(text, number: index + 1)
      guard !line.isEmpty else { continue }
      let directive = try line.word("a directive")
      if ["compute", "service", "network", "cores"].contains(directive) {
        if let first = lineOfDirective[directive] {
          throw line.error("'\(directive)' was said in line \(first) already")
        }
        lineOfDirective[directive] = line.number
      }
      let (classes, faults) = (cluster.classes.count, cluster.faults.count)
      try cluster.read(directive, &line, readFile: readFile)
      try line.finish()
      let named = cluster.classes[classes...].map(\.workers) + cluster.faults[faults...].compactMap(\.workers)
      for workers in named { lastWorkers.append((workers.upperBound, line.number)) }
    }
  }

  /// Returns the line of `compute`, `service`, `network` or `cores`, or `nil` if the script does not say it.
  public func line(of directive: String) -> Int? { lineOfDirective[directive] }

  /// Returns the first line that speaks of a worker which does not exist, or `nil` if all exist.
  ///
  /// - Parameter workers: The number of workers.
  /// - Returns: The last worker of which the line speaks, and its number.
  public func missingWorker(of workers: Int) -> (worker: Int, line: Int)? {
    lastWorkers.first { $0.worker >= workers }
  }
}
