internal import Kernels

/// The models that `--model` names.
public enum ModelZoo {
  /// One model of the zoo.
  public struct Entry: Sendable {
    /// The name that `--model` takes.
    public let name: String
    /// The model in one line.
    public let summary: String

    let make: @Sendable (ModelOptions) -> Model
  }

  /// All models, in the order in which they are listed.
  public static let all: [Entry] = [
    Entry(
      name: "lenet5", summary: "LeNet-5 with ReLU and max pooling; 61,706 parameters for 1×28×28 and 10 classes",
      make: lenet5),
    Entry(
      name: "cnn", summary: "two wide convolutions and 1,024 hidden units; 3,274,634 parameters", make: cnn),
    Entry(
      name: "hogwild", summary: "the CNN with dropout of PyTorch's mnist_hogwild example; 21,840 parameters",
      make: hogwild),
    Entry(
      name: "mlp", summary: "hidden layers of --hidden units and --activation; 397,510 parameters by default",
      make: mlp),
    Entry(name: "softmax", summary: "a linear softmax classifier; 7,850 parameters", make: softmax),
  ]

  /// Returns the model of a name.
  ///
  /// - Parameters:
  ///   - name: The name of an entry of ``all``.
  ///   - options: What the user chose.
  /// - Returns: The model, not yet fitted to an input shape.
  /// - Throws: ``ModelError`` if there is no such model, or an option is out of its domain.
  public static func make(_ name: String, options: ModelOptions) throws(ModelError) -> Model {
    guard let entry = all.first(where: { $0.name == name }) else {
      throw .unknownModel(name: name, known: all.map(\.name))
    }
    guard options.classes >= 2 else { throw .tooSmall(option: "classes", value: options.classes, minimum: 2) }
    guard !options.hidden.isEmpty else { throw .tooSmall(option: "hidden layers", value: 0, minimum: 1) }
    for units in options.hidden where units < 1 {
      throw .tooSmall(option: "hidden units", value: units, minimum: 1)
    }
    return entry.make(options)
  }

  /// LeNet-5 as it is used today: ReLU for the scaled tanh, max pooling for the trainable subsampling, every map of the
  /// second convolution connected to all of the first, and softmax for the radial basis functions.
  ///
  /// Sources: LeCun, Bottou, Bengio & Haffner, "Gradient-Based Learning Applied to Document Recognition", 1998, §II.B.
  private static func lenet5(_ options: ModelOptions) -> Model {
    Model(
      name: "lenet5",
      layers: [
        "conv1": Conv2D(filters: 6, size: 5, padding: 2, activation: .relu),
        "pool1": MaxPool2D(2),
        "conv2": Conv2D(filters: 16, size: 5, activation: .relu),
        "pool2": MaxPool2D(2),
        "flatten": Flatten(),
        "fc1": Linear(120, activation: .relu),
        "fc2": Linear(84, activation: .relu),
        "fc3": Linear(options.classes),
      ])
  }

  /// The CNN of the federated-averaging experiments on MNIST, a usual subject of asynchronous training.
  ///
  /// Sources: McMahan, Moore, Ramage, Hampson & Agüera y Arcas, "Communication-Efficient Learning of Deep Networks from
  /// Decentralized Data", AISTATS 2017, §3, <https://arxiv.org/abs/1602.05629>; with 1,024 hidden units for its 512.
  private static func cnn(_ options: ModelOptions) -> Model {
    Model(
      name: "cnn",
      layers: [
        "conv1": Conv2D(filters: 32, size: 5, padding: .same, activation: .relu),
        "pool1": MaxPool2D(2),
        "conv2": Conv2D(filters: 64, size: 5, padding: .same, activation: .relu),
        "pool2": MaxPool2D(2),
        "flatten": Flatten(),
        "fc1": Linear(1024, activation: .relu),
        "fc2": Linear(options.classes),
      ])
  }

  /// The network of PyTorch's `mnist_hogwild` example.
  ///
  /// The example pools before it rectifies, and drops channels before it pools. A maximum, a rectifier and a factor that is
  /// not negative commute, so this order computes the same function, with less to rectify and to drop.
  ///
  /// Sources: <https://github.com/pytorch/examples/tree/main/mnist_hogwild>.
  private static func hogwild(_ options: ModelOptions) -> Model {
    Model(
      name: "hogwild",
      layers: [
        "conv1": Conv2D(filters: 10, size: 5, activation: .relu),
        "pool1": MaxPool2D(2),
        "conv2": Conv2D(filters: 20, size: 5, activation: .relu),
        "pool2": MaxPool2D(2),
        "dropout1": ChannelDropout(rate: 0.5),
        "flatten": Flatten(),
        "fc1": Linear(50, activation: .relu),
        "dropout2": Dropout(rate: 0.5),
        "fc2": Linear(options.classes),
      ])
  }

  /// A perceptron with as many hidden layers as the options have.
  private static func mlp(_ options: ModelOptions) -> Model {
    var layers: [(name: String, layer: any Layer)] = [("flatten", Flatten())]
    for (index, units) in options.hidden.enumerated() {
      layers.append(("fc\(index + 1)", Linear(units, activation: options.activation)))
    }
    layers.append(("fc\(options.hidden.count + 1)", Linear(options.classes)))
    return Model(name: "mlp", layers: layers)
  }

  private static func softmax(_ options: ModelOptions) -> Model {
    Model(name: "softmax", layers: ["flatten": Flatten(), "fc1": Linear(options.classes)])
  }
}
