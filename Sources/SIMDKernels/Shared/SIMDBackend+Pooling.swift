public import KernelInterface

extension SIMDBackend {
  /// Computes the maximum of each window, and where it was.
  public func maxPoolForward(
    _ geometry: PoolingGeometry, images: Int, input: UnsafePointer<Float>, output: UnsafeMutablePointer<Float>,
    argmax: UnsafeMutablePointer<UInt8>
  ) {
    preconditionFailure("being written")
  }

  /// Sends each output gradient to the input element that was the maximum; overlapping windows add up.
  public func maxPoolBackward(
    _ geometry: PoolingGeometry, images: Int, outputGradient: UnsafePointer<Float>, argmax: UnsafePointer<UInt8>,
    rectifiedOutput: UnsafePointer<Float>?, inputGradient: UnsafeMutablePointer<Float>
  ) {
    preconditionFailure("being written")
  }
}
