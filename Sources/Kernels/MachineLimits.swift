package import KernelInterface
internal import SIMDKernels

#if arch(x86_64)
  internal import SIMDKernelsAVX2
  internal import SIMDKernelsAVX512
#endif

extension InstructionSet {
  /// The probe of the machine's limits that was compiled for this instruction set, or `nil` if this build has none.
  ///
  /// - Precondition of its use: The machine has the instruction set.
  package var limitProbe: (any LimitProbe)? {
    Self.limitProbes.first { $0.instructionSet == rawValue }
  }

  private static let limitProbes: [any LimitProbe] = {
    var probes: [any LimitProbe] = []
    #if arch(x86_64)
      probes.append(SIMDKernelsAVX512.SIMDLimitProbe())
      probes.append(SIMDKernelsAVX2.SIMDLimitProbe())
    #endif
    probes.append(SIMDKernels.SIMDLimitProbe())
    return probes
  }()
}
