internal import DataPipeline

/// How long something takes, each time anew: the calculation of a minibatch's gradient, or the server's work on a push.
///
/// Whatever the family, ``mean`` is its mean, so that families are compared at the same load. A model has no state: a
/// duration is a pure function of the seed, the worker and the number of its calculation.
public struct ComputeTimeModel: Hashable, Sendable {
  /// The shape of the distribution.
  public enum Family: Hashable, Sendable {
    /// Always the mean.
    case constant
    /// Memoryless: P(T > t) = e^(−t/m).
    case exponential
    /// The sum of `shape` exponential stages, if that is whole; coefficient of variation 1/√shape.
    case gamma(shape: Double)
    /// A normal logarithm; `cv` is the coefficient of variation of the durations, not of their logarithms.
    case logNormal(cv: Double)
    /// A power-law tail, P(T > t) = (x/t)^shape for t ≥ x = m·(shape − 1)/shape; infinite variance up to shape 2.
    case pareto(shape: Double)
    /// A share of the mean that it always takes, and an exponential rest.
    case shiftedExponential(shift: Double)
    /// Drawn with replacement from what was measured, for each worker from its own durations where they are known.
    case measured(MeasuredDurations)
  }

  /// The shape of the distribution.
  public var family: Family
  /// Its mean, in seconds.
  public var mean: Double

  /// The mean where none is given, in seconds.
  public static let defaultMean = 0.01

  /// The shape of ``Family/gamma(shape:)`` where none is given.
  ///
  /// With 8 workers it gives a staleness of variance 2.8, p95 10 and p99 11 or 12, in the middle of what was measured with 8
  /// workers on a real machine (21 traces: variance 2.0 to 3.1, p95 8 to 10, p99 9 to 12). The shape 100 of other
  /// simulators gives 1.3: too regular.
  ///
  /// Sources: the traces of Wu et al., "Delay-adaptive step-sizes for asynchronous learning", ICML 2022,
  /// <https://arxiv.org/abs/2202.08550>.
  public static let defaultShape = 32.0

  /// What is assumed of workers of which nothing is known: gamma, with a mean of 10 ms.
  public static let standard = ComputeTimeModel(.gamma(shape: defaultShape))

  /// Creates a model.
  ///
  /// - Parameters:
  ///   - family: The shape of the distribution; its numbers are in the domains of ``Family``.
  ///   - mean: The mean in seconds; `nil` for that of what was measured, and for 10 ms with all other families.
  public init(_ family: Family, mean: Double? = nil) {
    self.family = family
    if case .measured(let durations) = family {
      self.mean = mean ?? durations.mean
    } else {
      self.mean = mean ?? Self.defaultMean
    }
  }

  /// The deviation over the mean; infinite if the variance is.
  public var coefficientOfVariation: Double {
    switch family {
    case .constant: 0
    case .exponential: 1
    case .gamma(let shape): 1 / shape.squareRoot()
    case .logNormal(let cv): cv
    case .pareto(let shape): shape > 2 ? 1 / (shape * (shape - 2)).squareRoot() : .infinity
    case .shiftedExponential(let shift): 1 - shift
    case .measured(let durations): durations.coefficientOfVariation
    }
  }
}

/// Durations that were measured, to be drawn from.
public struct MeasuredDurations: Hashable, Sendable {
  /// The durations in seconds, worker after worker.
  let values: [Double]
  /// Where each worker's durations are: all of them for a worker that has none of its own.
  let ranges: [Range<Int>]
  /// The file that they come from, to be named in the text of a model; empty if there is none.
  public let source: String

  /// Creates durations that all workers share.
  ///
  /// - Parameters:
  ///   - values: The durations in seconds, in any order.
  ///   - source: The file that they come from.
  /// - Precondition: There is at least one; all are finite, and above 0.
  public init(_ values: [Double], source: String = "") {
    self.init(byWorker: [values], source: source)
  }

  /// Creates durations of each worker by itself; workers beyond them share them all in turn.
  ///
  /// - Parameters:
  ///   - byWorker: The durations in seconds of each worker; where one has none, it draws from those of all.
  ///   - source: The file that they come from.
  /// - Precondition: There is at least one; all are finite, and above 0.
  public init(byWorker: [[Double]], source: String = "") {
    let all = byWorker.flatMap(\.self)
    precondition(!all.isEmpty, "no durations were measured")
    precondition(all.allSatisfy { $0 > 0 && $0.isFinite }, "a measured duration is not above 0")
    var end = 0
    ranges = byWorker.map { own in
      end += own.count
      return own.isEmpty ? 0..<all.count : end - own.count..<end
    }
    values = all
    self.source = source
  }

  /// The 64-bit FNV-1a hash of the durations and of whose they are: what a ``source`` alone does not say.
  public var contentHash: String {
    var hash = FNV1a()
    values.withUnsafeBytes { hash.combine($0) }
    for range in ranges {
      withUnsafeBytes(of: (range.lowerBound, range.upperBound)) { hash.combine($0) }
    }
    return hash.description
  }

  /// The mean of all of them, in seconds.
  public var mean: Double { values.reduce(0, +) / Double(values.count) }

  /// The deviation of all of them over their mean.
  public var coefficientOfVariation: Double {
    let mean = mean
    let variance = values.reduce(0) { $0 + ($1 - mean) * ($1 - mean) } / Double(values.count)
    return variance.squareRoot() / mean
  }
}
