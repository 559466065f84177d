internal import SIMDKernels
internal import VectorIntrinsics

#if arch(x86_64)
  internal import SIMDKernelsAVX2
  internal import SIMDKernelsAVX512
#endif

/// An instruction set that the SIMD kernels can be compiled for.
public enum InstructionSet: String, CaseIterable, Sendable {
  /// x86-64 with AVX-512 F, BW, DQ and VL: 32 registers of 16 floats.
  case avx512
  /// x86-64 with AVX2 and FMA: 16 registers of 8 floats.
  case avx2
  /// Every x86-64: 16 registers of 4 floats, no fused multiply-add.
  case sse2
  /// Every arm64: 32 registers of 4 floats.
  case neon
  /// Whatever the compiler makes of vectors of 4 floats.
  case generic

  /// The instruction sets that this build has kernels for, the widest first.
  public static let compiled: [InstructionSet] = backends.map(\.instructionSet)

  /// The instruction sets of ``compiled`` that this machine has, the widest first; never empty.
  public static let supported: [InstructionSet] = compiled.filter(\.isOfThisMachine)

  /// Whether this machine has the instruction set, kernels for it or not.
  var isOfThisMachine: Bool { isa_is_supported(level) != 0 }

  /// Why there are no SIMD kernels for this instruction set here, as a clause that completes "because"; `nil` if there are.
  var absence: String? {
    func list(_ sets: [InstructionSet]) -> String { sets.map(\.rawValue).joined(separator: ", ") }
    if !Self.compiled.contains(self) {
      return "this build has no kernels for \(rawValue), only for \(list(Self.compiled))"
    }
    return Self.supported.contains(self) ? nil : "this machine does not have \(rawValue), only \(list(Self.supported))"
  }

  /// The SIMD kernels of every module, the widest instruction set first.
  ///
  /// In a build for the machine at hand (`-Xcc -march=native`), several modules were compiled for the same instruction set:
  /// one is kept.
  private static let backends: [(instructionSet: InstructionSet, kernels: any KernelBackend<Float>)] = {
    var modules: [any KernelBackend<Float>] = []
    #if arch(x86_64)
      modules.append(SIMDKernelsAVX512.SIMDBackend())
      modules.append(SIMDKernelsAVX2.SIMDBackend())
    #endif
    modules.append(SIMDKernels.SIMDBackend())
    return InstructionSet.allCases.compactMap { instructionSet in
      modules.first { $0.instructionSet == instructionSet.rawValue }.map { (instructionSet, $0) }
    }
  }()

  /// The SIMD kernels compiled for this instruction set.
  ///
  /// - Precondition: It is one of ``compiled``.
  var kernels: any KernelBackend<Float> {
    guard let backend = Self.backends.first(where: { $0.instructionSet == self }) else {
      preconditionFailure("this build has no kernels for \(rawValue)")
    }
    return backend.kernels
  }

  private var level: Int32 {
    switch self {
    case .avx512: ISA_AVX512
    case .avx2: ISA_AVX2
    case .sse2: ISA_SSE2
    case .neon: ISA_NEON
    case .generic: ISA_GENERIC
    }
  }
}
