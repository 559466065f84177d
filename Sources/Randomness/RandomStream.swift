/// A reproducible stream of random numbers, addressed by what it is for.
///
/// The stream is counter-based: number `i` is a pure function of (seed, purpose, worker, step, i), so streams of
/// different workers and steps never overlap, none has to be carried from one step to the next, and a recorded
/// gradient can be computed again from its key alone.
///
/// The generator is Philox4x32-10. The key is the 64-bit seed; the 128-bit counter is
/// `[block, step, worker, purpose]`, one 32-bit word each.
///
/// The integers (``next()``, ``uniform(below:)``, ``permute(_:)``) are the same on every platform. ``gaussian()``
/// uses the system's logarithm and cosine, which may differ in the last bit from one C library to another.
///
/// Sources: Salmon, Moraes, Dror & Shaw, "Parallel Random Numbers: As Easy as 1, 2, 3", SC 2011,
/// <https://doi.org/10.1145/2063384.2063405>.
public struct RandomStream: RandomNumberGenerator, Sendable {
  /// What a stream is drawn for; streams of different purposes are independent.
  ///
  /// The raw values enter the counter: changing one changes every published result.
  public enum Purpose: UInt32, Sendable {
    /// Initial parameters; `step` is the index of the parameter tensor.
    case initialization = 1
    /// The order of examples; `step` is the epoch.
    case epochOrder = 2
    /// Dropout masks; `step` is the index of the minibatch in the run.
    case dropout = 3
    /// The embedded digits; `step` is the index of the image.
    case syntheticDigits = 4
    /// Label shuffling for negative controls.
    case labelShuffle = 5
    /// What a compressed gradient keeps, and how it is rounded; `step` is the index of the minibatch in the run.
    case compression = 6
    /// How long a virtual worker computes; `step` counts its calculations.
    case computeTime = 7
    /// How long a virtual server works on a push; `step` counts its pushes.
    case serviceTime = 8
    /// Which faults strike whom, and when.
    case faults = 9
    /// Inputs made for tests and benchmarks.
    case testing = 100
  }

  private let key: (UInt32, UInt32)
  private var counter: (UInt32, UInt32, UInt32, UInt32)
  private var block: (UInt32, UInt32, UInt32, UInt32) = (0, 0, 0, 0)
  /// Words of `block` already handed out; 4 means that the next call computes a new block.
  private var used = 4

  /// Creates the stream of one worker's one step.
  ///
  /// - Parameters:
  ///   - seed: The seed of the run.
  ///   - purpose: What the numbers are for.
  ///   - worker: The worker that draws them, 0 where there is none.
  ///   - step: The step they are drawn in, less than 2³².
  public init(seed: UInt64, purpose: Purpose, worker: Int = 0, step: Int = 0) {
    key = (UInt32(truncatingIfNeeded: seed), UInt32(truncatingIfNeeded: seed >> 32))
    counter = (0, UInt32(step), UInt32(worker), purpose.rawValue)
  }

  /// Returns the next 32 bits.
  @inline(__always)
  public mutating func nextWord() -> UInt32 {
    if used == 4 { refill() }
    defer { used += 1 }
    switch used {
    case 0: return block.0
    case 1: return block.1
    case 2: return block.2
    default: return block.3
    }
  }

  /// Returns the next 64 bits, two words with the earlier one low.
  public mutating func next() -> UInt64 {
    let low = nextWord()
    return UInt64(low) | UInt64(nextWord()) << 32
  }

  /// Returns a number drawn uniformly from `[0, 1)`, a multiple of 2⁻²⁴.
  public mutating func uniform() -> Float {
    Float(nextWord() >> 8) * 0x1p-24
  }

  /// Fills `values` with the numbers that as many calls of ``uniform()`` would return.
  ///
  /// Whole blocks go straight from registers to memory, without a look at where the stream stands for each number.
  public mutating func fillUniform(_ values: UnsafeMutableBufferPointer<Float>) {
    var index = 0
    while index < values.count && used < 4 {
      values[index] = uniform()
      index += 1
    }
    while values.count - index >= 4 {
      let words = philox4x32(counter: counter, key: key)
      counter.0 += 1
      values[index] = Float(words.0 >> 8) * 0x1p-24
      values[index + 1] = Float(words.1 >> 8) * 0x1p-24
      values[index + 2] = Float(words.2 >> 8) * 0x1p-24
      values[index + 3] = Float(words.3 >> 8) * 0x1p-24
      index += 4
    }
    while index < values.count {
      values[index] = uniform()
      index += 1
    }
  }

  /// Returns a number drawn uniformly from `range`.
  public mutating func uniform(in range: ClosedRange<Float>) -> Float {
    range.lowerBound + (range.upperBound - range.lowerBound) * uniform()
  }

  /// Returns an integer drawn uniformly from `0..<bound`, without bias.
  ///
  /// Sources: Lemire, "Fast Random Integer Generation in an Interval", TOMACS 2019,
  /// <https://doi.org/10.1145/3230636>.
  ///
  /// - Precondition: `bound` is greater than 0.
  public mutating func uniform(below bound: UInt32) -> UInt32 {
    precondition(bound > 0, "the range 0..<0 is empty")
    var product = UInt64(nextWord()) * UInt64(bound)
    if UInt32(truncatingIfNeeded: product) < bound {
      let threshold = (0 &- bound) % bound
      while UInt32(truncatingIfNeeded: product) < threshold {
        product = UInt64(nextWord()) * UInt64(bound)
      }
    }
    return UInt32(product >> 32)
  }

  /// Returns a number drawn from the normal distribution of mean 0 and deviation 1 (Box and Muller's method).
  public mutating func gaussian() -> Float {
    // 1 − u lies in (0, 1], where the logarithm is finite.
    let radius = (-2 * logarithm(1 - Double(uniform()))).squareRoot()
    return Float(radius * cosine(2 * .pi * Double(uniform())))
  }

  /// Puts `elements` into a uniformly random order (Fisher and Yates's shuffle).
  ///
  /// - Precondition: There are fewer than 2³² elements.
  public mutating func permute<Element>(_ elements: UnsafeMutableBufferPointer<Element>) {
    guard elements.count > 1 else { return }
    for last in stride(from: elements.count - 1, to: 0, by: -1) {
      elements.swapAt(last, Int(uniform(below: UInt32(last + 1))))
    }
  }

  private mutating func refill() {
    block = philox4x32(counter: counter, key: key)
    counter.0 += 1
    used = 0
  }
}
