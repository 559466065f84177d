internal import Kernels

/// The shapes of the layers that the kernels are measured on.
enum LayerShapes {
  /// A fully connected layer.
  struct Linear: Hashable {
    let model: String
    let inputs: Int
    let outputs: Int
  }

  /// A convolution.
  struct Convolution: Hashable {
    /// The model that it is a layer of, or `nil` for one that only resembles those of larger models.
    let model: String?
    let geometry: ConvolutionGeometry
  }

  /// The fully connected layers of the models, for images of 1×28×28 and 10 classes.
  static let linear = [
    Linear(model: "lenet5", inputs: 400, outputs: 120),
    Linear(model: "lenet5", inputs: 120, outputs: 84),
    Linear(model: "lenet5", inputs: 84, outputs: 10),
    Linear(model: "cnn", inputs: 3136, outputs: 1024),
    Linear(model: "cnn", inputs: 1024, outputs: 10),
    Linear(model: "hogwild", inputs: 320, outputs: 50),
    Linear(model: "hogwild", inputs: 50, outputs: 10),
    Linear(model: "mlp", inputs: 784, outputs: 500),
    Linear(model: "mlp", inputs: 500, outputs: 10),
    Linear(model: "softmax", inputs: 784, outputs: 10),
  ]

  /// The convolutions of the models and of larger ones; where they keep the extents, with zeros around the image.
  static let convolutions = [
    square("cnn", 1, 28, filters: 32, size: 5, padding: 2),
    square("cnn", 32, 14, filters: 64, size: 5, padding: 2),
    square("lenet5", 1, 28, filters: 6, size: 5, padding: 2),
    square("lenet5", 6, 14, filters: 16, size: 5, padding: 0),
    square("hogwild", 1, 28, filters: 10, size: 5, padding: 0),
    square("hogwild", 10, 12, filters: 20, size: 5, padding: 0),
    square(nil, 3, 32, filters: 64, size: 3, padding: 1),
    square(nil, 64, 32, filters: 64, size: 3, padding: 1),
    square(nil, 128, 16, filters: 128, size: 3, padding: 1),
    square(nil, 256, 8, filters: 256, size: 3, padding: 1),
  ]

  private static func square(
    _ model: String?, _ channels: Int, _ side: Int, filters: Int, size: Int, padding: Int
  ) -> Convolution {
    do {
      return Convolution(
        model: model,
        geometry: try ConvolutionGeometry(
          channels: channels, height: side, width: side, filters: filters, filterHeight: size, filterWidth: size,
          padding: padding))
    } catch {
      preconditionFailure("the table of convolutions is wrong: \(error)")
    }
  }
}
