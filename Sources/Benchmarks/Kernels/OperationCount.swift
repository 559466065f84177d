internal import Kernels
internal import NeuralNet

/// How many floating-point operations the formulas ask for, whatever a kernel saves or adds.
///
/// A multiplication and the addition of its product count as two. Zeros around an image count like its values; biases,
/// activations and poolings do not count.
enum OperationCount {
  /// 2·m·n·k.
  static func product(m: Int, n: Int, k: Int) -> Double {
    2 * Double(m) * Double(n) * Double(k)
  }

  /// 2·N·K·P·Q·C·R·S, for each of the three passes.
  static func convolution(_ geometry: ConvolutionGeometry, images: Int) -> Double {
    2 * Double(images) * Double(geometry.outputCount) * Double(geometry.patchCount)
  }

  /// The operations of the gradient of one example: three passes through each layer with weights, but the first such
  /// layer's input needs no gradient.
  ///
  /// Each weight of a layer takes part once at each position of the output: P·Q of them in a convolution, one elsewhere.
  static func gradient(_ model: ShapedModel) -> Double {
    var total = 0.0
    var isFirst = true
    for layer in model.layers {
      let positions = layer.outputShape.dimensions.dropFirst().reduce(1, *)
      for entry in model.layout.entries where entry.name.hasPrefix(layer.name + ".") && entry.shape.count > 1 {
        total += (isFirst ? 2 : 3) * 2 * Double(entry.range.count * positions)
        isFirst = false
      }
    }
    return total
  }
}
