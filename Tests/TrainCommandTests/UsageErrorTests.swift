import Testing
import TrainCommand

/// Arguments that make no sense, and what the user is told.
struct Mistake: Sendable, CustomTestStringConvertible {
  let arguments: [String]
  let message: String
  var testDescription: String { arguments.joined(separator: " ") }

  init(_ arguments: String, _ message: String) {
    self.init(arguments.split(separator: " ").map(String.init), message)
  }

  init(_ arguments: [String], _ message: String) {
    self.arguments = arguments
    self.message = message
  }
}

private let syntax: [Mistake] = [
  Mistake("--wokers 8", "unknown option '--wokers'; did you mean '--workers'?"),
  Mistake("--WORKERS 8", "unknown option '--WORKERS'; did you mean '--workers'?"),
  Mistake("-workers 8", "unknown option '-workers'; did you mean '--workers'?"),
  Mistake("--learn=1", "unknown option '--learn'; did you mean '--learning-rate'?"),
  Mistake("--learningrate 1", "unknown option '--learningrate'; did you mean '--learning-rate'?"),
  Mistake("--lr 1", "unknown option '--lr'; did you mean '--learning-rate'?"),
  Mistake("--threads 1", "unknown option '--threads'; did you mean '--workers'?"),
  Mistake("--mdoel mlp", "unknown option '--mdoel'; did you mean '--model'?"),
  Mistake("--banana 1", "unknown option '--banana'"),
  Mistake("-w 1", "unknown option '-w'"),
  Mistake("--workers 1 --epochs 2 --workers=1", "'--workers' is given twice"),
  Mistake("--quiet --quiet", "'--quiet' is given twice"),
  Mistake("--workers", "'--workers' needs a value: N"),
  Mistake("--metrics --quiet", "'--metrics' needs a value: FILE"),
  Mistake("--metrics -- x", "'--metrics' needs a value: FILE"),
  Mistake("--warmup", "'--warmup' needs a value: FRACTION"),
  Mistake("--quiet=yes", "'--quiet' takes no value, but has 'yes'"),
  Mistake("--quiet=", "'--quiet' takes no value, but has ''"),
  Mistake("--workers 2 train", "unexpected argument 'train'"),
  Mistake("train digits", "unexpected argument 'digits'"),
  Mistake("-- --workers", "unexpected argument '--workers'"),
  Mistake("-", "unexpected argument '-'"),
]

private let everyCommand = "train, compare, simulate, replay, list, summary, trace, fit"
private let everySubject = everyCommand + ", help, modes, rules, optimizers, compressions and scripts"

private let commands: [Mistake] =
  [
    Mistake("tarin", "unknown command 'tarin'; did you mean 'train'?"),
    Mistake("repaly x", "unknown command 'repaly'; did you mean 'replay'?"),
    Mistake("evaluate x", "unknown command 'evaluate': there are \(everyCommand) and help"),
    Mistake([""], "unknown command '': there are \(everyCommand) and help"),
    Mistake("help trian", "there is no help on 'trian', only on \(everySubject); did you mean 'train'?"),
    Mistake(
      "help compression", "there is no help on 'compression', only on \(everySubject); did you mean 'compressions'?"),
    Mistake("help list me", "unexpected argument 'me'"),
    Mistake(
      "list", "list needs a subject: models, modes, rules, optimizers, compressions, schedules, kernels or datasets"),
    Mistake(
      "list model",
      "there is no list of 'model', only of models, modes, rules, optimizers, compressions, schedules, kernels and "
        + "datasets; did you mean 'models'?"),
    Mistake(
      "list zebras",
      "there is no list of 'zebras', only of models, modes, rules, optimizers, compressions, schedules, kernels and "
        + "datasets"),
    Mistake("list models modes", "unexpected argument 'modes'"),
    Mistake("list models --quiet", "unknown option '--quiet'"),
    Mistake("summary", "summary needs '--model NAME'"),
    Mistake("summary --model cnn", "summary needs '--input CxHxW', such as --input 1x28x28"),
    Mistake("summary --model cnn --input 1x8x8", "summary needs '--classes N', such as --classes 10"),
    Mistake("summary --workers 8", "unknown option '--workers'"),
    Mistake("summary x", "unexpected argument 'x'"),
    Mistake(
      "summary --model cnn --input 1x8x8 --classes 10 --hidden 5",
      "'--hidden' does not go with '--model cnn': drop it, or choose --model mlp"),
    Mistake("summary --classes 1", "'1' is no value for '--classes', which takes a whole number from 2 to 65536"),
  ]
  + ["28", "28x28", "1x28x28x1", "0x1x1", "1x1x65537", "1x-1x1", "1x+1x1", "axbxc", "1xx1", "1x28x28 "].map {
    Mistake(
      ["summary", "--input", $0],
      "'\($0)' is no value for '--input', which takes channels, height and width, such as 1x28x28, each from 1 to 65536"
    )
  }

private let names: [Mistake] = [
  Mistake(
    "--mode asinc",
    "'asinc' is no value for '--mode', which takes sequential, sync, soft-sync, async, ssp, dssp, hogwild, easgd, "
      + "eamsgd, local-sgd, agn, ringmaster, rennala or fedbuff; did you mean 'async'?"),
  Mistake(
    "--rule gap",
    "'gap' is no value for '--rule', which takes plain, staleness-aware, delay-adaptive, gap-aware, dc-asgd-c, "
      + "dc-asgd-a, fasgd, dana, smega2, ormo or closed-loop-momentum; did you mean 'gap-aware'?"),
  Mistake(
    "--optimizer SGD",
    "'SGD' is no value for '--optimizer', which takes sgd, momentum, nesterov, adagrad, rmsprop, adam or adamw; did "
      + "you mean 'sgd'?"),
  Mistake(
    "--compression topk",
    "'topk' is no value for '--compression', which takes none, top-k, threshold, random-k, 1-bit, sign-sgd, qsgd or "
      + "dgc; did you mean 'top-k'?"),
  Mistake("--compressor dgc", "unknown option '--compressor'; did you mean '--compression'?"),
  Mistake(
    "--mode sync --gradients-from some",
    "'some' is no value for '--gradients-from', which takes distinct or any"),
  Mistake(
    "--dataset minst",
    "'minst' is no value for '--dataset', which takes digits, mnist, fashion-mnist, emnist-letters or cifar10; did "
      + "you mean 'mnist'?"),
  Mistake(
    "--model lenet",
    "'lenet' is no value for '--model', which takes lenet5, cnn, hogwild, mlp or softmax; did you mean 'lenet5'?"),
  Mistake(
    "--activation gelu",
    "'gelu' is no value for '--activation', which takes sigmoid, relu or tanh; did you mean 'relu'?"),
  Mistake(
    "--schedule cosine", "'cosine' is no value for '--schedule', which takes constant, linear or trapezoid"),
  Mistake(["--kernels", ""], "'' is no value for '--kernels', which takes auto, simd or reference"),
  Mistake(
    "--isa avx1024",
    "'avx1024' is no value for '--isa', which takes auto, avx512, avx2, sse2, neon or generic"),
  Mistake("--isa", "'--isa' needs a value: LEVEL"),
  Mistake("--instruction-set avx2", "unknown option '--instruction-set'; did you mean '--isa'?"),
  Mistake("--on-divergence halt", "'halt' is no value for '--on-divergence', which takes stop or skip"),
]

/// Texts that are no numbers for any option.
private let nonNumbers = [
  "", "abc", "nan", "inf", "-inf", "infinity", "0x1p-3", "0.1x", "1 ", " 1", "1,5", "1e999", "--1", "1_0", "١",
]

private let integers: [Mistake] =
  [
    ("--workers", 128, ["0", "-1", "129", "200"]),
    ("--epochs", 100_000, ["0", "-3", "100001"]),
    ("--batch-size", 65_536, ["0", "-3", "65537"]),
  ].flatMap { option, most, outside in
    (outside + nonNumbers + ["1.0", "1e1", "+1", "9223372036854775808"]).map {
      Mistake(["\(option)=\($0)"], "'\($0)' is no value for '\(option)', which takes a whole number from 1 to \(most)")
    }
  }
  + (nonNumbers + ["-1", "+1", "0.5", "18446744073709551616"]).map {
    Mistake(
      ["--seed=\($0)"], "'\($0)' is no value for '--seed', which takes a whole number from 0 to 18446744073709551615")
  }

private let hiddenLayers: [Mistake] = [
  nonNumbers.filter { $0 != "1,5" },
  [
    "0", "-3", "65537", "1.0", "1e1", "+1", "9223372036854775808", ",", "3,", ",3", "3,,3", "3, 3", "3,0", "3;3", "3x3",
    "65537,3", "[3,3]", "1,1,1,1,1,1,1,1,1",
  ],
].joined().map {
  Mistake(
    ["--hidden=\($0)"],
    "'\($0)' is no value for '--hidden', which takes up to 8 whole numbers from 1 to 65536 with commas between them, "
      + "such as 500 or 1000,500")
}

private let numbers: [Mistake] = [
  ("--learning-rate", "a number above 0, up to 1000", ["0", "-0.1", "-0", "1000.1", "1e-400", "1e-60"]),
  ("--momentum", "a number from 0 to below 1", ["-0.1", "1", "1.5"]),
  ("--weight-decay", "a number from 0 to 1", ["-1e-4", "1.01"]),
  ("--warmup", "a number from 0 to 1, such as 0.1", ["-0.1", "1.01", "10"]),
  ("--target-accuracy", "a number from 0 to 1, such as 0.98", ["-0.1", "1.01", "98"]),
].flatMap { option, allowed, outside in
  (outside + nonNumbers).map {
    Mistake(["\(option)=\($0)"], "'\($0)' is no value for '\(option)', which takes \(allowed)")
  }
}

private let paths: [Mistake] = ["--data-dir", "--metrics", "--checkpoint", "--resume"].flatMap { option in
  ["", "a\0b"].map { Mistake([option, $0], "'\($0)' is no value for '\(option)', which takes a path") }
}

private let combinations: [Mistake] = [
  Mistake(
    "--momentum 0.9 --optimizer sgd",
    "'--momentum 0.9' does not go with '--optimizer sgd': drop '--optimizer', or '--momentum'"),
  Mistake(
    "--momentum 0.9 --optimizer adam",
    "'--momentum 0.9' does not go with '--optimizer adam': drop '--optimizer', or '--momentum'"),
  Mistake("--hidden 500", "'--hidden' does not go with '--model lenet5': drop it, or choose --model mlp"),
  Mistake(
    "--model cnn --activation relu", "'--activation' does not go with '--model cnn': drop it, or choose --model mlp"),
  Mistake(
    "--data-dir x",
    "'--data-dir' does not go with '--dataset digits', which is built in: drop '--data-dir', or choose another "
      + "--dataset: mnist, fashion-mnist, emnist-letters or cifar10"),
  Mistake(
    "--isa avx2 --kernels reference",
    "'--isa avx2' does not go with '--kernels reference': drop '--isa', or choose --kernels auto or simd"),
  Mistake(
    "--resume c --isa sse2 --kernels reference",
    "'--isa sse2' does not go with '--kernels reference': drop '--isa', or choose --kernels auto or simd"),
  Mistake("--metrics x --checkpoint x", "'--metrics' and '--checkpoint' name the same file 'x'"),
  Mistake("--metrics x --resume x", "'--metrics' and '--resume' name the same file 'x'"),
]

@Suite("Arguments that make no sense")
struct UsageErrorTests {
  @Test("a mistake of form is explained", arguments: syntax + commands + combinations)
  func form(_ mistake: Mistake) {
    check(mistake)
  }

  @Test("a wrong value is explained", arguments: names + integers + hiddenLayers + numbers + paths)
  func value(_ mistake: Mistake) {
    check(mistake)
  }

  private func check(_ mistake: Mistake) {
    #expect(throws: UsageError(mistake.message)) { try parse(mistake.arguments) }
  }

  @Test("what the user sees says where to read more")
  func description() {
    #expect(
      UsageError("unknown option '-x'").description == "error: unknown option '-x'\n       see 'asgd-train --help'")
  }
}
