/// The events of a recording, worker by worker: what each does next, and with which minibatches.
struct RecordedSchedule {
  let events: [RecordedEvent]
  /// The first event that speaks of workers or minibatches which the run does not have; what follows is not sorted.
  let unfit: Int?
  /// The minibatches that the pushes before it name.
  let pushedMinibatches: [Int]
  /// The events of each worker by their number, in order.
  private var ownEvents: [[Int]]
  /// The minibatches of each worker in the order in which it trained on them, each with the event that names it.
  private var minibatches: [[(number: Int, event: Int)]]
  /// How far each worker has come in both.
  private var nextEvent: [Int]
  private var nextMinibatch: [Int]

  /// Sorts events by worker.
  ///
  /// - Parameters:
  ///   - events: The events of a recording.
  ///   - workers: The number of workers.
  ///   - runLength: The number of minibatches of all epochs together.
  init(_ events: [RecordedEvent], workers: Int, runLength: Int) {
    self.events = events
    let unfit = events.firstIndex { !$0.fits(workers: workers, minibatches: runLength) }
    self.unfit = unfit
    var pushed: [Int] = []
    ownEvents = Array(repeating: [], count: workers)
    minibatches = Array(repeating: [], count: workers)
    nextEvent = Array(repeating: 0, count: workers)
    nextMinibatch = Array(repeating: 0, count: workers)
    for (number, event) in events[..<(unfit ?? events.count)].enumerated() {
      switch event {
      case .push(let push):
        ownEvents[push.worker].append(number)
        minibatches[push.worker] += push.minibatches.map { ($0, number) }
        pushed += push.minibatches
      case .fault(let fault) where fault.kind != .pause:
        ownEvents[fault.worker].append(number)
        minibatches[fault.worker] += fault.minibatches.map { ($0, number) }
      case .pull(let pull): ownEvents[pull.worker].append(number)
      case .leave(let worker, _), .join(let worker, _): ownEvents[worker].append(number)
      case .begin, .fault, .fingerprint, .epoch, .end: break
      }
    }
    pushedMinibatches = pushed
  }

  /// What a worker has to compute before its next event.
  struct Task {
    /// The minibatches that it may use, by their number in the run.
    var minibatches: [Int]
    /// Whether it finishes after the last of them.
    var finishes: Bool
    /// The number of the event that needs it.
    var event: Int
  }

  /// Returns a worker's next event, if there is one.
  func next(of worker: Int) -> RecordedEvent? {
    nextEvent[worker] < ownEvents[worker].count ? events[ownEvents[worker][nextEvent[worker]]] : nil
  }

  /// Notes that a worker's next event is carried out.
  mutating func pass(_ worker: Int) {
    nextEvent[worker] += 1
  }

  /// Notes that a worker has used minibatches.
  mutating func use(_ count: Int, by worker: Int) {
    nextMinibatch[worker] += count
  }

  /// Notes that minibatches which an event names were lost before they were computed.
  mutating func skip(to event: Int, by worker: Int) {
    let all = minibatches[worker]
    while nextMinibatch[worker] < all.count, all[nextMinibatch[worker]].event <= event { nextMinibatch[worker] += 1 }
  }

  /// Returns what a worker computes for its next event; `nil` if that needs no computation, or there is none.
  func task(of worker: Int) -> Task? {
    let own = ownEvents[worker]
    guard nextEvent[worker] < own.count else { return nil }
    let event = own[nextEvent[worker]]
    let rest = minibatches[worker][nextMinibatch[worker]...]
    switch events[event] {
    case .push, .fault(.lostPush):
      return Task(minibatches: rest.prefix { $0.event == event }.map(\.number), finishes: true, event: event)
    case .fault(let fault) where fault.kind == .duplicatedPush:
      guard nextEvent[worker] + 1 < own.count else { return nil }
      let push = own[nextEvent[worker] + 1]
      return Task(minibatches: rest.prefix { $0.event == push }.map(\.number), finishes: true, event: event)
    case .pull(let pull) where !pull.restarts:
      // Nothing is left to train on if the worker leaves right after it, and after its other parts.
      let following = own[nextEvent[worker]...].first { !isPull($0) }
      let isLast = following.map(isLeave) ?? false
      let named = rest.first?.event
      return Task(
        minibatches: isLast ? [] : rest.prefix { $0.event == named }.map(\.number), finishes: isLast, event: event)
    case .pull, .leave, .join, .begin, .fault, .fingerprint, .epoch, .end: return nil
    }
  }

  private func isPull(_ event: Int) -> Bool {
    if case .pull = events[event] { true } else { false }
  }

  private func isLeave(_ event: Int) -> Bool {
    if case .leave = events[event] { true } else { false }
  }
}

extension RecordedEvent {
  /// Whether a run of so many workers and minibatches can have such an event.
  fileprivate func fits(workers: Int, minibatches: Int) -> Bool {
    if let worker, !(0..<workers).contains(worker) { return false }
    let named: [Int]
    switch self {
    case .begin(let beginning, let pulling):
      return beginning.clamped(to: 0..<workers) == beginning
        && (pulling.isEmpty || pulling.clamped(to: beginning) == pulling)
    case .push(let push): named = push.minibatches
    case .fault(let fault): named = fault.minibatches
    case .pull, .leave, .join, .fingerprint, .epoch, .end: return true
    }
    return named.allSatisfy { (0..<minibatches).contains($0) }
  }
}

private func ~= (pattern: RecordedFault.Kind, fault: RecordedFault) -> Bool { fault.kind == pattern }
