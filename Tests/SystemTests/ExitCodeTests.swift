import Foundation
import Interchange
import Testing

/// Arguments, and what becomes of them.
struct Refusal: Sendable, CustomTestStringConvertible {
  let arguments: String
  let exitCode: Int32
  /// All of standard error; `%` stands for the test's directory.
  let errors: String
  var testDescription: String { arguments }

  init(_ arguments: String, _ exitCode: Int32, _ errors: String) {
    self.arguments = arguments
    self.exitCode = exitCode
    self.errors = errors
  }
}

private let usage = [
  Refusal("--wokers 8", 64, "error: unknown option '--wokers'; did you mean '--workers'?"),
  Refusal("tarin", 64, "error: unknown command 'tarin'; did you mean 'train'?"),
  Refusal("--workers 0", 64, "error: '0' is no value for '--workers', which takes a whole number from 1 to 128"),
  Refusal(
    "--learning-rate nan", 64,
    "error: 'nan' is no value for '--learning-rate', which takes a number above 0, up to 1000"),
  Refusal(
    "--model resnet", 64,
    "error: 'resnet' is no value for '--model', which takes lenet5, cnn, hogwild, mlp or softmax"),
  Refusal(
    "--data-dir %", 64,
    "error: '--data-dir' does not go with '--dataset digits', which is built in: drop '--data-dir', or choose another "
      + "--dataset: mnist, fashion-mnist, emnist-letters or cifar10"),
].map { Refusal($0.arguments, $0.exitCode, $0.errors + "\n       see 'asgd-train --help'\n") }

private let combinations = [
  Refusal(
    "--mode sync --rule dana", 64,
    "error: '--rule dana' does not go with '--mode sync', in which no gradient is stale: drop '--rule', or choose --mode "
      + "async, ssp, dssp, agn or ringmaster\n       see 'asgd-train --help'\n"),
  Refusal(
    "--staleness-bound 2", 64,
    "error: '--staleness-bound' does not go with '--mode async': drop it, or choose --mode ssp or dssp\n"
      + "       see 'asgd-train --help'\n"),
]

private let fit = [
  Refusal(
    "summary --model lenet5 --input 1x8x8 --classes 10", 64,
    "error: model lenet5 does not take inputs of 1×8×8: layer conv2 (16@5×5, relu): the height of the window is 5, "
      + "but the input has only 4 along that axis, padding included; its input is 6×4×4\n")
]

private let missing = [
  Refusal(
    "--dataset mnist --data-dir %", 66,
    "error: the data set 'mnist' is not in %: looked for train-images-idx3-ubyte, train-labels-idx1-ubyte, "
      + "t10k-images-idx3-ubyte, t10k-labels-idx1-ubyte, each also with .gz. '--data-dir' says to look there; without it, Datasets/mnist is used. "
      + "To download it into Datasets/mnist, run: "
      + "Tools/fetch-datasets mnist\n"),
  Refusal("--resume %/none.safetensors", 66, "error: there is no file '%/none.safetensors'\n"),
]

private let unwritable = [
  Refusal("--metrics %/no/m.jsonl", 73, "error: cannot write '%/no/m.jsonl': there is no directory '%/no'\n"),
  Refusal("--metrics %", 73, "error: cannot write '%': it is a directory\n"),
  Refusal("--checkpoint %/no/c", 73, "error: cannot write '%/no/c': there is no directory '%/no'\n"),
  Refusal("--checkpoint %", 73, "error: cannot write '%': it is a directory\n"),
  Refusal("--checkpoint .", 73, "error: cannot write '.': it is a directory\n"),
  Refusal("--checkpoint c/", 73, "error: cannot write 'c/': there is no directory 'c'\n"),
  Refusal("--checkpoint /dev/null", 73, "error: cannot write '/dev/null': it is not a regular file\n"),
]

@Suite("Exit codes")
struct ExitCodeTests {
  @Test(
    "what cannot be done is refused before any work, on standard error",
    arguments: usage + combinations + fit + missing + unwritable)
  func refused(_ refusal: Refusal) throws {
    let directory = try TemporaryDirectory()
    func filled(_ text: String) -> String { text.replacing("%", with: directory.path) }
    let outcome = try CommandRun.run(filled(refusal.arguments), in: directory.path)
    #expect(outcome.exitCode == refusal.exitCode)
    #expect(outcome.errors == filled(refusal.errors))
    #expect(outcome.output.isEmpty)
    #expect(try directory.names.isEmpty)
  }

  @Test("a data set that is not there is looked for in Datasets, below the current directory")
  func defaultDirectory() throws {
    let directory = try TemporaryDirectory()
    let outcome = try CommandRun.run("--dataset fashion-mnist", in: directory.path)
    #expect(outcome.exitCode == 66)
    #expect(outcome.errors.contains("is not in Datasets/fashion-mnist: "))
    #expect(outcome.errors.contains(". '--data-dir' names another directory. "))
    #expect(outcome.errors.hasSuffix("run: Tools/fetch-datasets fashion-mnist\n"))
  }

  @Test("a damaged data set is 65, and the message names file and place")
  func damagedData() throws {
    let data = try TinyMNIST()
    try data.directory.write("t10k-labels-idx1-ubyte", TinyMNIST.header([20]) + [UInt8](repeating: 1, count: 19) + [10])
    let outcome = try CommandRun.run("--dataset mnist --data-dir \(data.path)")
    #expect(outcome.exitCode == 65)
    #expect(
      outcome.errors
        == "error: \(data.path)/t10k-labels-idx1-ubyte: the label at byte 27 is 10, but labels are 0 to 9\n")
    #expect(outcome.output.isEmpty)
  }

  @Test("a file that is no checkpoint is 65")
  func damagedCheckpoint() throws {
    let directory = try TemporaryDirectory()
    let path = try directory.write("c", [1, 2, 3])
    let outcome = try CommandRun.run("--resume \(path)")
    #expect(outcome.exitCode == 65)
    #expect(
      outcome.errors
        == "error: '\(path)' is no safetensors file: it has 3 bytes, and the length of its header takes 8\n")
    #expect(outcome.output.isEmpty)
  }

  @Test("a safetensors file of another program is 65")
  func foreignCheckpoint() throws {
    let directory = try TemporaryDirectory()
    let path = directory.file("c")
    try SafetensorsFile(tensors: [NamedTensor(name: "fc1.bias", shape: [1], values: [0])], metadata: [:]).write(
      to: path)
    let outcome = try CommandRun.run("--resume \(path)")
    #expect(outcome.exitCode == 65)
    #expect(
      outcome.errors == "error: '\(path)' is no checkpoint of asgd-train: its metadata have no 'asgd.format'\n")
  }

  @Test("a run that reaches its target is 0, and one that misses it is 1 and prints its results all the same")
  func target() throws {
    let data = try TinyMNIST()
    let command = "--dataset mnist --data-dir \(data.path) --model softmax --workers 1 --epochs 20 --quiet"
    let reached = try CommandRun.run("\(command) --target-accuracy 0.9")
    #expect(reached.exitCode == 0)
    #expect(reached.errors.isEmpty)

    let missed = try CommandRun.run("\(command) --learning-rate 1e-9 --target-accuracy 0.9")
    #expect(missed.exitCode == 1)
    #expect(
      missed.errors.contains(/^error: the test accuracy 0\.[0-9]+ is below '--target-accuracy 0\.9'\n$/),
      "\(missed.errors)")
    #expect(SummaryText(missed.output)["outcome"] == "completed")
  }

  /// A run that diverges whatever its gradients are: the decay makes every weight 999 times as large in each update.
  private func divergent(_ data: TinyMNIST, epochs: Int) -> String {
    "--dataset mnist --data-dir \(data.path) --model mlp --activation relu --hidden 8 --epochs \(epochs) --workers 2 "
      + "--learning-rate 1000 --weight-decay 1 --schedule constant --warmup 0 --quiet"
  }

  @Test("a run that diverges is 1, and the message names worker, update and layer")
  func divergence() throws {
    let data = try TinyMNIST()
    let outcome = try CommandRun.run(divergent(data, epochs: 50))
    #expect(outcome.exitCode == 1)
    let message = try #require(
      outcome.errors.firstMatch(
        of:
          /error: training stopped at the gradient that worker [01] pushed at update ([0-9,]+): it is not finite in '(.+)'\n/
      ))
    #expect(["fc1.weight", "fc1.bias", "fc2.weight", "fc2.bias"].contains(message.2))
    #expect(outcome.errors.contains("\n  likely cause: "))
    #expect(outcome.errors.contains(/\n  likely cause: .*learning rate/))
    #expect(outcome.errors.contains(/\n +(try: )?--learning-rate [0-9.e-]+\n/))
    #expect(outcome.errors.contains("--on-divergence skip (leaves such gradients out)\n"))
    let outcomeRow = try #require(SummaryText(outcome.output)["outcome"])
    #expect(outcomeRow.hasPrefix("diverged after \(message.1) of "))
    #expect(outcomeRow.hasSuffix(", in \(message.2)"))
  }

  @Test("with --on-divergence skip such gradients are left out, counted and reported, and the run goes on")
  func skippedDivergence() throws {
    let data = try TinyMNIST()
    let outcome = try CommandRun.run("\(divergent(data, epochs: 20)) --on-divergence skip")
    #expect(outcome.errors.contains("warning: refused the gradient that worker "))
    let summary = SummaryText(outcome.output)
    #expect(summary["outcome"] == "completed")
    #expect(summary["refused pushes"] != nil)
    // What is left of this run is worth nothing, and a script must hear so.
    #expect(outcome.exitCode == 1)
    #expect(outcome.errors.contains("error: the test loss is not finite"))
  }

  @Test("a run that does nothing but leave gradients out ends with 1 all the same")
  func hopelessDivergence() throws {
    let data = try TinyMNIST()
    let outcome = try CommandRun.run("\(divergent(data, epochs: 1000)) --on-divergence skip")
    #expect(outcome.exitCode == 1)
    #expect(outcome.errors.contains("error: training stopped at the gradient that worker "))
    #expect(SummaryText(outcome.output)["outcome"]?.hasPrefix("diverged after ") == true)
  }

  @Test("results for a standard output that is full or closed are 73, and the checkpoint is kept")
  func lostResults() throws {
    let data = try TinyMNIST()
    for redirection in [">&-", "> /dev/full"] {
      let outcome = try shell(
        "--dataset mnist --data-dir \(data.path) --model softmax --epochs 1 --checkpoint c --metrics m --quiet "
          + redirection, in: data.path)
      #expect(outcome.exitCode == 73)
      #expect(outcome.errors.contains("error: cannot write 'standard output': "))
      #expect(try data.directory.names.contains("c"))
      // The results have not gone to the file that was opened next.
      #expect(try data.directory.text("m").split(separator: "\n").allSatisfy { $0.hasPrefix("{") && $0.hasSuffix("}") })
    }
  }

  @Test("a run whose metrics cannot be written goes on, and ends with 73")
  func lostMetrics() throws {
    let data = try TinyMNIST()
    let outcome = try CommandRun.run(
      "--dataset mnist --data-dir \(data.path) --model softmax --epochs 1 --metrics /dev/full --quiet")
    #expect(outcome.exitCode == 73)
    #expect(outcome.errors == "error: cannot write '/dev/full': No space left on device\n")
    #expect(SummaryText(outcome.output)["outcome"] == "completed")
  }

  @Test("a run whose checkpoint cannot be written any more ends with 73")
  func lostCheckpoint() throws {
    let data = try TinyMNIST()
    let place = try TemporaryDirectory()
    let directory = place.path
    let fifo = try Fifo(data.directory.file("metrics"))
    let run = try CommandRun(
      "--dataset mnist --data-dir \(data.path) --model softmax --epochs 100000 --metrics \(fifo.path) --checkpoint "
        + "\(directory)/c --quiet")
    let metrics = try fifo.open()
    try metrics.waitForEpoch(1)
    try FileManager.default.moveItem(atPath: directory, toPath: data.directory.file("elsewhere"))
    metrics.drain()
    let outcome = try run.wait()
    #expect(outcome.exitCode == 73)
    // Which step fails depends on where in writing the checkpoint the run was.
    #expect(
      outcome.errors.contains(
        /^error: cannot (create|rename|sync the directory of) '.+\/c': No such file or directory\n$/),
      "\(outcome.errors)")
    #expect(outcome.output.isEmpty)
  }

  /// Runs the program by a shell.
  private func shell(_ arguments: String, in directory: String) throws -> CommandRun.Outcome {
    try CommandRun(shell: "\"$PROGRAM\" \(arguments)", in: directory).wait()
  }
}
