internal import Kernels

/// Turns `[C, H, W]` into the flat list that ``Linear`` takes: value [c, h, w] is number (c·H + h)·W + w.
///
/// Storage is row-major and contiguous already, so nothing is copied.
public struct Flatten: Layer {
  /// Creates a layer.
  public init() {}

  /// A word for it: `flatten`.
  public var summary: String { "flatten" }

  /// Returns the layer for examples of shape `input`.
  public func shaped(for input: Shape) -> any ShapedLayer {
    ShapedFlatten(outputShape: [input.count])
  }
}

private struct ShapedFlatten: ShapedLayer {
  let outputShape: Shape

  var parameters: [ParameterDescriptor] { [] }

  func compile<Scalar: KernelScalar>(
    capacity: Int, backend: any KernelBackend<Scalar>
  ) -> (any CompiledLayer<Scalar>)? {
    nil
  }
}
