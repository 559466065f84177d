import TrainCommand

/// A vocabulary like the program's.
let sampleVocabulary = Vocabulary(
  models: [
    .init("lenet5", "two convolutions and three dense layers"), .init("cnn", "two wide convolutions"),
    .init("hogwild", "the example network of Hogwild"), .init("mlp", "one hidden layer"),
    .init("softmax", "a linear classifier"),
  ],
  modelsWithHiddenLayer: ["mlp"],
  activations: [.init("sigmoid", "1 / (1 + exp(-x))"), .init("relu", "max(0, x)"), .init("tanh", "tanh(x)")],
  datasets: [
    .init("digits", "drawn digits, built in"), .init("mnist", "handwritten digits"),
    .init("fashion-mnist", "clothes"), .init("emnist-letters", "handwritten letters"), .init("cifar10", "photographs"),
  ],
  builtInDatasets: ["digits"],
  modes: [.init("async", "nobody waits"), .init("sync", "a barrier after every minibatch")],
  rules: [.init("plain", "as if it were fresh")],
  optimizers: [.init("sgd", "a step along the gradient"), .init("momentum", "a heavy ball")],
  compressions: [.init("none", "whole", details: "free of charge"), .init("top-k", "the largest")],
  schedules: [.init("constant", "stays"), .init("linear", "falls to 0 at the end")],
  kernels: [.init("auto", "the fastest"), .init("simd", "vectors"), .init("reference", "plain loops")],
  kernelsWithInstructionSets: ["auto", "simd"])

/// Parses arguments separated by spaces, on a machine with four cores.
func parse(_ arguments: String) throws(UsageError) -> Command {
  try parse(arguments.split(separator: " ").map(String.init))
}

/// What the arguments ask for, without the record of which options were given.
func parse(_ arguments: [String]) throws(UsageError) -> Command {
  let command = try Command.parse(arguments, vocabulary: sampleVocabulary, cores: 4)
  guard case .train(var options) = command else { return command }
  options.given = []
  return .train(options)
}

/// The defaults of `train` on that machine, altered by `change`.
func trainCommand(_ change: (inout TrainOptions) -> Void = { _ in }) -> Command {
  var options = TrainOptions(cores: 4)
  change(&options)
  return .train(options)
}
