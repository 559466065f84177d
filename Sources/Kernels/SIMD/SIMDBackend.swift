/// Kernels for the vector registers that every machine of the build's target has.
///
/// Matrix products are blocked for the caches and computed in register tiles; a convolution is lowered with im2col to
/// matrix products, one image at a time. The code is compiled for the target's baseline, so it runs wherever the
/// program starts.
public struct SIMDBackend: KernelBackend {
  /// The element type of all buffers.
  public typealias Scalar = Float

  /// Creates the backend.
  public init() {}

  /// The name that `--kernels` takes.
  public var name: String { "simd" }

  /// The instruction set that the code was compiled for: the baseline of the architecture.
  public var instructionSet: String {
    #if arch(x86_64)
      "sse2"
    #elseif arch(arm64)
      "neon"
    #else
      "generic"
    #endif
  }
}
