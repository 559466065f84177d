import Kernels
import NeuralNet
import Testing

@Suite("The model zoo")
struct ModelZooTests {
  private static let countedModels: [(name: String, input: Shape, count: Int)] = [
    ("lenet5", [1, 28, 28], 61_706), ("lenet5", [3, 32, 32], 83_126), ("cnn", [1, 28, 28], 3_274_634),
    ("hogwild", [1, 28, 28], 21_840), ("mlp", [1, 28, 28], 397_510), ("mlp", [784], 397_510),
    ("softmax", [1, 28, 28], 7_850), ("softmax", [3, 32, 32], 30_730),
  ]

  @Test("each model has exactly its parameters", arguments: countedModels)
  func parameterCounts(name: String, input: Shape, count: Int) throws {
    let model = try ModelZoo.make(name, options: ModelOptions(classes: 10)).shaped(for: input)
    #expect(model.layout.count == count)
    #expect(model.layers.reduce(0) { $0 + $1.parameterCount } == count)
    #expect(model.classes == 10)
    #expect(model.inputShape == input)
    #expect(model.model.name == name)
  }

  @Test("lenet5 has these layers")
  func layersOfLeNet5() throws {
    let model = try ModelZoo.make("lenet5", options: ModelOptions(classes: 26)).shaped(for: [1, 28, 28])
    #expect(
      model.layers.map { "\($0.name) (\($0.summary)) \($0.outputShape) \($0.parameterCount)" } == [
        "conv1 (6@5×5, padding 2, relu) 6×28×28 156", "pool1 (max 2×2) 6×14×14 0",
        "conv2 (16@5×5, relu) 16×10×10 2416", "pool2 (max 2×2) 16×5×5 0", "flatten (flatten) 400 0",
        "fc1 (120, relu) 120 48120", "fc2 (84, relu) 84 10164", "fc3 (26) 26 2210",
      ])
  }

  @Test("cnn has these layers")
  func layersOfCNN() throws {
    let model = try ModelZoo.make("cnn", options: ModelOptions(classes: 10)).shaped(for: [1, 28, 28])
    #expect(
      model.layers.map { "\($0.name) (\($0.summary)) \($0.outputShape)" } == [
        "conv1 (32@5×5, padding 2, relu) 32×28×28", "pool1 (max 2×2) 32×14×14",
        "conv2 (64@5×5, padding 2, relu) 64×14×14", "pool2 (max 2×2) 64×7×7", "flatten (flatten) 3136",
        "fc1 (1024, relu) 1024", "fc2 (10) 10",
      ])
  }

  @Test("hogwild has these layers")
  func layersOfHogwild() throws {
    let model = try ModelZoo.make("hogwild", options: ModelOptions(classes: 10)).shaped(for: [1, 28, 28])
    #expect(
      model.layers.map { "\($0.name) (\($0.summary)) \($0.outputShape)" } == [
        "conv1 (10@5×5, relu) 10×24×24", "pool1 (max 2×2) 10×12×12", "conv2 (20@5×5, relu) 20×8×8",
        "pool2 (max 2×2) 20×4×4", "dropout1 (channel dropout 0.5) 20×4×4", "flatten (flatten) 320",
        "fc1 (50, relu) 50", "dropout2 (dropout 0.5) 50", "fc2 (10) 10",
      ])
  }

  @Test("mlp takes hidden units and their activation")
  func optionsOfMLP() throws {
    let options = ModelOptions(classes: 7, hidden: [30], activation: .tanh)
    let model = try ModelZoo.make("mlp", options: options).shaped(for: [3, 2, 2])
    #expect(model.layers.map(\.summary) == ["flatten", "30, tanh", "7"])
    #expect(model.layout.count == 30 * 12 + 30 + 7 * 30 + 7)
    #expect(ModelOptions(classes: 10) == ModelOptions(classes: 10, hidden: [500], activation: .sigmoid))
    #expect(ModelOptions(classes: 10, hidden: [3, 2]) == ModelOptions(classes: 10, hidden: [3, 2], activation: .relu))
  }

  @Test("mlp takes several hidden layers, each followed by the activation")
  func hiddenLayersOfMLP() throws {
    let options = ModelOptions(classes: 10, hidden: [1000, 2000, 1000], activation: .relu)
    let model = try ModelZoo.make("mlp", options: options).shaped(for: [1, 28, 28])
    #expect(
      model.layers.map { "\($0.name) (\($0.summary)) \($0.outputShape) \($0.parameterCount)" } == [
        "flatten (flatten) 784 0", "fc1 (1000, relu) 1000 785000", "fc2 (2000, relu) 2000 2002000",
        "fc3 (1000, relu) 1000 2001000", "fc4 (10) 10 10010",
      ])
    // The network of Hermans, "On Scalable Deep Learning and Parallelizing Gradient Descent", 2017.
    #expect(model.layout.count == 4_798_010)
  }

  @Test("the list has five models, each with a summary, and makes each")
  func list() throws {
    #expect(ModelZoo.all.map(\.name) == ["lenet5", "cnn", "hogwild", "mlp", "softmax"])
    for entry in ModelZoo.all {
      #expect(!entry.summary.isEmpty)
      #expect(try ModelZoo.make(entry.name, options: ModelOptions(classes: 2)).name == entry.name)
    }
  }

  @Test("an unknown name is refused with the names there are")
  func unknownName() {
    let error = #expect(throws: ModelError.self) {
      try ModelZoo.make("lenet", options: ModelOptions(classes: 10))
    }
    #expect(
      error?.description == "there is no model 'lenet'; the models are lenet5, cnn, hogwild, mlp, softmax")
  }

  @Test("options out of their domain are refused with value and minimum")
  func optionsOutOfDomain() {
    let classes = #expect(throws: ModelError.self) {
      try ModelZoo.make("lenet5", options: ModelOptions(classes: 1))
    }
    #expect(classes?.description == "the number of classes is 1, but must be at least 2")
    let layers = #expect(throws: ModelError.self) {
      try ModelZoo.make("mlp", options: ModelOptions(classes: 10, hidden: []))
    }
    #expect(layers?.description == "the number of hidden layers is 0, but must be at least 1")
    let hidden = #expect(throws: ModelError.self) {
      try ModelZoo.make("mlp", options: ModelOptions(classes: 10, hidden: [20, 0]))
    }
    #expect(hidden?.description == "the number of hidden units is 0, but must be at least 1")
  }
}
