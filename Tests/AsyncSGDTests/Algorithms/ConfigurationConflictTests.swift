import AsyncSGD
import Testing

/// Numbers that are possible one by one.
struct NumberCase: Sendable, CustomTestStringConvertible {
  let mode: CoordinationMode
  let workers: Int
  let values: [(Hyperparameter, Hyperparameter.Value)]
  /// The conflict without its reason and alternatives; `nil` if the numbers go together.
  let conflict: String?

  var testDescription: String {
    "\(mode.rawValue) of \(workers) " + values.map { "\($0.name) \($1)" }.joined(separator: " ")
  }

  init(
    _ mode: CoordinationMode, workers: Int, _ values: [(Hyperparameter, Hyperparameter.Value)], _ conflict: String?
  ) {
    (self.mode, self.workers, self.values, self.conflict) = (mode, workers, values, conflict)
  }
}

@Suite("Numbers that go together")
struct ConfigurationConflictTests {
  @Test(
    "workers, rounds, epochs and parts",
    arguments: [
      NumberCase(.sequential, workers: 1, [], nil),
      NumberCase(.sequential, workers: 2, [], "'--workers 2' does not go with '--mode sequential'"),
      NumberCase(.sync, workers: 4, [(.backupWorkers, .integer(3))], nil),
      NumberCase(
        .sync, workers: 4, [(.backupWorkers, .integer(4))], "'--backup-workers 4' does not go with '--workers 4'"),
      NumberCase(.sync, workers: 4, [(.gradientsToWait, .integer(4))], nil),
      NumberCase(.sync, workers: 4, [(.gradientsToWait, .integer(1))], nil),
      NumberCase(
        .sync, workers: 4, [(.gradientsToWait, .integer(5))],
        "'--gradients-to-wait 5' does not go with '--workers 4'"),
      NumberCase(.sync, workers: 4, [(.gradientsToWait, .integer(5)), (.gradientsFrom, .choice("any"))], nil),
      NumberCase(
        .sync, workers: 4, [(.backupWorkers, .integer(1)), (.gradientsFrom, .choice("any"))],
        "'--backup-workers 1' does not go with '--gradients-from any'"),
      // Both ways of saying it may be given, if they say the same.
      NumberCase(.sync, workers: 4, [(.gradientsToWait, .integer(3)), (.backupWorkers, .integer(1))], nil),
      NumberCase(.sync, workers: 4, [(.gradientsToWait, .integer(3)), (.backupWorkers, .integer(0))], nil),
      NumberCase(
        .sync, workers: 4, [(.gradientsToWait, .integer(2)), (.backupWorkers, .integer(1))],
        "'--gradients-to-wait 2' does not go with '--backup-workers 1'"),
      // Numbers of other modes are not looked at.
      NumberCase(.async, workers: 4, [(.backupWorkers, .integer(9))], nil),
      NumberCase(.rennala, workers: 4, [(.gradientsToWait, .integer(9))], nil),
      NumberCase(.async, workers: 4, [(.warmStart, .number(1.5))], nil),
      NumberCase(.async, workers: 4, [(.warmStart, .number(2))], "'--warm-start 2' does not go with '--epochs 2'"),
      NumberCase(.async, workers: 4, [(.serverShards, .integer(10))], nil),
      NumberCase(
        .async, workers: 4, [(.serverShards, .integer(11))],
        "'--server-shards 11' does not go with 'a model of 10 parameters'"),
      NumberCase(
        .hogwild, workers: 4, [(.lockStripes, .integer(11))],
        "'--lock-stripes 11' does not go with 'a model of 10 parameters'"),
    ])
  func numbers(_ numberCase: NumberCase) {
    var configuration = TrainingConfiguration(
      workers: numberCase.workers, mode: numberCase.mode, epochs: 2, batchSize: 1, learningRate: 1)
    for (hyperparameter, value) in numberCase.values { configuration.hyperparameters[hyperparameter] = value }
    let text = configuration.conflict(parameters: 10).map { "\($0)" }
    guard let expected = numberCase.conflict else {
      #expect(text == nil)
      return
    }
    #expect(text?.hasPrefix(expected) == true, "\(text ?? "no conflict")")
    #expect(text?.contains(": drop '--") == true)
  }

  @Test("a momentum that the server steers must be the server's")
  func closedLoop() {
    var configuration = TrainingConfiguration(
      workers: 2, rule: .closedLoopMomentum, optimizer: .momentum, momentum: 0.5, epochs: 1, batchSize: 1,
      learningRate: 1)
    #expect(configuration.conflict() == nil)
    configuration.hyperparameters[.serverShards] = .integer(2)
    #expect(configuration.conflict()?.option == "--server-shards")
    configuration.hyperparameters[.momentumAt] = .choice("worker")
    #expect(configuration.conflict()?.option == "--momentum-at")
  }

  @Test("the local steps of a worker have one momentum")
  func localMomentum() {
    var configuration = TrainingConfiguration(
      workers: 2, mode: .localSGD, optimizer: .momentum, momentum: 0.5, epochs: 1, batchSize: 1, learningRate: 1)
    configuration.hyperparameters[.localMomentum] = .number(0.9)
    #expect(configuration.conflict() == nil, "the other one is the server's, over the periods")
    configuration.hyperparameters[.momentumAt] = .choice("worker")
    #expect(configuration.conflict()?.option == "--local-momentum")
    (configuration.optimizer, configuration.compression) = (.sgd, .dgc)
    #expect(configuration.conflict()?.partner == "--compression dgc")
    configuration.hyperparameters[.localMomentum] = .number(0)
    #expect(configuration.conflict() == nil)
  }

  @Test("the effective values are those of the whole configuration, defaults included")
  func effectiveValues() {
    var configuration = TrainingConfiguration(workers: 8, mode: .sync, epochs: 1, batchSize: 1, learningRate: 1)
    configuration.hyperparameters[.backupWorkers] = .integer(2)
    let values = Dictionary(
      uniqueKeysWithValues: configuration.effectiveHyperparameters.map { ($0.name, "\($0.value)") })
    #expect(values["backup-workers"] == "2")
    // What is left, and not all of the workers: the values repeat the run when they are given.
    #expect(values["gradients-to-wait"] == "6")
    #expect(values["gradients-from"] == "distinct")
    #expect(values["staleness-bound"] == nil)
  }
}
