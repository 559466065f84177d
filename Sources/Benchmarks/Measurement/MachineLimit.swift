internal import Kernels

/// The limits of the machine, as work that is timed in the same rounds as what they are limits of.
struct MachineLimit {
  /// The instruction set of the probes: the widest that this machine has.
  let instructionSet: InstructionSet
  private let probe: any LimitProbe

  /// Steps of each chain of multiplications and additions in one call, some 5 µs.
  private static let iterationsPerCall = 1024

  /// Creates the probes of the widest instruction set that this machine has.
  init() {
    self.init(InstructionSet.supported[0])
  }

  /// Creates the probes of an instruction set.
  ///
  /// - Precondition: The machine has it.
  init(_ instructionSet: InstructionSet) {
    guard InstructionSet.supported.contains(instructionSet), let probe = instructionSet.limitProbe else {
      preconditionFailure("there are no probes for \(instructionSet)")
    }
    self.instructionSet = instructionSet
    self.probe = probe
  }

  /// The floating-point operations of one call of ``multiplyAdd``.
  var operationsPerCall: Double { Double(probe.operationsPerIteration * Self.iterationsPerCall) }

  /// Multiplications and additions in registers: as many a second as one core can do.
  var multiplyAdd: Work {
    { [probe] calls in
      let sum = probe.multiplyAdd(iterations: calls * Self.iterationsPerCall, factor: 0.5, term: 1)
      precondition(sum.isFinite, "the probe's values do not stay in range")
    }
  }

  /// Streams through memory with one addition and one multiplication for every 12 bytes.
  struct Stream {
    /// Reads two arrays and writes a third.
    let work: Work
    /// The bytes read and written in one call.
    let bytesPerCall: Double
  }

  /// Returns the stream through three arrays of together `bytes` bytes: as fast as the caches that hold them allow.
  func stream(bytes: Double) -> Stream {
    let count = max(64, Int(bytes / 12))
    let (a, b, target) = (FloatBuffer(count), FloatBuffer(count), FloatBuffer(count))
    return Stream(
      work: { [probe] calls in
        for _ in 0..<calls { probe.triad(count: count, a: a.input, factor: 0.5, b: b.input, target: target.values) }
      },
      bytesPerCall: Double(12 * count))
  }
}
