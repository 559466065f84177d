import Kernels
import NeuralNet
import Randomness
import TestSupport

/// A model with parameters and a minibatch. All numbers are representable in `Float`.
struct ModelProblem {
  let model: ShapedModel
  var parameters: [Double]
  var images: [Double]
  var labels: [Int32]
}

extension ModelProblem {
  /// Creates parameters and images that keep every rectifier and every pooling window away from its kink.
  ///
  /// - Each convolution looks at one pixel of one channel with weight 1 and at everything else with very little; each
  ///   image is a staircase of steps within windows and of steps among windows. So the largest of a window stays it,
  ///   by about 0.15, through two convolutions.
  /// - A bias of ±1 (in a convolution: 0.1 or −10) outweighs everything that can come through the other weights, so that
  ///   each third unit is off and all others are on, whatever the input.
  init(_ name: String, input: Shape, examples: Int, options: ModelOptions = ModelOptions(classes: 10)) throws {
    model = try ModelZoo.make(name, options: options).shaped(for: input)
    var random = RandomStream(testCase: 1)
    parameters = []
    for entry in model.layout.entries {
      parameters += Self.values(of: entry, isLast: entry.name.hasPrefix(model.lastLayerName), random: &random)
    }
    images = Self.staircases(input, examples: examples, random: &random)
    labels = (0..<examples).map { Int32(($0 * 3 + 1) % options.classes) }
  }

  private static func values(
    of entry: ParameterLayout.Entry, isLast: Bool, random: inout RandomStream
  ) -> [Double] {
    let count = entry.range.count
    let isWeight = entry.name.hasSuffix("weight")
    let fanIn = Float(entry.shape.dropFirst().reduce(1, *))
    if isLast {
      return random.uniformFloats(count, in: isWeight ? -2 / fanIn.squareRoot()...2 / fanIn.squareRoot() : -1...1).map(
        Double.init)
    }
    guard isWeight else {
      let isConvolution = entry.name.hasPrefix("conv")
      return (0..<count).map { $0 % 3 == 2 ? (isConvolution ? -10 : -1) : Double(Float(isConvolution ? 0.1 : 1)) }
    }
    guard entry.shape.count == 4 else {
      let largestInput: Float = 4
      return random.uniformFloats(count, in: -0.9 / (fanIn * largestInput)...0.9 / (fanIn * largestInput))
        .map(Double.init)
    }
    var values = random.uniformFloats(count, in: -0.004 / fanIn...0.004 / fanIn).map(Double.init)
    let channels = entry.shape[1]
    let rows = entry.shape[2]
    let columns = entry.shape[3]
    for filter in 0..<entry.shape[0] {
      // Channels 0 and 1 are on, as each third is off.
      let channel = filter % min(2, channels)
      values[((filter * channels + channel) * rows + rows / 2) * columns + columns / 2] = 1
    }
    return values
  }

  private static func staircases(_ shape: Shape, examples: Int, random: inout RandomStream) -> [Double] {
    var images: [Double] = []
    for _ in 0..<examples * shape.dimensions[0] {
      for row in 0..<shape.dimensions[1] {
        for column in 0..<shape.dimensions[2] {
          let within = 2 * (row % 2) + column % 2
          let among = 2 * (row / 2 % 2) + column / 2 % 2
          images.append(Double(0.2 + 0.2 * Float(within + among) + random.uniform(in: 0...0.02)))
        }
      }
    }
    return images
  }
}

extension ShapedModel {
  /// The name of the layer that gives the logits.
  var lastLayerName: String { layers.last?.name ?? "" }
}
