/// Each gradient is an update of its own, unless its staleness has reached the delay threshold R (Ringmaster ASGD).
///
/// The staleness of what is applied is at most R − 1. A gradient that is dropped is no update, so it makes no other
/// gradient older. Nobody waits. With stops, a worker whose gradient is certain to be dropped begins anew at the present
/// parameters, without finishing it.
///
/// Source: Maranjyan, Tyurin & Richtárik, "Ringmaster ASGD", ICML 2025, <https://arxiv.org/abs/2501.16168>.
struct DelayThresholdPolicy: CoordinationPolicy {
  /// R, at least 1.
  let threshold: Int
  /// Whether workers abandon what would be dropped.
  let stopsCalculations: Bool

  var gathering: Gathering { .single }

  mutating func receive(_ arrival: Arrival, from group: WorkerGroup) -> Verdict {
    guard arrival.isFinite else { return Verdict(fate: .drop(.notFinite)) }
    guard arrival.staleness < threshold else { return Verdict(fate: .drop(.tooStale)) }
    return Verdict(fate: .gather, completesUpdate: true)
  }

  func oldestWanted(version: Int) -> Int { stopsCalculations ? version - threshold + 1 : 0 }
}
