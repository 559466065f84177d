internal import Foundation

/// An update takes the next K gradients, however old and whoever they come from (n-softsync, FedBuff).
///
/// Nobody waits, not even for the update that its own gradient is part of: a worker may give several, and may pull the
/// same version twice. The mean is that of K gradients, each weighed by (1 + τ)^−a: it divides by K, and not by the sum of
/// the weights, so that old gradients make a short step. At the end of an epoch it divides by as many as there are.
///
/// Sources: Zhang, Gupta, Lian & Liu, "Staleness-aware Async-SGD for Distributed Deep Learning", IJCAI 2016,
/// <https://arxiv.org/abs/1511.05950> (n-softsync, a = 0); Nguyen et al., "Federated Learning with Buffered Asynchronous
/// Aggregation", AISTATS 2022, <https://arxiv.org/abs/2106.06639> (FedBuff).
struct BufferPolicy: CoordinationPolicy {
  /// K.
  let size: Int
  /// a.
  let stalenessExponent: Double

  var gathering: Gathering { .asTheyCome }

  mutating func receive(_ arrival: Arrival, from group: WorkerGroup) -> Verdict {
    guard arrival.isFinite else { return Verdict(fate: .drop(.notFinite)) }
    return Verdict(fate: .gather, completesUpdate: group.gathered + 1 >= size)
  }

  /// At the end of an epoch, what was gathered makes an update, complete or not.
  mutating func left(_ worker: Int, _ group: WorkerGroup) -> Bool { group.active == 0 }

  func weight(staleness: Int) -> Float {
    stalenessExponent == 0 ? 1 : Float(pow(Double(1 + staleness), -stalenessExponent))
  }
}
