internal import AsyncSGD
internal import Reporting

/// How many faults struck a recorded run, by kind.
struct RecordedFaultCounts {
  /// One text for each kind that struck: `3 crashes`.
  let texts: [String]

  /// Counts the faults among some events.
  init(_ events: [RecordedEvent]) {
    var counts: [RecordedFault.Kind: Int] = [:]
    for case .fault(let fault) in events { counts[fault.kind, default: 0] += 1 }
    texts = RecordedFault.Kind.allCases.compactMap { kind in
      counts[kind].map { "\(NumberText.count($0)) \($0 == 1 ? kind.words.one : kind.words.many)" }
    }
  }
}

extension RecordedFault.Kind {
  fileprivate var words: (one: String, many: String) {
    switch self {
    case .crash: ("crash", "crashes")
    case .pause: ("pause", "pauses")
    case .lostPush: ("lost push", "lost pushes")
    case .duplicatedPush: ("doubled push", "doubled pushes")
    }
  }
}
