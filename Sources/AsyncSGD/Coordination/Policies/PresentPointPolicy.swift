/// An update takes the first B gradients computed at the present parameters, whoever they come from (K-batch-sync,
/// Rennala SGD).
///
/// Nobody waits. A worker that is early gives several gradients, all at the same parameters; a gradient of older
/// parameters is dropped when it arrives, or stopped before.
///
/// Sources: Dutta et al., "Slow and Stale Gradients Can Win the Race", AISTATS 2018,
/// <https://arxiv.org/abs/1803.01113> (K-batch-sync: late calculations are stopped); Tyurin & Richtárik, "Optimal Time
/// Complexities of Parallel Stochastic Optimization Methods Under a Fixed Computation Model", NeurIPS 2023,
/// <https://arxiv.org/abs/2305.12387> (Rennala SGD: they are finished, and ignored).
struct PresentPointPolicy: CoordinationPolicy {
  /// B.
  let gradientsToWait: Int
  /// Whether workers abandon what would be late.
  let stopsCalculations: Bool

  var gathering: Gathering { .asTheyCome }

  mutating func receive(_ arrival: Arrival, from group: WorkerGroup) -> Verdict {
    guard arrival.isFinite else { return Verdict(fate: .drop(.notFinite)) }
    guard arrival.staleness == 0 else { return Verdict(fate: .drop(.late)) }
    return Verdict(fate: .gather, completesUpdate: group.gathered + 1 >= gradientsToWait)
  }

  /// At the end of an epoch, what was gathered makes an update, complete or not.
  mutating func left(_ worker: Int, _ group: WorkerGroup) -> Bool { group.active == 0 }

  func oldestWanted(version: Int) -> Int { stopsCalculations ? version : 0 }
}
