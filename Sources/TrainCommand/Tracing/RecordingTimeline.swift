internal import AsyncSGD
internal import Interchange
internal import Reporting

/// A recording as lanes: what each worker did and waited for, and what reached each server.
///
/// An arrow leads from a calculation to each server that got its gradient. The server's slice ends where it answered the worker. If
/// others came before the answer, or none did any more, nobody knows how long the server took, and the slice has no length.
///
/// Slices of one lane never overlap, even if the recording says so: what comes later gives way.
struct RecordingTimeline {
  private typealias Arguments = KeyValuePairs<String, ChromeTraceWriter.Argument>

  private static let workers = 1
  private static let servers = 2
  private static let run = ChromeTraceWriter.Lane(process: 3, number: 1)

  private let recording: Recording
  private var lanes: [Int: WorkerLane] = [:]
  /// Where each server's slices end.
  private var servers: [Int: Int] = [:]
  /// Who pushed last.
  private var lastWorker: Int?
  /// The last time seen, for events that have none of their own.
  private var now = 0

  /// A worker's lane so far.
  private struct WorkerLane {
    /// Where the lane's slices end.
    var end = 0
    /// Its last push, and the version at the push that came next, whoever's it was.
    var last: (push: RecordedPush, nextVersion: Int?)?
    /// Pauses that have not been drawn yet, in order.
    var pauses: [Range<Int>] = []
    /// The last moment of its last calculation, if a slice shows it.
    var computed: Int?
  }

  /// Begins with a recording.
  init(_ recording: Recording) {
    self.recording = recording
  }

  /// Writes all of it.
  mutating func write(to trace: inout ChromeTraceWriter) throws(AtomicFileError) {
    try nameLanes(&trace)
    let ends = Self.ends(of: recording.events)
    for (number, event) in recording.events.enumerated() {
      now = max(now, event.microseconds ?? now)
      switch event {
      case .push(let push):
        let arguments = Self.arguments(push)
        try addToWorker(push, arguments, &trace)
        try addToServer(push, number: number, end: ends[number], arguments, &trace)
      case .pull(let pull):
        try add(pull, to: &trace)
      case .leave(let worker, let moment):
        lanes[worker]?.last = nil
        try mark(event.text, worker: worker, at: moment, in: &trace)
      case .join(let worker, let moment): try mark(event.text, worker: worker, at: moment, in: &trace)
      case .fault(let fault): try add(fault, to: &trace)
      case .fingerprint(let shard, let version, _):
        try trace.instant(
          event.text, category: "run", on: Self.run, at: now,
          arguments: ["shard": .integer(shard), "version": .integer(version)])
      case .begin, .epoch, .end:
        if case .begin = event { forgetPushes() }
        try trace.instant(event.text, category: "run", on: Self.run, at: now)
      }
    }
    for worker in lanes.keys.sorted() { try draw("", .max, worker, [:], &trace) }
  }

  private func nameLanes(_ trace: inout ChromeTraceWriter) throws(AtomicFileError) {
    try trace.nameProcess(Self.workers, "workers")
    try trace.nameProcess(Self.servers, "servers")
    try trace.nameProcess(Self.run.process, "run")
    try trace.nameLane(Self.run, "run")
    for worker in Set(recording.events.compactMap(\.worker)).sorted() {
      try trace.nameLane(Self.lane(ofWorker: worker), "worker \(worker)")
    }
    let shards = Set(recording.events.compactMap { if case .push(let push) = $0 { push.shard } else { nil } }).sorted()
    for shard in shards {
      try trace.nameLane(Self.lane(ofShard: shard), shards.count == 1 ? "server" : "shard \(shard)")
    }
  }

  // MARK: Pushes

  private static func arguments(_ push: RecordedPush) -> Arguments {
    [
      "worker": .integer(push.worker), "pulledVersion": .integer(push.baseVersion), "version": .integer(push.version),
      "staleness": .integer(push.staleness), "minibatch": .integer(push.minibatches.first ?? -1),
      "minibatches": .integer(push.minibatches.count), "loss": .number(Double(push.loss)),
    ]
  }

  /// When the server was done with each push; `nil` where that is not known.
  private static func ends(of events: [RecordedEvent]) -> [Int?] {
    var ends: [Int?] = Array(repeating: nil, count: events.count)
    var arrivals: [Int: Int] = [:]
    var answers: [ChromeTraceWriter.Lane: Int] = [:]
    for number in events.indices.reversed() {
      guard case .push(let push) = events[number] else { continue }
      let place = ChromeTraceWriter.Lane(process: push.shard, number: push.worker)
      if let answer = answers[place], answer >= push.arrivedAt, answer <= arrivals[push.shard] ?? .max {
        ends[number] = answer
      }
      arrivals[push.shard] = push.arrivedAt
      answers[place] = push.pulledAt
    }
    return ends
  }

  private mutating func addToServer(
    _ push: RecordedPush, number: Int, end: Int?, _ arguments: Arguments, _ trace: inout ChromeTraceWriter
  ) throws(AtomicFileError) {
    let lane = Self.lane(ofShard: push.shard)
    let start = max(push.arrivedAt, servers[push.shard] ?? 0)
    let end = max(start, end ?? start)
    servers[push.shard] = end
    try trace.slice(
      push.fate.text, category: "server", on: lane, start: start, duration: end - start, arguments: arguments)
    try trace.counter("staleness", process: Self.servers, at: push.arrivedAt, value: push.staleness)
    guard let last = lanes[push.worker], let computed = last.computed, last.last?.push.pushedAt == push.pushedAt else {
      return
    }
    try trace.arrow(
      "push", category: "push", id: number, from: (Self.lane(ofWorker: push.worker), computed), to: (lane, start))
  }

  private mutating func addToWorker(
    _ push: RecordedPush, _ arguments: Arguments, _ trace: inout ChromeTraceWriter
  ) throws(AtomicFileError) {
    if let lastWorker, lanes[lastWorker]?.last?.nextVersion == nil {
      lanes[lastWorker]?.last?.nextVersion = push.version
    }
    lastWorker = push.worker
    let lane = lanes[push.worker] ?? WorkerLane()
    if !push.minibatches.isEmpty {
      if let last = lane.last {
        try draw(Self.pause(after: last, until: push), push.pulledAt, push.worker, [:], &trace)
      }
      try skip(to: push.startedAt, push.worker, &trace)
      let begin = lanes[push.worker]?.end ?? 0
      try draw("compute", push.pushedAt, push.worker, arguments, &trace)
      lanes[push.worker, default: WorkerLane()].last = (push, nil)
      lanes[push.worker]?.computed = begin < push.pushedAt ? push.pushedAt - 1 : nil
      try draw("queue", push.arrivedAt, push.worker, [:], &trace)
    } else if push.pushedAt == lane.last?.push.pushedAt, push.shard != lane.last?.push.shard {
      try draw("queue", push.arrivedAt, push.worker, ["shard": .integer(push.shard)], &trace)
    }
    if case .dropped = push.fate { try mark(push.fate.text, worker: push.worker, at: push.arrivedAt, in: &trace) }
  }

  /// Names the time between a push and its answer.
  ///
  /// A worker that was let go at once pulled what its own push had made; one that pulled the push that came after its
  /// own, too, has waited for it.
  private static func pause(after last: (push: RecordedPush, nextVersion: Int?), until push: RecordedPush) -> String {
    guard let next = last.nextVersion else { return "answer" }
    return push.baseVersion > next ? "barrier" : "answer"
  }

  /// Lets nobody wait for what comes next.
  private mutating func forgetPushes() {
    lastWorker = nil
    for worker in lanes.keys { lanes[worker]?.last = nil }
  }

  private mutating func add(_ pull: RecordedPull, to trace: inout ChromeTraceWriter) throws(AtomicFileError) {
    if pull.restarts {
      try draw("given up", pull.microseconds, pull.worker, [:], &trace)
      lanes[pull.worker]?.last = nil
    }
    try mark(
      pull.restarts ? "restart" : "pull", worker: pull.worker, at: pull.microseconds, in: &trace,
      ["version": .integer(pull.version), "shard": .integer(pull.shard)])
  }

  // MARK: Faults

  private mutating func add(_ fault: RecordedFault, to trace: inout ChromeTraceWriter) throws(AtomicFileError) {
    guard fault.kind == .pause else {
      return try mark(
        fault.kind.text, worker: fault.worker, at: fault.microseconds, in: &trace,
        ["minibatches": .integer(fault.minibatches.count)])
    }
    let (end, overflows) = fault.microseconds.addingReportingOverflow(fault.duration)
    if !overflows { lanes[fault.worker, default: WorkerLane()].pauses.append(fault.microseconds..<end) }
  }

  private func mark(
    _ name: String, worker: Int, at moment: Int, in trace: inout ChromeTraceWriter,
    _ arguments: Arguments = [:]
  ) throws(AtomicFileError) {
    try trace.instant(name, category: "worker", on: Self.lane(ofWorker: worker), at: moment, arguments: arguments)
  }

  // MARK: Slices

  /// Draws a slice from where the worker's lane ends to `end`, cut where there are pauses; without a name, only these.
  private mutating func draw(
    _ name: String, _ end: Int, _ worker: Int, _ arguments: Arguments,
    _ trace: inout ChromeTraceWriter
  ) throws(AtomicFileError) {
    var lane = lanes[worker] ?? WorkerLane()
    let place = Self.lane(ofWorker: worker)
    func part(_ name: String, until end: Int, _ arguments: Arguments)
      throws(AtomicFileError)
    {
      guard end > lane.end else { return }
      if !name.isEmpty {
        try trace.slice(
          name, category: "worker", on: place, start: lane.end, duration: end - lane.end, arguments: arguments)
      }
      lane.end = end
    }
    while let pause = lane.pauses.first, pause.lowerBound < end {
      lane.pauses.removeFirst()
      try part(name, until: pause.lowerBound, arguments)
      try part("pause", until: pause.upperBound, [:])
    }
    if end < .max { try part(name, until: end, arguments) }
    lanes[worker] = lane
  }

  /// Leaves the lane empty up to `start`, but for pauses.
  private mutating func skip(
    to start: Int, _ worker: Int, _ trace: inout ChromeTraceWriter
  ) throws(AtomicFileError) {
    try draw("", start, worker, [:], &trace)
  }

  // Numbers of lanes begin with 1, because viewers take 0 for something else.
  private static func lane(ofWorker worker: Int) -> ChromeTraceWriter.Lane {
    ChromeTraceWriter.Lane(process: workers, number: worker + 1)
  }

  private static func lane(ofShard shard: Int) -> ChromeTraceWriter.Lane {
    ChromeTraceWriter.Lane(process: servers, number: shard + 1)
  }
}
