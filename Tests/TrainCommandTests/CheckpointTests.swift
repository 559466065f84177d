import AsyncSGD
import Foundation
import Interchange
import Kernels
import NeuralNet
import Reporting
import Testing

@testable import TrainCommand

/// A field of the metadata, a value that it cannot have, and what it must be.
struct BadField: Sendable, CustomTestStringConvertible {
  let field: String
  let value: String
  let expected: String
  var testDescription: String { "\(field) = \(value)" }

  init(_ field: String, _ value: String, _ expected: String) {
    (self.field, self.value, self.expected) = (field, value, expected)
  }
}

private let badFields: [BadField] =
  [
    ("format", ["0", "-1", "one", ""], "an integer of at least 1"),
    ("dataset", ["letters", ""], "one of digits, mnist, fashion-mnist, emnist-letters, cifar10"),
    ("model", ["LeNet", ""], "one of lenet5, cnn, hogwild, mlp, softmax"),
    (
      "hidden", ["0", "65537", "3.0", "", "3,", ",3", "3,,3", "3, 3", "3x3", "3,0", "1,1,1,1,1,1,1,1,1"],
      "up to 8 integers in 1...65536 with commas between them"
    ),
    ("activation", ["gelu", "identity"], "one of sigmoid, relu, tanh"),
    ("kernels", ["fast"], "one of auto, simd, openblas, onednn, reference"),
    (
      "rule", ["stale"],
      "one of plain, staleness-aware, delay-adaptive, gap-aware, dc-asgd-c, dc-asgd-a, fasgd, dana, smega2, ormo, "
        + "closed-loop-momentum"
    ),
    ("compression", ["zip", ""], "one of none, top-k, threshold, random-k, 1-bit, sign-sgd, qsgd, dgc"),
    ("hyperparameter.backup-workers", ["-1", "two", "129", "1.0", ""], "a whole number from 0 to 128"),
    ("hyperparameter.beta1", ["1", "nan", "x"], "a number from 0 to below 1"),
    ("hyperparameter.gradients-from", ["all", ""], "distinct or any"),
    ("state.tempo", ["nan", "inf", "fast", ""], "a number in -1.7976931348623157e+308...1.7976931348623157e+308"),
    ("workers", ["0", "129", "99999999999999999999"], "an integer in 1...128"),
    (
      "mode", ["parallel", "ASYNC"],
      "one of sequential, sync, soft-sync, async, ssp, dssp, hogwild, easgd, eamsgd, local-sgd, agn, ringmaster, "
        + "rennala, fedbuff"
    ),
    ("optimizer", ["lion"], "one of sgd, momentum, nesterov, adagrad, rmsprop, adam, adamw"),
    ("momentum", ["1", "-0.1", "nan", "x"], "a number in 0.0..<1.0"),
    ("weightDecay", ["1.5", "-1", "inf"], "a number in 0.0...1.0"),
    ("epochs", ["0", "100001"], "an integer in 1...100000"),
    ("batchSize", ["0", "65537"], "an integer in 1...65536"),
    ("learningRate", ["-1", "1001", "nan", ""], "a number in 0.0...1000.0"),
    ("schedule", ["cosine"], "one of constant, linear, trapezoid"),
    ("warmup", ["-0.5", "2"], "a number in 0.0...1.0"),
    ("seed", ["-1", "18446744073709551616", "1.0"], "an integer of 64 bits without sign"),
    ("onDivergence", ["halt"], "one of stop, skip"),
    ("inputShape", ["", "1x2x", "0x2x3", "1x-2x3", "1x2x1048577", "axb"], "extents such as 1x28x28"),
    ("classes", ["1", "65537"], "an integer in 2...65536"),
    ("optimizerState", ["", "speed"], "a list with 'velocity', which 'momentum' needs"),
    ("updates", ["-1", "9007199254740993"], "an integer in 0...9007199254740992"),
    ("epoch", ["-1", "8"], "an integer in 0...7"),
    ("trainingExamples", ["0", "-1", "9007199254740993"], "an integer in 1...9007199254740992"),
    // 37 examples are 5 minibatches of 9 at most.
    ("nextMinibatch", ["-1", "5"], "an integer in 0...4"),
    ("examples", ["-1", "9223372036854775807"], "an integer in 0...9007199254740992"),
  ].flatMap { field, values, expected in values.map { BadField("asgd.\(field)", $0, expected) } }

/// Fields without which a checkpoint cannot be read: all but those that some runs do not have.
private let neededFields = Set(badFields.map(\.field)).filter { field in
  !["hidden", "activation", "compression", "hyperparameter.", "state."].contains { field.hasPrefix("asgd.\($0)") }
}.sorted()

@Suite("Checkpoint files")
struct CheckpointTests {
  @Test("a checkpoint is read as it was written, to the bit")
  func roundTrip() throws {
    let fixture = try CheckpointFixture()
    try CheckpointFixture.checkpoint().write(to: fixture.path)
    let read = try Checkpoint(reading: fixture.path)
    #expect(read.settings == CheckpointFixture.settings)
    #expect(read.state == CheckpointFixture.state)
    #expect(read.model.inputShape == Shape([1, 2, 3]))
    #expect(read.model.classes == 4)
    #expect(read.model.layout.count == CheckpointFixture.parameters)
  }

  @Test("a checkpoint of a model without options and without a state of the optimizer is, too")
  func plainRoundTrip() throws {
    let fixture = try CheckpointFixture()
    var options = TrainOptions(cores: 1)
    options.model = "softmax"
    let settings = RunSettings(options)
    let model = try settings.shapedModel(input: [2, 1, 1], classes: 2)
    let state = TrainerState(
      parameters: [1, 2, 3, 4, 5, 6], carried: CarriedState(), version: 0, epoch: 0, nextMinibatch: 0,
      trainingExamples: 1,
      examples: 0)
    try Checkpoint(settings: settings, model: model, state: state).write(to: fixture.path)
    let read = try Checkpoint(reading: fixture.path)
    #expect(read.settings == settings)
    #expect(read.settings.hidden == nil && read.settings.activation == nil)
    #expect(read.state == state)
  }

  @Test("a checkpoint of several hidden layers is read as it was written")
  func hiddenLayersRoundTrip() throws {
    let fixture = try CheckpointFixture()
    var options = TrainOptions(cores: 1)
    (options.model, options.hidden) = ("mlp", HiddenLayers([3, 1, 2]))
    let settings = RunSettings(options)
    #expect(settings.metadata["hidden"] == "3,1,2")
    let model = try settings.shapedModel(input: [1, 1, 2], classes: 2)
    // 2·3 + 3, 3·1 + 1, 1·2 + 2 and 2·2 + 2.
    #expect(model.layout.count == 23)
    let state = TrainerState(
      parameters: (0..<23).map { Float($0) }, carried: CarriedState(), version: 0, epoch: 0, nextMinibatch: 0,
      trainingExamples: 1, examples: 0)
    try Checkpoint(settings: settings, model: model, state: state).write(to: fixture.path)
    let read = try Checkpoint(reading: fixture.path)
    #expect(read.settings == settings && read.state == state && read.model.layout == model.layout)
  }

  @Test("a field that cannot be is named with its value and what it must be", arguments: badFields)
  func badField(_ bad: BadField) throws {
    let fixture = try CheckpointFixture()
    let fault = try fixture.fault { $1[bad.field] = bad.value }
    #expect(
      fault == .malformedField(path: fixture.path, field: bad.field, value: bad.value, expected: bad.expected))
  }

  @Test("a field that is missing is named", arguments: neededFields)
  func missingField(_ field: String) throws {
    let fixture = try CheckpointFixture()
    #expect(try fixture.fault { $1[field] = nil } == .missingField(path: fixture.path, field: field))
  }

  @Test("fields of others are left alone, and a hidden layer that is not stated is the model's own")
  func otherFields() throws {
    let fixture = try CheckpointFixture()
    #expect(try fixture.fault { $1["license"] = "CC0" } == nil)
    // 397,510 parameters are more than the file has.
    #expect(
      try fixture.fault { $1["asgd.hidden"] = nil }
        == .shapeMismatch(path: fixture.path, tensor: "fc1.weight", expected: [500, 6], actual: [3, 6]))
  }

  @Test("a hyperparameter that this program does not know is not passed over")
  func unknownHyperparameter() throws {
    let fixture = try CheckpointFixture()
    let fault = try fixture.fault { $1["asgd.hyperparameter.patience"] = "3" }
    #expect(fault == .unknownField(path: fixture.path, field: "asgd.hyperparameter.patience"))
    #expect(
      fault?.description
        == "'\(fixture.path)': this program knows no 'asgd.hyperparameter.patience', which the metadata have")
  }

  @Test("settings that mean nothing together are refused")
  func contradiction() throws {
    let fixture = try CheckpointFixture()
    let fault = try fixture.fault { $1["asgd.rule"] = "dana" }
    #expect(
      fault?.description
        == "'\(fixture.path)' has settings that mean nothing together: '--rule dana' does not go with '--mode sync', in "
        + "which no gradient is stale: choose --mode async, ssp, dssp, agn or ringmaster")
  }

  @Test("hyperparameters are kept as they were given, and the rest has its defaults")
  func hyperparameters() throws {
    let fixture = try CheckpointFixture()
    var checkpoint = try CheckpointFixture.checkpoint()
    checkpoint.settings.configuration.hyperparameters[.backupWorkers] = .integer(2)
    checkpoint.settings.configuration.hyperparameters[.clipNorm] = .number(1.0 / 3)
    try checkpoint.write(to: fixture.path)
    let metadata = try SafetensorsFile(reading: fixture.path).metadata
    #expect(metadata["asgd.hyperparameter.backup-workers"] == "2")
    #expect(metadata.keys.filter { $0.hasPrefix("asgd.hyperparameter.") }.count == 2)
    #expect(try Checkpoint(reading: fixture.path).settings == checkpoint.settings)
  }

  @Test("vectors and numbers of optimizer and rule are kept, to the bit")
  func carriedState() throws {
    let fixture = try CheckpointFixture()
    var checkpoint = try CheckpointFixture.checkpoint()
    checkpoint.settings.configuration.optimizer = .adam
    let vector = (0..<CheckpointFixture.parameters).map { Float($0) / 7 }
    checkpoint.state.carried = CarriedState(
      vectors: ["mean": vector, "squareMean": vector, "rule.meanSquare": vector.reversed()],
      scalars: ["updates": 12, "rule.deviation": 0.1, "rule.least": -Double.leastNonzeroMagnitude])
    try checkpoint.write(to: fixture.path)
    #expect(try Checkpoint(reading: fixture.path).state == checkpoint.state)
    let file = try SafetensorsFile(reading: fixture.path)
    #expect(file["optimizer.mean.fc1.weight"] != nil && file["rule.meanSquare.fc1.weight"] != nil)
    #expect(file.metadata["asgd.state.rule.deviation"] == "0.1")

    checkpoint.state.carried.scalars["updates"] = nil
    try checkpoint.write(to: fixture.path)
    #expect(throws: CheckpointError.missingField(path: fixture.path, field: "asgd.state.updates")) {
      try Checkpoint(reading: fixture.path)
    }
  }

  @Test("a checkpoint of before there was compression has none")
  func withoutCompression() throws {
    let fixture = try CheckpointFixture()
    #expect(try fixture.fault { $1["asgd.compression"] = nil } == nil)
    #expect(try Checkpoint(reading: fixture.path).settings == CheckpointFixture.settings)
  }

  @Test("a later format is refused by its number")
  func laterFormat() throws {
    let fixture = try CheckpointFixture()
    #expect(
      try fixture.fault { $1["asgd.format"] = "2" } == .unknownFormat(path: fixture.path, version: 2, supported: 1))
  }

  @Test("a model that cannot take the images is refused with the reason")
  func impossibleModel() throws {
    let fixture = try CheckpointFixture()
    let fault = try fixture.fault {
      $1["asgd.model"] = "lenet5"
      $1["asgd.inputShape"] = "1x8x8"
    }
    guard case .impossibleModel(fixture.path, let reason) = fault else {
      Issue.record("\(fault.map { "\($0)" } ?? "accepted")")
      return
    }
    #expect(reason.hasPrefix("model lenet5 does not take inputs of 1×8×8: layer conv2 "))
  }

  @Test("a model too large for any memory is refused, and nothing is allocated for it")
  func hugeModel() throws {
    let fixture = try CheckpointFixture()
    let fault = try fixture.fault {
      $1["asgd.inputShape"] = "1048576x1048576x1048576"
      $1["asgd.hidden"] = "65536"
    }
    guard case .impossibleModel = fault else {
      Issue.record("\(fault.map { "\($0)" } ?? "accepted")")
      return
    }
    // Few enough to be counted, and far more than there are bytes in the file.
    #expect(
      try fixture.fault { $1["asgd.inputShape"] = "1x1048576x200" }
        == .shapeMismatch(path: fixture.path, tensor: "fc1.weight", expected: [3, 209_715_200], actual: [3, 6]))
  }

  @Test("every tensor must be there", arguments: ["", "optimizer.velocity."])
  func missingTensor(prefix: String) throws {
    for name in ["fc1.weight", "fc1.bias", "fc2.weight", "fc2.bias"] {
      let fixture = try CheckpointFixture()
      let fault = try fixture.fault { tensors, _ in tensors.removeAll { $0.name == prefix + name } }
      #expect(fault == .missingTensor(path: fixture.path, tensor: prefix + name))
    }
  }

  @Test("every tensor must have its shape", arguments: ["", "optimizer.velocity."])
  func shape(prefix: String) throws {
    let fixture = try CheckpointFixture()
    let name = "\(prefix)fc2.weight"
    let fault = try fixture.fault { tensors, _ in
      tensors = tensors.map { $0.name == name ? NamedTensor(name: name, shape: [3, 4], values: $0.values) : $0 }
    }
    #expect(fault == .shapeMismatch(path: fixture.path, tensor: name, expected: [4, 3], actual: [3, 4]))
  }

  @Test("every value must be finite", arguments: [Float.nan, .infinity, -.infinity])
  func nonFinite(value: Float) throws {
    for name in ["fc2.bias", "optimizer.velocity.fc2.bias"] {
      let fixture = try CheckpointFixture()
      let fault = try fixture.fault { tensors, _ in
        tensors = tensors.map { $0.name == name ? NamedTensor(name: name, shape: [4], values: [0, 0, value, 0]) : $0 }
      }
      #expect(fault == .nonFiniteValue(path: fixture.path, tensor: name, index: 2))
    }
  }

  @Test("a checkpoint goes on with the data that it was made with only")
  func fit() throws {
    let checkpoint = try CheckpointFixture.checkpoint()
    try checkpoint.check(fits: checkpoint.model, trainingExamples: 37, path: "c")
    for (input, classes, examples, found) in [
      ([1, 3, 2], 4, 37, "37 images of 1×3×2 in 4 classes"), ([1, 2, 3], 5, 37, "37 images of 1×2×3 in 5 classes"),
      ([1, 2, 3], 4, 38, "38 images of 1×2×3 in 4 classes"),
    ] {
      let model = try checkpoint.settings.shapedModel(input: input, classes: classes)
      #expect(
        throws: CheckpointError.otherData(path: "c", made: "37 images of 1×2×3 in 4 classes", found: found)
      ) {
        try checkpoint.check(fits: model, trainingExamples: examples, path: "c")
      }
    }
  }

  @Test("a place for a checkpoint is found out to be none before it is needed")
  func writable() throws {
    let fixture = try CheckpointFixture()
    let directory = fixture.directory.path
    try WritableFile.check(fixture.path)
    try CheckpointFixture.checkpoint().write(to: fixture.path)
    try WritableFile.check(fixture.path)
    // A name of one letter, in the current directory.
    try WritableFile.check("c")

    func expect(_ path: String, _ reason: String) {
      #expect(throws: OutputError(name: path, reason: reason)) { try WritableFile.check(path) }
    }
    expect(directory, "it is a directory")
    expect("/", "it is a directory")
    expect(".", "it is a directory")
    expect("/dev/null", "it is not a regular file")
    expect("\(directory)/no/c", "there is no directory '\(directory)/no'")
    expect("\(fixture.path)/c", "there is no directory '\(fixture.path)'")
    expect("no/", "there is no directory 'no'")
    expect("/no/c", "there is no directory '/no'")
  }

  @Test("the directory that counts is the one that a link leads to")
  func link() throws {
    let (here, there) = (try CheckpointFixture(), try CheckpointFixture())
    try CheckpointFixture.checkpoint().write(to: there.path)
    try FileManager.default.createSymbolicLink(atPath: here.path, withDestinationPath: there.path)
    try WritableFile.check(here.path)
    try CheckpointFixture.checkpoint().write(to: here.path)
    #expect(try FileManager.default.destinationOfSymbolicLink(atPath: here.path) == there.path)
  }
}
