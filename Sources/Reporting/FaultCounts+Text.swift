internal import AsyncSGD

extension FaultCounts {
  /// The faults that struck, by kind: `3 crashes, 1 restart`.
  var text: String {
    let parts = [
      (crashes, "crash", "crashes"), (restarts, "restart", "restarts"), (joins, "late start", "late starts"),
      (pauses, "pause", "pauses"), (lostPushes, "lost push", "lost pushes"),
      (duplicatedPushes, "doubled push", "doubled pushes"),
    ].filter { $0.0 > 0 }
    return parts.isEmpty
      ? "none struck" : parts.map { "\(NumberText.count($0.0)) \($0.0 == 1 ? $0.1 : $0.2)" }.joined(separator: ", ")
  }
}

extension FaultNotice {
  /// What happened, in one sentence without a point.
  var text: String {
    let time = duration.map { NumberText.time($0) }
    let place = "at update \(NumberText.count(update))"
    switch kind {
    case .crash: return "worker \(worker) crashed \(place), " + (time.map { "and is back in \($0)" } ?? "for good")
    case .restart: return "worker \(worker) is back \(place)"
    case .pause: return "worker \(worker) pauses \(place)" + (time.map { ", for \($0)" } ?? "")
    case .join: return "worker \(worker) joins \(place)"
    case .lostPush:
      return "a push of worker \(worker) is lost \(place)" + (time.map { ", which it notices in \($0)" } ?? "")
    case .duplicatedPush: return "a push of worker \(worker) arrives twice \(place)"
    }
  }
}
