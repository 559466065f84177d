package import AsyncSGD

extension RecordedEvent {
  /// What happened, in few words.
  package var text: String {
    switch self {
    case .begin(let workers, let pulling):
      let pulls = pulling.isEmpty ? "" : "; \(range(pulling)) pull first"
      return "workers \(range(workers)) begin\(pulls)"
    case .push(let push): return push.fate.text + (push.pulls ? "" : ", without a pull")
    case .pull(let pull): return pull.restarts ? "pulls, and begins its minibatch anew" : "pulls"
    case .leave: return "leaves"
    case .join: return "joins"
    case .fault(let fault):
      return fault.duration > 0
        ? "\(fault.kind.text) of \(NumberText.fixed(Double(fault.duration) / 1e3, digits: 3)) ms" : fault.kind.text
    case .fingerprint(_, _, let hash): return "fingerprint \(hexadecimal(hash))"
    case .epoch(let number, _): return "epoch \(number) done"
    case .end(let end): return "end, fingerprint \(hexadecimal(end.hash))"
    }
  }

  private func range(_ workers: Range<Int>) -> String {
    switch workers.count {
    case 0: "none"
    case 1: "\(workers.lowerBound)"
    default: "\(workers.lowerBound) to \(workers.upperBound - 1)"
    }
  }
}

extension RecordedPush.Fate {
  /// What became of the gradient.
  package var text: String {
    switch self {
    case .applied: "applied"
    case .queued: "queued"
    case .dropped(let reason): "dropped: \(reason.text)"
    }
  }
}

extension DropReason {
  /// Why, in words.
  package var text: String {
    switch self {
    case .notFinite: "not finite"
    case .late: "late"
    case .tooStale: "too stale"
    case .stopped: "training had stopped"
    }
  }
}

extension RecordedFault.Kind {
  /// What happened, in words.
  package var text: String {
    switch self {
    case .crash: "crash"
    case .lostPush: "push lost"
    case .duplicatedPush: "push doubled"
    case .pause: "pause"
    }
  }

  /// Its name in JSON.
  package var name: String {
    switch self {
    case .crash: "crash"
    case .lostPush: "lostPush"
    case .duplicatedPush: "duplicatedPush"
    case .pause: "pause"
    }
  }
}

/// Returns 16 hexadecimal digits.
package func hexadecimal(_ hash: UInt64) -> String {
  let digits = String(hash, radix: 16)
  return String(repeating: "0", count: 16 - digits.count) + digits
}
