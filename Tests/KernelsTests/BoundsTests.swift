import Kernels
import TestSupport
import Testing

@Suite("Bounds")
struct BoundsTests {
  @Test("no matrix product reads or writes beyond its operands, not even what it throws away")
  func matrixProducts() async {
    await #expect(processExitsWith: .success) {
      for backend in BackendUnderTest.all {
        for fence in Fence.allCases {
          for (m, n, k) in [
            (1, 1, 1), (5, 7, 3), (6, 8, 4), (7, 9, 5), (19, 27, 33), (20, 12, 300), (3, 20, 6), (15, 33, 17),
            (29, 140, 5), (14, 32, 16),
          ] {
            for (transposeA, transposeB) in [(false, false), (false, true), (true, false), (true, true)] {
              let problem = GEMM(m: m, n: n, k: k, transposeA: transposeA, transposeB: transposeB)
              let a = FencedBuffer<Float>(count: m * k, fence: fence)
              let b = FencedBuffer<Float>(count: k * n, fence: fence)
              let c = FencedBuffer<Float>(count: m * n, fence: fence)
              let rowBias = FencedBuffer<Float>(count: m, fence: fence)
              let columnBias = FencedBuffer<Float>(count: n, fence: fence)
              let workspace = FencedBuffer<Float>(count: backend.kernels.workspaceCount(for: problem), fence: fence)
              for (bias, axis) in [(rowBias, Epilogue<Float>.BiasAxis.rows), (columnBias, .columns)] {
                backend.kernels.gemm(
                  problem, alpha: 1, a: a.pointer, b: b.pointer, beta: 1, c: c.pointer,
                  epilogue: Epilogue(bias: bias.pointer, along: axis, activation: .tanh),
                  workspace: workspace.pointer)
              }
            }
          }
        }
      }
    }
  }

  @Test("no convolution reads or writes beyond its operands, not even what it throws away")
  func convolutions() async {
    await #expect(processExitsWith: .success) {
      for backend in BackendUnderTest.all {
        for fence in Fence.allCases {
          for shape in [
            try ConvolutionShape(1, 1, 1, 1, 1, 1, 1), try ConvolutionShape(3, 2, 5, 5, 3, 1, 1),
            try ConvolutionShape(5, 2, 7, 7, 3, 3, 3), try ConvolutionShape(8, 2, 7, 7, 7, 3, 3, padding: 1),
            try ConvolutionShape(2, 1, 28, 28, 6, 5, 5, padding: 2),
            try ConvolutionShape(9, 3, 9, 9, 20, 3, 3, stride: 2), try ConvolutionShape(17, 6, 8, 8, 16, 5, 5),
            try ConvolutionShape(16, 16, 6, 6, 15, 3, 3, padding: 1),
            try ConvolutionShape(33, 3, 4, 3, 5, 2, 2, padding: 2),
            try ConvolutionShape(7, 3, 7, 7, 4, 1, 1, stride: 2),
          ] {
            let (g, images) = (shape.geometry, shape.images)
            let input = FencedBuffer<Float>(count: images * g.inputCount, fence: fence)
            let output = FencedBuffer<Float>(count: images * g.outputCount, fence: fence)
            let weights = FencedBuffer<Float>(count: g.weightCount, fence: fence)
            let bias = FencedBuffer<Float>(count: g.filters, fence: fence)
            let gradient = FencedBuffer<Float>(count: g.weightCount, fence: fence)
            let workspace = FencedBuffer<Float>(
              count: backend.kernels.workspaceCount(for: g, images: images), fence: fence)
            backend.kernels.convolutionForward(
              g, images: images, input: input.pointer, weights: weights.pointer, bias: bias.pointer,
              activation: .sigmoid, output: output.pointer, workspace: workspace.pointer)
            backend.kernels.convolutionBackwardWeights(
              g, images: images, input: input.pointer, outputGradient: output.pointer,
              weightGradient: gradient.pointer, biasGradient: bias.pointer, workspace: workspace.pointer)
            backend.kernels.convolutionBackwardData(
              g, images: images, outputGradient: output.pointer, weights: weights.pointer,
              inputGradient: input.pointer, workspace: workspace.pointer)
          }
        }
      }
    }
  }

  @Test("no pooling reads or writes beyond its operands, not even what it throws away")
  func pooling() async {
    await #expect(processExitsWith: .success) {
      for backend in BackendUnderTest.all {
        for fence in Fence.allCases {
          for (size, window, stride) in [(2, 2, 2), (5, 2, 2), (8, 2, 2), (7, 3, 2), (6, 2, 1)] {
            for images in [1, 2, 7, 8, 17, 33] {
              let g = try PoolingGeometry(channels: 3, height: size, width: size, window: window, stride: stride)
              let input = FencedBuffer<Float>(count: images * g.inputCount, fence: fence)
              let output = FencedBuffer<Float>(count: images * g.outputCount, fence: fence)
              let argmax = FencedBuffer(Array(repeating: UInt8(0), count: images * g.outputCount), fence: fence)
              backend.kernels.maxPoolForward(
                g, images: images, input: input.pointer, output: output.pointer, argmax: argmax.pointer)
              for rectifiedOutput in [nil, UnsafePointer(output.pointer)] {
                backend.kernels.maxPoolBackward(
                  g, images: images, outputGradient: output.pointer, argmax: argmax.pointer,
                  rectifiedOutput: rectifiedOutput, inputGradient: input.pointer)
              }
            }
          }
        }
      }
    }
  }

  @Test("no vector kernel reads or writes beyond its operands, not even what it throws away")
  func vectors() async {
    await #expect(processExitsWith: .success) {
      for backend in BackendUnderTest.all {
        let kernels = backend.kernels
        for fence in Fence.allCases {
          for count in [1, 2, 3, 5, 7, 8, 9, 17, 33, 64, 65, 100] {
            let x = FencedBuffer<Float>(count: count, fence: fence)
            let y = FencedBuffer<Float>(count: count, fence: fence)
            let z = FencedBuffer<Float>(count: count, fence: fence)
            let labels = FencedBuffer(Array(repeating: Int32(0), count: count), fence: fence)
            let factor = FencedBuffer<Float>(count: 1, fence: fence)
            for activation in Activation.allCases {
              kernels.activationForward(activation, count: count, input: x.pointer, output: y.pointer)
              kernels.activationBackward(
                activation, count: count, output: y.pointer, outputGradient: x.pointer, inputGradient: z.pointer)
            }
            _ = kernels.softmaxCrossEntropy(
              examples: 1, classes: count, logits: x.pointer, labels: labels.pointer, gradientScale: 1,
              gradient: y.pointer)
            _ = kernels.softmaxCrossEntropy(
              examples: count, classes: 1, logits: x.pointer, labels: labels.pointer, gradientScale: 1,
              gradient: y.pointer)
            kernels.sumColumns(rows: 1, columns: count, matrix: x.pointer, output: factor.pointer)
            kernels.sumColumns(rows: count, columns: 1, matrix: x.pointer, output: y.pointer)
            kernels.scaleUnits(
              units: 1, unitSize: count, examples: 1, factors: factor.pointer, input: x.pointer, output: y.pointer)
            kernels.scaleUnits(
              units: 1, unitSize: 1, examples: count, factors: z.pointer, input: x.pointer, output: y.pointer)
            kernels.scaledSum(count: count, alpha: 1, x: x.pointer, beta: 1, y: y.pointer)
            _ = kernels.firstNonFinite(count: count, values: x.pointer)
            kernels.sgdStep(
              SGDStep(learningRate: 1, momentum: 1, weightDecay: 1), count: count, parameters: x.pointer,
              gradient: y.pointer, velocity: z.pointer, updated: x.pointer)
            kernels.sgdStep(
              SGDStep(learningRate: 1), count: count, parameters: x.pointer, gradient: y.pointer, velocity: nil,
              updated: x.pointer)
            kernels.sgdStep(
              SGDStep(learningRate: 1, momentum: 1, isNesterov: true), count: count, parameters: x.pointer,
              gradient: y.pointer, velocity: z.pointer, updated: x.pointer)
            let adaptive = AdaptiveStep<Float>(stepSize: 1, secondDecay: 1, secondWeight: 1, epsilon: 1)
            let second = FencedBuffer<Float>(count: count, fence: fence)
            kernels.adaptiveStep(
              adaptive, count: count, parameters: x.pointer, gradient: y.pointer, first: nil, second: second.pointer,
              updated: x.pointer)
            kernels.adaptiveStep(
              adaptive, count: count, parameters: x.pointer, gradient: y.pointer, first: z.pointer,
              second: second.pointer, updated: x.pointer)
            for isNesterov in [false, true] {
              kernels.accumulateMomentum(
                1, isNesterov: isNesterov, count: count, gradient: y.pointer, velocity: z.pointer)
            }
            _ = kernels.squaredNorm(count: count, values: x.pointer)
          }
        }
      }
    }
  }
}
