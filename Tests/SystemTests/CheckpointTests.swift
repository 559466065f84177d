import Foundation
import Interchange
import Testing

@Suite("Checkpoints of a run")
struct CheckpointTests {
  /// Optimizers, by the options that choose them.
  private static let optimizers = ["--optimizer sgd", "--optimizer momentum --momentum 0.6 --weight-decay 0.001"]

  @Test("a run that goes on from an epoch's end has the bits of one that never stopped", arguments: optimizers)
  func resumedAtEpochEnd(optimizer: String) throws {
    let data = try TinyMNIST()
    let problem = "--dataset mnist --data-dir \(data.path)"
    let checkpoint = data.directory.file("c")
    let settings =
      "\(problem) --model mlp --hidden 8 --activation tanh \(optimizer) --schedule constant --warmup 0 --workers 1"
    let straight = try CommandRun.run("\(settings) --epochs 4")
    #expect(straight.exitCode == 0)
    #expect(try CommandRun.run("\(settings) --epochs 2 --checkpoint \(checkpoint)").exitCode == 0)
    // To the file that it comes from, too.
    let resumed = try CommandRun.run("\(problem) --resume \(checkpoint) --checkpoint \(checkpoint) --epochs 4")
    #expect(resumed.exitCode == 0, "\(resumed.errors)")
    #expect(SummaryText(straight.output).hash != nil)
    #expect(SummaryText(resumed.output).hash == SummaryText(straight.output).hash)
    #expect(SummaryText(resumed.output)["examples"] == SummaryText(straight.output)["examples"])
    #expect(SummaryText(resumed.output)["updates"] == SummaryText(straight.output)["updates"])
  }

  @Test("a run that was interrupted anywhere goes on with the bits of one that was not", arguments: optimizers)
  func resumedAnywhere(optimizer: String) throws {
    let data = try TinyMNIST()
    let problem = "--dataset mnist --data-dir \(data.path)"
    let checkpoint = data.directory.file("c")
    // The pipe holds the run back, so that it cannot be over before it is interrupted: it takes some 200 epochs' lines.
    let settings = "\(problem) --model mlp --hidden 8 \(optimizer) --kernels reference --epochs 500 --workers 1"
    let straight = try CommandRun.run("\(settings) --quiet")
    #expect(straight.exitCode == 0)

    let fifo = try Fifo(data.directory.file("m"))
    let run = try CommandRun("\(settings) --checkpoint \(checkpoint) --metrics \(fifo.path)")
    let metrics = try fifo.open()
    try metrics.waitForEpoch(2)
    run.interrupt()
    metrics.drain()
    #expect(try run.wait().exitCode == 130)

    let fields = try SafetensorsFile(reading: checkpoint).metadata
    let epoch = try #require(fields["asgd.epoch"].flatMap { Int($0) })
    #expect(epoch >= 2 && epoch < 500)
    let resumed = try CommandRun.run("\(problem) --resume \(checkpoint) --quiet")
    #expect(resumed.exitCode == 0, "\(resumed.errors)")
    #expect(SummaryText(straight.output).hash != nil)
    #expect(SummaryText(resumed.output).hash == SummaryText(straight.output).hash)
  }

  @Test("the file has the tensors of the model as PyTorch has them, and the optimizer's beside them")
  func tensors() throws {
    let directory = try TemporaryDirectory()
    let path = directory.file("c.safetensors")
    // One minibatch of all images: the file matters here, and not what was learned.
    let outcome = try CommandRun.run(
      "--model lenet5 --epochs 1 --batch-size 12000 --workers 1 --momentum 0.5 --checkpoint \(path) --quiet")
    #expect(outcome.exitCode == 0)
    let file = try SafetensorsFile(reading: path)
    let expected: [(String, [Int])] = [
      ("conv1.weight", [6, 1, 5, 5]), ("conv1.bias", [6]), ("conv2.weight", [16, 6, 5, 5]), ("conv2.bias", [16]),
      ("fc1.weight", [120, 400]), ("fc1.bias", [120]), ("fc2.weight", [84, 120]), ("fc2.bias", [84]),
      ("fc3.weight", [10, 84]), ("fc3.bias", [10]),
    ]
    let names = expected.map(\.0)
    #expect(file.tensors.map(\.name) == names + names.map { "optimizer.velocity.\($0)" })
    for (name, shape) in expected {
      #expect(file[name]?.shape == shape)
      #expect(file["optimizer.velocity.\(name)"]?.shape == shape)
    }
    #expect(file.tensors.allSatisfy { $0.values.allSatisfy(\.isFinite) })
    #expect(file["fc1.weight"]?.values.contains { $0 != 0 } == true)
    #expect(file["optimizer.velocity.fc1.weight"]?.values.contains { $0 != 0 } == true)
    #expect(try directory.names == ["c.safetensors"], "nothing temporary is left")
  }

  /// A checkpoint of one epoch of a run, and how to go on from it.
  private struct Saved {
    let data: TinyMNIST
    let path: String
    var problem: String { "--resume \(path) --data-dir \(data.path)" }

    init(_ settings: String = "--model mlp --hidden 8") throws {
      data = try TinyMNIST()
      path = data.directory.file("c")
      let outcome = try CommandRun.run(
        "--dataset mnist --data-dir \(data.path) \(settings) --epochs 1 --workers 1 --seed 3 --checkpoint \(path)")
      try #require(outcome.exitCode == 0, "\(outcome.errors)")
    }

    /// Changes the metadata.
    func edit(_ change: (inout [String: String]) -> Void) throws {
      let file = try SafetensorsFile(reading: path)
      var metadata = file.metadata
      change(&metadata)
      try SafetensorsFile(tensors: file.tensors, metadata: metadata).write(to: path)
    }
  }

  @Test(
    "options that contradict the checkpoint are 64",
    arguments: [
      ("--model cnn", "'--model cnn' does not go with '--resume %', which was made with mlp: drop '--model'"),
      (
        "--dataset cifar10",
        "'--dataset cifar10' does not go with '--resume %', which was made with mnist: drop '--dataset'"
      ),
      ("--seed 4", "'--seed 4' does not go with '--resume %', which was made with 3: drop '--seed'"),
      ("--hidden 9", "'--hidden 9' does not go with '--resume %', which was made with 8: drop '--hidden'"),
      (
        "--activation tanh",
        "'--activation tanh' does not go with '--resume %', which was made with the default: drop '--activation'"
      ),
      (
        "--momentum 0.5",
        "'--resume %' has no velocity to go on with, because it was made with '--optimizer sgd': drop '--momentum' and "
          + "'--optimizer'"
      ),
      (
        "--batch-size 64",
        "'--batch-size 64' does not go with '--resume %', which was made with 16: drop '--batch-size'"
      ),
      (
        "--epochs 1",
        "'--resume %' stands at the end of epoch 1, and the run has 1 in all: give '--epochs' a larger number to go on"
      ),
      ("--metrics %", "'--metrics' and '--resume' name the same file '%'"),
    ])
  func contradiction(option: String, message: String) throws {
    let saved = try Saved()
    // In the middle of an epoch the size of a minibatch is fixed, too.
    try saved.edit { $0["asgd.nextMinibatch"] = "2" }
    let more = option.hasPrefix("--epochs") ? "" : " --epochs 3"
    let outcome = try CommandRun.run("\(saved.problem) \(option)\(more)".replacing("%", with: saved.path))
    #expect(outcome.exitCode == 64)
    #expect(
      outcome.errors == "error: \(message)\n       see 'asgd-train --help'\n".replacing("%", with: saved.path))
    #expect(outcome.output.isEmpty)
  }

  @Test("options that say what the checkpoint says are no contradiction, and the rest may change")
  func agreement() throws {
    let saved = try Saved()
    let outcome = try CommandRun.run(
      "\(saved.problem) --dataset mnist --model mlp --hidden 8 --seed 3 --batch-size 5 --epochs 2 --workers 2 --mode sync "
        + "--learning-rate 0.01 --schedule constant --warmup 0")
    #expect(outcome.exitCode == 0, "\(outcome.errors)")
    #expect(outcome.errors.contains(" --batch-size 5 --learning-rate 0.01 "))
    #expect(SummaryText(outcome.output)["examples"] == "160")
  }

  @Test("a built-in data set has no directory when a run goes on, either")
  func builtInData() throws {
    let directory = try TemporaryDirectory()
    let path = directory.file("c")
    #expect(try CommandRun.run("--model softmax --epochs 1 --checkpoint \(path)").exitCode == 0)
    let outcome = try CommandRun.run("--resume \(path) --epochs 2 --data-dir \(directory.path)")
    #expect(outcome.exitCode == 64)
    #expect(outcome.errors.hasPrefix("error: '--data-dir' does not go with '--dataset digits', which is built in"))
  }

  @Test("the kernels of a run that goes on are those that it began with, unless others are asked for")
  func kernels() throws {
    let saved = try Saved("--model softmax --kernels reference")
    let outcome = try CommandRun.run("\(saved.problem) --epochs 2")
    #expect(outcome.errors.contains(" --kernels reference "))
    #expect(try CommandRun.run("\(saved.problem) --epochs 2 --kernels simd").errors.contains(" --kernels simd "))
  }

  @Test("metrics do not overwrite the checkpoint under another name of its file")
  func metricsOverCheckpoint() throws {
    let saved = try Saved()
    let link = saved.data.directory.file("link")
    try FileManager.default.createSymbolicLink(atPath: link, withDestinationPath: saved.path)
    let before = try Data(contentsOf: URL(fileURLWithPath: saved.path))
    let outcome = try CommandRun.run("\(saved.problem) --epochs 2 --metrics \(link)")
    #expect(outcome.exitCode == 64)
    #expect(
      outcome.errors.hasPrefix("error: '--metrics \(link)' and '--resume \(saved.path)' are the same file\n"))
    #expect(try Data(contentsOf: URL(fileURLWithPath: saved.path)) == before)
  }

  @Test(
    "a checkpoint that does not fit the data is 65",
    arguments: [
      (
        "asgd.nextMinibatch", "5",
        "'%': 'asgd.nextMinibatch' of the metadata is '5', and must be an integer in 0...4"
      ),
      (
        "asgd.inputShape", "1x14x56",
        "'%' was made with 80 images of 1×14×56 in 10 classes, but the data set has 80 images of 1×28×28 in 10 classes"
      ),
      (
        "asgd.trainingExamples", "60000",
        "'%' was made with 60000 images of 1×28×28 in 10 classes, but the data set has 80 images of 1×28×28 in 10 classes"
      ),
    ])
  func otherData(field: String, value: String, message: String) throws {
    let saved = try Saved()
    try saved.edit { $0[field] = value }
    let outcome = try CommandRun.run("\(saved.problem) --epochs 2")
    #expect(outcome.exitCode == 65)
    #expect(outcome.errors == "error: \(message)\n".replacing("%", with: saved.path))
    #expect(outcome.output.isEmpty)
  }
}
