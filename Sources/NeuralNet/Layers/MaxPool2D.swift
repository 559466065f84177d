internal import Kernels
internal import Randomness

/// The maximum of each window of each channel.
///
///     y[c,p,q,n] = max_{r,s < window} x[c, p·stride + r, q·stride + s, n]
///
/// Input `[C, H, W, N]`, output `[C, P, Q, N]` with `P = (H − window) / stride + 1`, and `Q` likewise; windows that would
/// leave the input are dropped. The gradient goes to the first maximum of the window in row-major order.
public struct MaxPool2D: Layer {
  /// Rows and columns of a window.
  public let window: Int
  /// Input elements between two neighbouring windows, along both axes.
  public let stride: Int

  /// Creates a pooling; `stride` left out is the window, so that windows do not overlap.
  public init(_ window: Int, stride: Int? = nil) {
    self.window = window
    self.stride = stride ?? window
  }

  /// The hyperparameters: `max 2×2`, with the stride where windows overlap or leave gaps.
  public var summary: String {
    stride == window ? "max \(window)×\(window)" : "max \(window)×\(window), stride \(stride)"
  }

  /// Returns the pooling for images of shape `input`.
  ///
  /// - Throws: ``ShapeError`` if `input` is no `[C, H, W]`, or the window exceeds the image.
  public func shaped(for input: Shape) throws(ShapeError) -> any ShapedLayer {
    guard input.dimensions.count == 3 else { throw ShapeError(.needsImage, input: input) }
    do throws(GeometryError) {
      let geometry = try PoolingGeometry(
        channels: input.dimensions[0], height: input.dimensions[1], width: input.dimensions[2], window: window,
        stride: stride)
      return ShapedMaxPool2D(geometry: geometry)
    } catch {
      throw ShapeError(.geometry(error), input: input)
    }
  }
}

private struct ShapedMaxPool2D: ShapedLayer {
  let geometry: PoolingGeometry

  var outputShape: Shape { [geometry.channels, geometry.outputHeight, geometry.outputWidth] }
  var parameters: [ParameterDescriptor] { [] }

  func compile<Scalar: KernelScalar>(
    capacity: Int, backend: any KernelBackend<Scalar>
  ) -> (any CompiledLayer<Scalar>)? {
    CompiledMaxPool2D(
      geometry: geometry, capacity: capacity, backend: backend, followsRectifier: false)
  }
}

private struct CompiledMaxPool2D<Scalar: KernelScalar>: CompiledLayer {
  let geometry: PoolingGeometry
  let capacity: Int
  let backend: any KernelBackend<Scalar>
  /// Whether the input is a rectifier's output whose derivative is to be applied here.
  var followsRectifier: Bool

  var takingRectifierFromPrevious: (any CompiledLayer<Scalar>)? {
    var layer = self
    layer.followsRectifier = true
    return layer
  }

  /// The position of each window's maximum.
  var memoryNeeds: MemoryNeeds { MemoryNeeds(keptBytes: capacity * geometry.outputCount) }

  func forward(_ pass: ForwardPass<Scalar>, random: inout RandomStream) {
    backend.maxPoolForward(
      geometry, images: pass.examples, input: pass.input, output: pass.output, argmax: pass.memory.keptBytes)
  }

  func backward(_ pass: BackwardPass<Scalar>) {
    guard let inputGradient = pass.inputGradient else { return }
    backend.maxPoolBackward(
      geometry, images: pass.examples, outputGradient: pass.outputGradient, argmax: pass.memory.keptBytes,
      rectifiedOutput: followsRectifier ? pass.output : nil, inputGradient: inputGradient)
  }
}
