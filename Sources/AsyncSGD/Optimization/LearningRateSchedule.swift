/// How the learning rate changes over a run.
///
/// The course is over minibatches, and not over updates, so that it is the same for modes that make many updates of them
/// and for modes that make few. With η the peak rate, T the minibatches of the run, and w = warmup·T, the rate of an
/// update that takes minibatches b + 1 … e of the run is
///
///     η · e / w                          while b < w      (all shapes)
///     η                                  after that       (constant)
///     η · (T − b) / (T − w)              after that       (linear: the first update past T would have rate 0)
///     η · min(1, (T − b) / c)            after that       (trapezoid, with a cooldown of c = T/5 minibatches)
public struct LearningRateSchedule: Hashable, Sendable {
  /// The course after the warm-up.
  public enum Shape: String, CaseIterable, Sendable {
    /// The peak rate to the end.
    case constant
    /// From the peak rate straight down to 0 at the end of the run.
    case linear
    /// The peak rate, then straight down to 0 over the last fifth of the run.
    ///
    /// Sources: Hägele et al., "Scaling Laws and Compute-Optimal Training Beyond Fixed Training Durations",
    /// NeurIPS 2024, <https://arxiv.org/abs/2405.18392>.
    case trapezoid

    /// One line for lists and help.
    public var summary: String {
      switch self {
      case .constant: "the same learning rate to the end"
      case .linear: "straight down to 0 at the end of the run"
      case .trapezoid: "the same learning rate, then down to 0 over the last fifth of the run"
      }
    }
  }

  /// The share of the run over which ``Shape/trapezoid`` falls.
  static let cooldown = 0.2

  /// η, the largest rate.
  public let peak: Double
  /// The course after the warm-up.
  public let shape: Shape
  /// The number of minibatches over which the rate rises from 0.
  public let warmupMinibatches: Int
  /// The number of minibatches of the whole run.
  public let plannedMinibatches: Int

  /// Creates a schedule.
  ///
  /// - Parameters:
  ///   - peak: η, finite and not negative.
  ///   - shape: The course after the warm-up.
  ///   - warmup: The share of the run over which the rate rises, in `0...1`.
  ///   - plannedMinibatches: T.
  public init(peak: Double, shape: Shape, warmup: Double, plannedMinibatches: Int) {
    precondition(peak.isFinite && peak >= 0, "the learning rate must be finite and not negative, not \(peak)")
    precondition((0...1).contains(warmup), "the warm-up is a share of the run in 0...1, not \(warmup)")
    self.peak = peak
    self.shape = shape
    self.plannedMinibatches = plannedMinibatches
    warmupMinibatches = Int((warmup * Double(plannedMinibatches)).rounded())
  }

  /// Returns the rate of an update that takes the minibatches of the run that `minibatches` says, counted from 0.
  public func rate(of minibatches: Range<Int>) -> Double {
    let begin = minibatches.lowerBound
    if begin < warmupMinibatches {
      return peak * min(1, Double(minibatches.upperBound) / Double(warmupMinibatches))
    }
    switch shape {
    case .constant:
      return peak
    case .linear:
      guard begin < plannedMinibatches else { return 0 }
      return peak * Double(plannedMinibatches - begin) / Double(plannedMinibatches - warmupMinibatches)
    case .trapezoid:
      guard begin < plannedMinibatches else { return 0 }
      return peak * min(1, Double(plannedMinibatches - begin) / (Self.cooldown * Double(plannedMinibatches)))
    }
  }

  /// Returns the rate of an update that takes one minibatch, number `minibatch` of the run.
  public func rate(at minibatch: Int) -> Double {
    rate(of: minibatch..<minibatch + 1)
  }
}
