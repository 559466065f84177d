/// How the learning rate changes over a run.
///
/// With η the peak rate, T the planned updates, and w = warmup·T, the rate of update t = 0, 1, … is
///
///     η · (t + 1) / w                    while t < w      (all shapes)
///     η                                  after that       (constant)
///     η · (T − t) / (T − w)              after that       (linear: the first update past T would have rate 0)
///     η · min(1, (T − t) / c)            after that       (trapezoid, with a cooldown of c = T/5 updates)
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
  /// The number of updates over which the rate rises from 0.
  public let warmupUpdates: Int
  /// The number of updates of the whole run.
  public let plannedUpdates: Int

  /// Creates a schedule.
  ///
  /// - Parameters:
  ///   - peak: η, finite and not negative.
  ///   - shape: The course after the warm-up.
  ///   - warmup: The share of the run over which the rate rises, in `0...1`.
  ///   - plannedUpdates: T.
  public init(peak: Double, shape: Shape, warmup: Double, plannedUpdates: Int) {
    precondition(peak.isFinite && peak >= 0, "the learning rate must be finite and not negative, not \(peak)")
    precondition((0...1).contains(warmup), "the warm-up is a share of the run in 0...1, not \(warmup)")
    self.peak = peak
    self.shape = shape
    self.plannedUpdates = plannedUpdates
    warmupUpdates = Int((warmup * Double(plannedUpdates)).rounded())
  }

  /// Returns the rate of update `update`, counted from 0.
  public func rate(at update: Int) -> Double {
    if update < warmupUpdates {
      return peak * Double(update + 1) / Double(warmupUpdates)
    }
    switch shape {
    case .constant:
      return peak
    case .linear:
      guard update < plannedUpdates else { return 0 }
      return peak * Double(plannedUpdates - update) / Double(plannedUpdates - warmupUpdates)
    case .trapezoid:
      guard update < plannedUpdates else { return 0 }
      return peak * min(1, Double(plannedUpdates - update) / (Self.cooldown * Double(plannedUpdates)))
    }
  }
}
