internal import Kernels

extension KernelCase {
  /// The three passes of a convolution.
  static func convolution(_ shape: LayerShapes.Convolution, examples: Int) -> [KernelCase] {
    let geometry = shape.geometry
    func record(_ pass: BenchmarkRecord.Pass) -> BenchmarkRecord {
      var record = BenchmarkRecord(.conv2d, geometry.name(images: examples), pass: pass)
      record.model = shape.model
      record.batchSize = examples
      record.padding = geometry.padding
      return record
    }
    let operations = OperationCount.convolution(geometry, images: examples)
    func makeCase(
      _ pass: BenchmarkRecord.Pass,
      _ body: @escaping (any KernelBackend<Float>, ConvolutionBuffers, FloatBuffer) -> Void
    ) -> KernelCase {
      KernelCase(record(pass), operations: operations) {
        let buffers = ConvolutionBuffers(geometry, images: examples)
        return { backend in
          let workspace = FloatBuffer(backend.workspaceCount(for: geometry, images: examples))
          return { calls in
            for _ in 0..<calls { body(backend, buffers, workspace) }
          }
        }
      }
    }
    return [
      makeCase(.forward) { backend, buffers, workspace in
        backend.convolutionForward(
          geometry, images: examples, input: buffers.images.input, weights: buffers.weights.input,
          bias: buffers.bias.input, activation: .identity, output: buffers.outputs.values, workspace: workspace.values)
      },
      makeCase(.data) { backend, buffers, workspace in
        backend.convolutionBackwardData(
          geometry, images: examples, outputGradient: buffers.outputs.input, weights: buffers.weights.input,
          inputGradient: buffers.images.values, workspace: workspace.values)
      },
      makeCase(.weights) { backend, buffers, workspace in
        backend.convolutionBackwardWeights(
          geometry, images: examples, input: buffers.images.input, outputGradient: buffers.outputs.input,
          weightGradient: buffers.weights.values, biasGradient: buffers.bias.values, workspace: workspace.values)
      },
    ]
  }
}

private struct ConvolutionBuffers {
  let images: FloatBuffer
  let weights: FloatBuffer
  let bias: FloatBuffer
  let outputs: FloatBuffer

  init(_ geometry: ConvolutionGeometry, images count: Int) {
    images = FloatBuffer(count * geometry.inputCount)
    weights = FloatBuffer(geometry.weightCount)
    bias = FloatBuffer(geometry.filters)
    outputs = FloatBuffer(count * geometry.outputCount)
  }
}

extension ConvolutionGeometry {
  /// The extents of a convolution of `images` images as results name it: `64x32x14x14->64@5x5`.
  func name(images: Int) -> String {
    "\(images)x\(channels)x\(height)x\(width)->\(filters)@\(filterHeight)x\(filterWidth)"
      + (stride == 1 ? "" : " stride \(stride)")
  }
}
