public import Kernels
internal import Randomness

/// A 2-D convolution over a minibatch of images, with one bias a filter and an activation.
///
///     y[k,p,q,n] = f(b[k] + Σ_{c,r,s} w[k,c,r,s] · x[c, p·stride + r − padding, q·stride + s − padding, n])
///
/// where `x` reads as zero outside its bounds (a cross-correlation: the filter is not flipped).
///
/// | Value              | Shape          |
/// | ------------------ | -------------- |
/// | input              | `[C, H, W, N]` |
/// | parameter `weight` | `[K, C, R, S]` |
/// | parameter `bias`   | `[K]`          |
/// | output             | `[K, P, Q, N]` |
///
/// `P = (H + 2·padding − R) / stride + 1`, and `Q` likewise from `W` and `S`; a remainder is dropped.
///
/// Sources: symbols, Chetlur et al. 2014, <https://arxiv.org/abs/1410.0759>.
public struct Conv2D: Layer {
  /// K, the number of filters.
  public let filters: Int
  /// R×S.
  public let size: FilterSize
  /// Input elements between two neighbouring outputs, along both axes.
  public let stride: Int
  /// Zeros on each side.
  public let padding: Padding
  /// f.
  public let activation: Activation

  /// Creates a convolution.
  ///
  /// - Parameters:
  ///   - filters: K, the number of filters.
  ///   - size: R×S; an integer literal makes it square.
  ///   - stride: Input elements between two neighbouring outputs.
  ///   - padding: Zeros on each side; an integer literal gives their number.
  ///   - activation: f, computed together with the convolution.
  /// - Precondition: Padding ``Padding/same`` comes with square filters of odd size and stride 1; nothing else can keep
  ///   the extents with equal zeros on all sides.
  public init(
    filters: Int, size: FilterSize, stride: Int = 1, padding: Padding = 0, activation: Activation = .identity
  ) {
    precondition(
      padding != .same || (size.height == size.width && !size.height.isMultiple(of: 2) && stride == 1),
      "padding 'same' needs square filters of odd size and stride 1, but they are \(size) with stride \(stride)")
    self.filters = filters
    self.size = size
    self.stride = stride
    self.padding = padding
    self.activation = activation
  }

  /// The hyperparameters: `16@5×5, stride 2, padding 2, relu`, without those that change nothing.
  public var summary: String {
    var parts = ["\(filters)@\(size)"]
    if stride != 1 { parts.append("stride \(stride)") }
    if zeros != 0 { parts.append("padding \(zeros)") }
    if activation != .identity { parts.append(activation.rawValue) }
    return parts.joined(separator: ", ")
  }

  private var zeros: Int {
    switch padding {
    case .zeros(let count): count
    case .same: (size.height - 1) / 2
    }
  }

  /// Returns the convolution for images of shape `input`.
  ///
  /// - Throws: ``ShapeError`` if `input` is no `[C, H, W]`, or a filter exceeds the padded image.
  public func shaped(for input: Shape) throws(ShapeError) -> any ShapedLayer {
    guard input.dimensions.count == 3 else { throw ShapeError(.needsImage, input: input) }
    do throws(GeometryError) {
      let geometry = try ConvolutionGeometry(
        channels: input.dimensions[0], height: input.dimensions[1], width: input.dimensions[2], filters: filters,
        filterHeight: size.height, filterWidth: size.width, stride: stride, padding: zeros)
      return ShapedConv2D(geometry: geometry, activation: activation)
    } catch {
      throw ShapeError(.geometry(error), input: input)
    }
  }
}

private struct ShapedConv2D: ShapedLayer {
  let geometry: ConvolutionGeometry
  let activation: Activation

  var outputShape: Shape { [geometry.filters, geometry.outputHeight, geometry.outputWidth] }

  var parameters: [ParameterDescriptor] {
    let initializer = WeightInitializer.uniformFanIn(geometry.patchCount)
    return [
      ParameterDescriptor(
        name: "weight", shape: [geometry.filters, geometry.channels, geometry.filterHeight, geometry.filterWidth],
        initializer: initializer),
      ParameterDescriptor(name: "bias", shape: [geometry.filters], initializer: initializer),
    ]
  }

  func compile<Scalar: KernelScalar>(
    capacity: Int, backend: any KernelBackend<Scalar>
  ) -> (any CompiledLayer<Scalar>)? {
    CompiledConv2D(
      geometry: geometry, activation: activation, capacity: capacity, backend: backend, derivative: activation)
  }
}

private struct CompiledConv2D<Scalar: KernelScalar>: CompiledLayer {
  let geometry: ConvolutionGeometry
  let activation: Activation
  let capacity: Int
  let backend: any KernelBackend<Scalar>
  /// The activation whose derivative the output gradient still lacks.
  var derivative: Activation

  var leavingRectifierToNext: (any CompiledLayer<Scalar>)? {
    guard activation == .relu else { return nil }
    var layer = self
    layer.derivative = .identity
    return layer
  }

  var memoryNeeds: MemoryNeeds {
    MemoryNeeds(workspace: backend.workspaceCount(for: geometry, images: capacity))
  }

  func forward(_ pass: ForwardPass<Scalar>, random: inout RandomStream) {
    backend.convolutionForward(
      geometry, images: pass.examples, input: pass.input, weights: pass.parameters,
      bias: pass.parameters + geometry.weightCount, activation: activation, output: pass.output,
      workspace: pass.memory.workspace)
  }

  func visitActivations(_ pass: ForwardPass<Scalar>, _ visit: ([String], ActivationOutput<Scalar>) -> Void) {
    guard activation != .identity else { return }
    visit(
      [],
      ActivationOutput(
        activation, units: geometry.filters,
        valuesPerUnit: geometry.outputHeight * geometry.outputWidth * pass.examples, values: pass.output))
  }

  func backward(_ pass: BackwardPass<Scalar>) {
    if derivative != .identity {
      backend.activationBackward(
        derivative, count: pass.examples * geometry.outputCount, output: pass.output,
        outputGradient: pass.outputGradient, inputGradient: pass.outputGradient)
    }
    backend.convolutionBackwardWeights(
      geometry, images: pass.examples, input: pass.input, outputGradient: pass.outputGradient,
      weightGradient: pass.parameterGradient, biasGradient: pass.parameterGradient + geometry.weightCount,
      workspace: pass.memory.workspace)
    if let inputGradient = pass.inputGradient {
      backend.convolutionBackwardData(
        geometry, images: pass.examples, outputGradient: pass.outputGradient, weights: pass.parameters,
        inputGradient: inputGradient, workspace: pass.memory.workspace)
    }
  }
}
