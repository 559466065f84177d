import AsyncSGD
import Testing

/// A mode with hyperparameters of its own: one way of saying who waits for whom.
struct PolicyCase: Sendable, CustomTestStringConvertible {
  let mode: CoordinationMode
  let hyperparameters: Hyperparameters

  init(_ mode: CoordinationMode, _ values: (Hyperparameter, Hyperparameter.Value)...) {
    self.mode = mode
    var hyperparameters = Hyperparameters()
    for (hyperparameter, value) in values { hyperparameters[hyperparameter] = value }
    self.hyperparameters = hyperparameters
  }

  var testDescription: String {
    let given = hyperparameters.given.sorted { $0.key < $1.key }.map { " \($0.key)=\($0.value)" }
    return mode.rawValue + given.joined()
  }

  /// Whether it means something with so many workers.
  func goesWith(workers: Int) -> Bool { mode.conflict(hyperparameters, workers: workers) == nil }

  /// Every policy in every variety that three workers can have.
  static let all: [PolicyCase] = [
    PolicyCase(.async),
    PolicyCase(.sync),
    PolicyCase(.sync, (.gradientsToWait, .integer(2))),
    PolicyCase(.sync, (.gradientsToWait, .integer(1)), (.calculationStops, .choice("on"))),
    PolicyCase(.sync, (.backupWorkers, .integer(1))),
    PolicyCase(.sync, (.gradientsFrom, .choice("any")), (.gradientsToWait, .integer(2))),
    PolicyCase(
      .sync, (.gradientsFrom, .choice("any")), (.gradientsToWait, .integer(4)), (.calculationStops, .choice("on"))),
    PolicyCase(.softSync),
    PolicyCase(.softSync, (.gradientsToWait, .integer(2))),
    PolicyCase(.softSync, (.gradientsToWait, .integer(4))),
    PolicyCase(.ssp),
    PolicyCase(.ssp, (.stalenessBound, .integer(0))),
    PolicyCase(.ssp, (.stalenessBound, .integer(1))),
    PolicyCase(.dssp),
    PolicyCase(.dssp, (.stalenessBound, .integer(0)), (.stalenessBoundRange, .integer(2))),
    PolicyCase(.dssp, (.stalenessBound, .integer(1)), (.stalenessBoundRange, .integer(0))),
    PolicyCase(.easgd, (.exchangeOrder, .choice("round-robin"))),
    PolicyCase(.ringmaster),
    PolicyCase(.ringmaster, (.delayThreshold, .integer(1))),
    PolicyCase(.ringmaster, (.delayThreshold, .integer(2)), (.calculationStops, .choice("off"))),
    PolicyCase(.rennala),
    PolicyCase(.rennala, (.gradientsToWait, .integer(2)), (.calculationStops, .choice("on"))),
    PolicyCase(.fedBuff),
    PolicyCase(.fedBuff, (.bufferSize, .integer(2)), (.stalenessExponent, .number(1))),
  ]

  /// Those whose workers push gradients, which a mean of ones leaves as it is.
  static let gradients = all.filter { $0.mode != .easgd && $0.mode != .fedBuff }
}

extension ManualSchedule {
  /// Creates a schedule for a case, with minibatches of the same size.
  convenience init(
    _ policy: PolicyCase, workers: Int, initial: [Float], learningRate: Double = 1, momentum: Float? = nil,
    movingRate: Float = 0, divergencePolicy: DivergencePolicy = .stop, slope: Float = 0, offsets: [Float]
  ) {
    self.init(
      mode: policy.mode, workers: workers, hyperparameters: policy.hyperparameters, initial: initial,
      learningRate: learningRate, momentum: momentum, movingRate: movingRate, divergencePolicy: divergencePolicy,
      slope: slope, offsets: offsets, examples: Array(repeating: 1, count: workers))
  }
}
