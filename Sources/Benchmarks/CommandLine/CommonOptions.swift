internal import TrainCommand

/// The options that all benchmarks have.
struct CommonOptions: Hashable, Sendable {
  /// `--kernels`: backends to compare.
  var kernels: [String]
  /// `--isa`: instruction sets of our own kernels, or `nil` for the widest.
  var instructionSets: [String]?
  /// `--rounds`, or `nil` for the benchmark's default.
  var rounds: Int?
  /// `--seconds`, or `nil` for the benchmark's default.
  var seconds: Double?
  /// `--filter`: only benchmarks whose line contains this text.
  var filter: String?
  /// `--json`: the file to write.
  var json: String?
  /// `--quick`: little work, to see that all of it runs.
  var isQuick = false

  /// Creates the defaults.
  init(kernels: [String] = ["auto"]) {
    self.kernels = kernels
  }

  /// The most worker threads.
  static let mostWorkers = 128
  /// The most parameters on a server.
  static let mostParameters = 1_000_000_000
  /// The most examples of a minibatch.
  static let mostExamples = 65_536
  /// The most rounds.
  static let mostRounds = 10_000
  /// The longest sample, in seconds.
  static let mostSeconds = 3600.0

  /// Whether `--filter` lets a record through.
  func admits(_ record: BenchmarkRecord) -> Bool {
    guard let filter else { return true }
    let words = [
      record.benchmark.rawValue, record.name, record.pass?.rawValue, record.model, record.workers.map(String.init),
    ]
    return words.compactMap { $0 }.joined(separator: " ").contains(filter)
  }
}

/// Options that consist of the common ones and some of their own.
protocol BenchmarkOptions {
  /// The options that all benchmarks have.
  var common: CommonOptions { get set }
}

extension BenchmarkOptions {
  /// The options that say what is compared.
  static func backends(_ vocabulary: BenchmarkVocabulary) -> OptionGroup<Self> {
    OptionGroup(
      title: "KERNELS",
      options: [
        .names(
          "--kernels", "Implementations of the arithmetic to compare, separated by commas.",
          values: vocabulary.kernels, default: "auto"
        ) { $0.common.kernels = $1 },
        .names(
          "--isa", "Instruction sets of our own kernels, of those this machine has.",
          values: vocabulary.instructionSets, default: "the widest", otherNames: ["instruction-set"]
        ) { $0.common.instructionSets = $1 },
      ])
  }

  /// The options that say how it is measured.
  static func measurement(rounds: Int, seconds: Double, of what: String) -> OptionGroup<Self> {
    OptionGroup(
      title: "MEASUREMENT",
      options: [
        .integer(
          "--rounds", "Samples of each figure; the table shows their median.", in: 1...CommonOptions.mostRounds,
          default: "\(rounds)", otherNames: ["repeat", "repetitions", "samples"]
        ) { $0.common.rounds = $1 },
        .number(
          "--seconds", what, .positive(most: CommonOptions.mostSeconds), default: "\(seconds)",
          otherNames: ["time", "duration"]
        ) { $0.common.seconds = $1 },
        .flag("--quick", "Do little, to see that everything runs; the figures mean nothing.") {
          $0.common.isQuick = true
        },
      ])
  }

  /// The options that say where the figures go.
  static var output: OptionGroup<Self> {
    OptionGroup(
      title: "OUTPUT",
      options: [
        OptionSpecification(
          name: "--filter", placeholder: "TEXT",
          help: "Only lines whose benchmark, name, pass, model or workers contain TEXT.", values: [],
          defaultText: nil, otherNames: ["only", "match"]
        ) { (options, value) throws(UsageError) in
          guard !value.text.isEmpty else { throw value.error(allowed: "a text that is not empty") }
          options.common.filter = value.text
        },
        .path("--json", "Write the figures to FILE, too, as an array of flat objects.") { $0.common.json = $1 },
      ])
  }
}

extension OptionSpecification {
  /// An option that takes some of `values`, separated by commas.
  static func names(
    _ name: String, _ help: String, values: [String], default defaultText: String, otherNames: [String] = [],
    set: @escaping (inout Options, [String]) -> Void
  ) -> Self {
    Self(
      name: name, placeholder: "NAMES", help: help, values: values, defaultText: defaultText, otherNames: otherNames
    ) { (options, value) throws(UsageError) in
      set(&options, try value.list { (item) throws(UsageError) in try item.name(from: values) })
    }
  }

  /// An option that takes whole numbers, separated by commas.
  static func integers(
    _ name: String, _ help: String, in range: ClosedRange<Int>, default defaultText: String,
    otherNames: [String] = [], set: @escaping (inout Options, [Int]) -> Void
  ) -> Self {
    Self(
      name: name, placeholder: "LIST", help: help, values: [], defaultText: defaultText, otherNames: otherNames
    ) { (options, value) throws(UsageError) in
      set(&options, try value.list { (item) throws(UsageError) in try item.integer(in: range) })
    }
  }
}

extension OptionValue {
  /// Returns what `read` makes of each item of a list with commas, without repetitions.
  fileprivate func list<Item: Hashable>(
    _ read: (OptionValue) throws(UsageError) -> Item
  ) throws(UsageError) -> [Item] {
    var items: [Item] = []
    for part in text.split(separator: ",", omittingEmptySubsequences: false) {
      let item = try read(OptionValue(option: option, text: String(part)))
      if !items.contains(item) { items.append(item) }
    }
    return items
  }
}

/// Returns `1,2,8`.
func list(_ numbers: [Int]) -> String {
  numbers.map(String.init).joined(separator: ",")
}
