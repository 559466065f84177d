import AsyncSGD
import DataPipeline
import Kernels
import NeuralNet
import Synchronization

/// Training on the embedded digits, in this process.
enum DigitsTraining {
  /// How a run went.
  struct Run {
    /// The end.
    let report: FinalReport
    /// What deserved attention on the way, without repetitions.
    let warnings: [TrainingWarning]

    /// The share of the test set that was classified correctly in the end.
    var accuracy: Double { report.last.testAccuracy }
    /// The kinds of warnings, each once, in the order in which they came.
    var symptoms: [String] {
      var names: [String] = []
      for warning in warnings where !names.contains(warning.symptom.name) { names.append(warning.symptom.name) }
      return names
    }
  }

  /// All digits.
  static let digits: DatasetPair = {
    do {
      return try DatasetCatalog.load("digits")
    } catch {
      preconditionFailure("the embedded digits do not load: \(error)")
    }
  }()

  /// Trains a model of the zoo, from its usual first parameters or from what `spoil` makes of them.
  static func run(
    _ configuration: TrainingConfiguration, model name: String = "lenet5", activation: Activation = .sigmoid,
    on data: DatasetPair = digits, spoil: ((inout [Float]) -> Void)? = nil
  ) throws -> Run {
    let shape = data.training.shape
    let options = ModelOptions(classes: data.training.classes, activation: activation)
    let model = try ModelZoo.make(name, options: options)
      .shaped(for: Shape([shape.channels, shape.height, shape.width]))
    let backend = try KernelBackends.make(named: "auto")
    let warnings = WarningKeeper()
    func trainer(from state: TrainerState?) throws -> Trainer {
      try Trainer(
        configuration, model: model, data: data, backend: backend, programVersion: "test", resuming: state,
        observer: warnings)
    }
    guard let spoil else { return Run(report: try trainer(from: nil).run(), warnings: warnings.kept) }
    var state = try trainer(from: nil).state
    spoil(&state.parameters)
    let report = try trainer(from: state).run()
    return Run(report: report, warnings: warnings.kept)
  }

  /// Trains with a recipe's values but for some.
  static func run(
    workers: Int, mode: CoordinationMode = .async, rule: UpdateRuleKind = .plain, optimizer: OptimizerKind? = nil,
    model: String = "lenet5", activation: Activation = .sigmoid, on data: DatasetPair = digits, seed: UInt64,
    _ change: (inout TrainingConfiguration) -> Void
  ) throws -> Run {
    var configuration = TrainingConfiguration(
      TrainingRecipe.recommended(forModel: model), workers: workers, mode: mode, rule: rule, optimizer: optimizer,
      seed: seed)
    change(&configuration)
    return try run(configuration, model: model, activation: activation, on: data)
  }

  /// Trains with a recipe's values but for some, in virtual time: the staleness is the same each time.
  static func simulate(
    workers: Int, model name: String = "lenet5", seed: UInt64, _ change: (inout TrainingConfiguration) -> Void
  ) throws -> Run {
    var configuration = TrainingConfiguration(
      TrainingRecipe.recommended(forModel: name), workers: workers, seed: seed)
    change(&configuration)
    let shape = digits.training.shape
    let model = try ModelZoo.make(name, options: ModelOptions(classes: digits.training.classes))
      .shaped(for: Shape([shape.channels, shape.height, shape.width]))
    let warnings = WarningKeeper()
    let simulator = try Simulator(
      configuration, cluster: ClusterDescription(), model: model, data: digits,
      backend: try KernelBackends.make(named: "auto"), programVersion: "test", threads: 2, observer: warnings)
    return Run(report: try simulator.run().final, warnings: warnings.kept)
  }
}

/// Keeps the warnings of a run.
private final class WarningKeeper: TrainingObserver {
  private let store = Mutex<[TrainingWarning]>([])

  func observe(_ event: TrainingEvent) {
    if case .warning(let warning) = event, !warning.isRepetition { store.withLock { $0.append(warning) } }
  }

  var kept: [TrainingWarning] { store.withLock { $0 } }
}
