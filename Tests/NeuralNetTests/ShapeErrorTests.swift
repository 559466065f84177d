import NeuralNet
import Testing

@Suite("Shapes that do not fit")
struct ShapeErrorTests {
  private func message(_ model: Model, _ input: Shape) -> String? {
    let error = #expect(throws: ShapeError.self) { try model.shaped(for: input) }
    return error?.description
  }

  /// An input that a model of the zoo does not take.
  struct Refusal: Sendable, CustomStringConvertible {
    let model: String
    let input: Shape
    let message: String

    var description: String { "\(model) \(input)" }
  }

  private static let refusals: [Refusal] = [
    Refusal(
      model: "lenet5", input: [1, 3, 3],
      message:
        "model lenet5 does not take inputs of 1×3×3: layer conv2 (16@5×5, relu): the height of the window is 5, but the "
        + "input has only 1 along that axis, padding included; its input is 6×1×1"),
    Refusal(
      model: "lenet5", input: [1, 28, 11],
      message:
        "model lenet5 does not take inputs of 1×28×11: layer pool2 (max 2×2): the width of the window is 2, but the "
        + "input has only 1 along that axis, padding included; its input is 16×10×1"),
    Refusal(
      model: "hogwild", input: [1, 4, 28],
      message:
        "model hogwild does not take inputs of 1×4×28: layer conv1 (10@5×5, relu): the height of the window is 5, but the "
        + "input has only 4 along that axis, padding included; its input is 1×4×28"),
    Refusal(
      model: "cnn", input: [1, 2, 8],
      message:
        "model cnn does not take inputs of 1×2×8: layer pool2 (max 2×2): the height of the window is 2, but the input "
        + "has only 1 along that axis, padding included; its input is 64×1×4"),
    Refusal(
      model: "cnn", input: [784],
      message:
        "model cnn does not take inputs of 784: layer conv1 (32@5×5, padding 2, relu): it takes images of "
        + "channels×height×width, but its input is 784"),
    Refusal(
      model: "mlp", input: [1, 0, 28],
      message:
        "model mlp does not take inputs of 1×0×28: axis 1 has extent 0, but must have at least 1"),
    Refusal(
      model: "softmax", input: [100_000, 100_000, 100_000, 100_000],
      message:
        "model softmax does not take inputs of 100000×100000×100000×100000: an input of 100000×100000×100000×100000 "
        + "has more than 2147483647 values"),
  ]

  @Test("a model of the zoo names the layer, the axis and both values", arguments: refusals)
  func zoo(_ refusal: Refusal) throws {
    let model = try ModelZoo.make(refusal.model, options: ModelOptions(classes: 10))
    #expect(message(model, refusal.input) == refusal.message)
  }

  @Test("a linear layer over an image asks for a flat list")
  func linearOverImage() {
    #expect(
      message(Model(name: "m", layers: ["fc": Linear(3)]), [2, 3, 4])
        == "model m does not take inputs of 2×3×4: layer fc (3): it takes a flat list of values, but its input is 2×3×4"
    )
  }

  @Test("channel dropout and pooling over a flat list ask for images")
  func imagesWanted() {
    #expect(
      message(Model(name: "m", layers: ["drop": ChannelDropout(rate: 0.5)]), [5])
        == "model m does not take inputs of 5: layer drop (channel dropout 0.5): it takes images of "
        + "channels×height×width, but its input is 5")
    #expect(
      message(Model(name: "m", layers: ["pool": MaxPool2D(3, stride: 1)]), [5])
        == "model m does not take inputs of 5: layer pool (max 3×3, stride 1): it takes images of "
        + "channels×height×width, but its input is 5")
  }

  @Test("a layer inside another is named by its path")
  func nested() {
    let inner = Sequential(["conv": Conv2D(filters: 0, size: 3)])
    #expect(
      message(Model(name: "m", layers: ["outer": Sequential(["inner": inner])]), [1, 5, 5])
        == "model m does not take inputs of 1×5×5: layer outer.inner.conv (0@3×3): filters is 0, but must be at least 1; "
        + "its input is 1×5×5")
  }

  @Test("a model must end in logits, and have something to train")
  func ends() {
    #expect(
      message(Model(name: "m", layers: ["conv": Conv2D(filters: 2, size: 3)]), [1, 5, 5])
        == "model m does not take inputs of 1×5×5: its output is 2×3×3, but a classifier's output is one flat list of "
        + "logits")
    #expect(
      message(Model(name: "m", layers: ["flatten": Flatten()]), [1, 5, 5])
        == "model m does not take inputs of 1×5×5: it has no parameters to train")
  }

  @Test("an output too large to count is refused, not computed")
  func tooLarge() {
    let model = Model(name: "m", layers: ["conv": Conv2D(filters: .max / 4, size: 1), "flatten": Flatten()])
    #expect(
      message(model, [1, 9, 9])
        == "model m does not take inputs of 1×9×9: layer conv (2305843009213693951@1×1): its output "
        + "2305843009213693951×9×9 has more than 2147483647 values")
  }

  @Test("padding 'same' needs square filters of odd size and stride 1")
  func samePadding() async {
    await #expect(processExitsWith: .failure) { _ = Conv2D(filters: 1, size: 4, padding: .same) }
    await #expect(processExitsWith: .failure) { _ = Conv2D(filters: 1, size: FilterSize(3, 5), padding: .same) }
    await #expect(processExitsWith: .failure) { _ = Conv2D(filters: 1, size: 3, stride: 2, padding: .same) }
  }

  @Test("layers of one chain have different names, without dots")
  func names() async {
    await #expect(processExitsWith: .failure) { _ = Sequential(["a": Flatten(), "a": Flatten()]) }
    await #expect(processExitsWith: .failure) { _ = Sequential(["a.b": Flatten()]) }
    await #expect(processExitsWith: .failure) { _ = Sequential(["": Flatten()]) }
  }
}
