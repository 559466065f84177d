public import KernelInterface
internal import VectorIntrinsics

/// Kernels for the vector registers of one instruction set.
///
/// The same sources are compiled into one module for each instruction set; which of them a program uses is decided when
/// it runs. `VectorIntrinsics.h` says what differs: the width of a register, and the register tiles that fit.
public struct SIMDBackend: KernelBackend {
  /// The element type of all buffers.
  public typealias Scalar = Float

  /// Creates the backend.
  ///
  /// - Precondition: The machine has the instruction set; its use is an illegal instruction otherwise.
  public init() {}

  /// The name that `--kernels` takes.
  public var name: String { "simd" }

  /// The instruction set that this module was compiled for.
  public var instructionSet: String { ISA_NAME }
}
