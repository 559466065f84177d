/// The script of a cluster: a directive a line. The grammar is in the article <doc:VirtualTime>.
extension ClusterDescription: CustomStringConvertible {
  /// The largest number of a worker that a script may speak of.
  static let lastWorker = 9_999_999

  /// Creates the cluster that a script describes.
  ///
  /// - Parameters:
  ///   - script: The script.
  ///   - readFile: Returns the bytes of a file that the script names.
  /// - Throws: ``DescriptionError`` with the line.
  public init(
    script: String, readFile: (String) throws -> [UInt8] = ComputeTimeModel.contents
  ) throws(DescriptionError) {
    self = try ClusterScript(script, readFile: readFile).cluster
  }

  /// Reads what follows a directive.
  mutating func read(
    _ directive: String, _ line: inout ScriptLine, readFile: (String) throws -> [UInt8]
  ) throws(DescriptionError) {
    switch directive {
    case "compute": compute = try line.model(readFile)
    case "service": network.service = try line.model(readFile)
    case "network":
      repeat {
        let key = try line.word("latency, bandwidth or server")
        guard key != "service" else { throw line.error("'service' is a directive of its own") }
        let word = try line.word("a quantity")
        do { try network.set(key, to: word, readFile: readFile) } catch { throw line.error(error.message) }
      } while !line.isEmpty
    case "cores":
      cores = Cores(try line.integer("number of cores", in: 1...Self.lastWorker))
      if line.take("slice") { cores?.slice = try line.quantity(.duration, "slice") }
    case "worker", "workers": classes.append(try line.workerClass(line.workers(after: directive)))
    case "straggler":
      try line.expect("worker")
      let worker = try line.integer("worker", in: 0...Self.lastWorker)
      let factor =
        line.take("factor")
        ? try line.number("factor", "a number from 1 to 1e6") { (1...1e6).contains($0) } : Self.stragglerFactor
      classes.append(WorkerClass(workers: worker...worker, speed: 1 / factor))
    case "crash", "pause", "join", "lose", "duplicate": faults.append(try line.fault(directive))
    default:
      throw line.error(
        "'\(directive)' is no directive: there are compute, service, network, cores, worker, workers, straggler, crash, "
          + "pause, join, lose and duplicate")
    }
  }

  /// How many times longer a straggler's calculations take, if nothing is said.
  public static let stragglerFactor = 10.0

  /// A script that describes the same cluster.
  public var description: String {
    var lines = ["compute \(compute)"]
    if let service = network.service { lines.append("service \(service)") }
    if !network.parts.isEmpty {
      lines.append("network " + network.parts.map { "\($0.key) \($0.value)" }.joined(separator: " "))
    }
    if let cores {
      let slice = cores.slice < .infinity ? " slice \(Quantity.duration.text(cores.slice))" : ""
      lines.append("cores \(cores.count)\(slice)")
    }
    lines += classes.map(\.description) + faults.map(\.description)
    return lines.joined(separator: "\n")
  }

  /// What is said here and makes no sense for live threads: they compute as long as they compute, and send nothing.
  ///
  /// A worker can be made slower, but not faster.
  public var virtualOnly: [String] {
    var directives: [String] = []
    if compute != .standard { directives.append("compute") }
    if network.service != nil { directives.append("service") }
    if !network.parts.isEmpty { directives.append("network") }
    if cores != nil { directives.append("cores") }
    if classes.contains(where: { ($0.speed ?? 1) > 1 }) { directives.append("speed above 1") }
    if classes.contains(where: { $0.latency != nil }) { directives.append("latency") }
    if classes.contains(where: { $0.bandwidth != nil }) { directives.append("bandwidth") }
    return directives
  }
}

extension ScriptLine {
  /// Takes a compute-time model.
  mutating func model(_ readFile: (String) throws -> [UInt8]) throws(DescriptionError) -> ComputeTimeModel {
    let word = try word("a model")
    do { return try ComputeTimeModel(parsing: word, readFile: readFile) } catch { throw self.error(error.message) }
  }

  /// Takes the number of a worker, or a range of them.
  mutating func workers(after word: String) throws(DescriptionError) -> ClosedRange<Int> {
    let all = 0...ClusterDescription.lastWorker
    guard word == "workers" else {
      let worker = try integer("worker", in: all)
      return worker...worker
    }
    let range = try self.word("a range of workers")
    let ends = range.split(separator: "-", omittingEmptySubsequences: false).map { Int($0) }
    guard ends.count == 2, let first = ends[0], let last = ends[1], first <= last, all.contains(first),
      all.contains(last)
    else { throw error("'\(range)' is no range of workers: it is FIRST-LAST, such as 0-9") }
    return first...last
  }

  /// Takes what is said of some workers.
  mutating func workerClass(_ workers: ClosedRange<Int>) throws(DescriptionError) -> ClusterDescription.WorkerClass {
    var new = ClusterDescription.WorkerClass(workers: workers)
    repeat {
      switch try word("speed, latency or bandwidth") {
      case "speed": new.speed = try number("speed", "a number above 0, from 1e-6 to 1e6") { (1e-6...1e6).contains($0) }
      case "latency": new.latency = try quantity(.duration, "latency", positive: false)
      case "bandwidth": new.bandwidth = try quantity(.bandwidth, "bandwidth")
      case let other: throw error("'\(other)' is not said of workers: speed, latency and bandwidth are")
      }
    } while !isEmpty
    return new
  }
}

extension ClusterDescription.WorkerClass: CustomStringConvertible {
  /// The line of a script that says the same.
  public var description: String {
    var words = [workers.scriptText]
    if let speed { words.append("speed \(Quantity.text(speed))") }
    if let latency { words.append("latency \(Quantity.duration.text(latency))") }
    if let bandwidth { words.append("bandwidth \(Quantity.bandwidth.text(bandwidth))") }
    return words.joined(separator: " ")
  }
}

extension ClosedRange<Int> {
  /// `worker 3`, or `workers 0-9`.
  var scriptText: String { count == 1 ? "worker \(lowerBound)" : "workers \(lowerBound)-\(upperBound)" }
}
