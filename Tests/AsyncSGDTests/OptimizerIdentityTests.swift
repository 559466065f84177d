import AllocationCounter
import Kernels
import TestSupport
import Testing

@testable import AsyncSGD

@Suite("Optimizers: identities and continuation")
struct OptimizerIdentityTests {
  /// Returns the parameters after a short run with one worker.
  private func parameters(
    _ optimizer: OptimizerKind, kernels: String, change: (inout TrainingConfiguration) -> Void = { _ in }
  ) throws -> [Float] {
    var configuration = TrainingFixture.configuration(optimizer: optimizer)
    change(&configuration)
    let trainer = try TrainingFixture.trainer(configuration, backend: KernelBackends.make(named: kernels))
    _ = try trainer.run()
    return trainer.state.parameters
  }

  @Test(
    "momentum of 0 is plain SGD, bit for bit", arguments: [OptimizerKind.momentum, .nesterov],
    ["reference", "simd"])
  func noMomentum(optimizer: OptimizerKind, kernels: String) throws {
    let plain = try parameters(.sgd, kernels: kernels)
    try FloatAgreement.checkSameBits(parameters(optimizer, kernels: kernels) { $0.momentum = 0 }, as: plain)
    let other = try parameters(optimizer, kernels: kernels) { $0.momentum = 0.5 }
    #expect(other != plain)
  }

  @Test("AdamW without weight decay is Adam, bit for bit", arguments: ["reference", "simd"])
  func adamWithoutDecay(kernels: String) throws {
    let adam = try parameters(.adam, kernels: kernels) { $0.learningRate = 0.002 }
    try FloatAgreement.checkSameBits(parameters(.adamw, kernels: kernels) { $0.learningRate = 0.002 }, as: adam)
    let decayed = try [OptimizerKind.adam, .adamw].map { optimizer in
      try parameters(optimizer, kernels: kernels) { ($0.learningRate, $0.weightDecay) = (0.002, 0.1) }
    }
    #expect(decayed[0] != adam && decayed[1] != adam && decayed[0] != decayed[1])
  }

  @Test(
    "the momentum of one worker is the server's, bit for bit", arguments: [OptimizerKind.momentum, .nesterov],
    ["reference", "simd"])
  func momentumOfOneWorker(optimizer: OptimizerKind, kernels: String) throws {
    let server = try parameters(optimizer, kernels: kernels) { $0.momentum = 0.5 }
    let worker = try parameters(optimizer, kernels: kernels) {
      $0.momentum = 0.5
      $0.hyperparameters[.momentumAt] = .choice("worker")
    }
    try FloatAgreement.checkSameBits(worker, as: server)
  }

  @Test("a run resumed after an epoch has the same bits as one that was not", arguments: OptimizerKind.allCases)
  func continuation(optimizer: OptimizerKind) throws {
    var configuration = TrainingFixture.configuration(optimizer: optimizer, learningRate: 0.01)
    configuration.momentum = optimizer.hasMomentum ? 0.5 : 0
    configuration.weightDecay = 0.01
    let whole = try TrainingFixture.trainer(configuration)
    var states: [TrainerState] = []
    _ = try whole.run { states.append(whole.state) }
    let resumed = try TrainingFixture.trainer(configuration, resuming: states[0])
    #expect(resumed.state == states[0])
    _ = try resumed.run()
    #expect(resumed.state == whole.state)
    #expect(whole.state != states[0])
  }

  @Test("what an optimizer carries over has the names that are asked for", arguments: OptimizerKind.allCases)
  func carriedNames(optimizer: OptimizerKind) throws {
    var hyperparameters = Hyperparameters()
    for momentumAt in ["server", "worker"] {
      hyperparameters[.momentumAt] = .choice(momentumAt)
      let setting = Hyperparameter.Setting(workers: 2, mode: .async)
      let made = optimizer.makeOptimizer(
        hyperparameters, in: setting, momentum: 0.5, count: 3, backend: ReferenceBackend<Float>())
      let names = optimizer.carriedNames(hyperparameters, in: setting)
      #expect(Set(made.vectors.keys) == Set(names.vectors))
      #expect(Set(made.scalars.keys) == Set(names.scalars))
      #expect(made.vectors.values.allSatisfy { $0.count == 3 })
      #expect((made.momentum != nil) == (optimizer.hasMomentum && momentumAt == "server"))
    }
  }

  @Test("a state without what the optimizer needs, or with vectors of another length, is refused")
  func unfitStates() throws {
    let state = try TrainingFixture.trainer(TrainingFixture.configuration()).state
    let count = state.parameters.count
    for optimizer in OptimizerKind.allCases where optimizer != .sgd {
      let configuration = TrainingFixture.configuration(optimizer: optimizer)
      let names = optimizer.carriedNames(configuration.hyperparameters, in: configuration.setting)
      for name in names.vectors + names.scalars {
        var incomplete = try TrainingFixture.trainer(configuration).state
        incomplete.carried.vectors[name] = nil
        incomplete.carried.scalars[name] = nil
        #expect(throws: TrainingError.missingOptimizerState(name: name)) {
          try TrainingFixture.trainer(configuration, resuming: incomplete)
        }
      }
      for name in names.vectors {
        var short = try TrainingFixture.trainer(configuration).state
        short.carried.vectors[name] = [1, 2]
        #expect(throws: TrainingError.stateMismatch(part: name, expected: count, actual: 2)) {
          try TrainingFixture.trainer(configuration, resuming: short)
        }
      }
    }
  }

  @Test("the defaults of epsilon are those of PyTorch")
  func epsilons() {
    let none = Hyperparameters()
    for optimizer in OptimizerKind.allCases {
      let setting = Hyperparameter.Setting(workers: 8, mode: .async, optimizer: optimizer)
      #expect(none.number(.epsilon, in: setting) == (optimizer == .adagrad ? 1e-10 : 1e-8))
      for hyperparameter in optimizer.hyperparameters {
        #expect(hyperparameter.domain.contains(hyperparameter.defaultValue(setting)))
      }
    }
    #expect(TrainingFixture.configuration(optimizer: .adagrad).number(.epsilon) == 1e-10)
  }

  @Test(
    "an update and a worker's treatment of its gradient allocate nothing",
    .enabled(if: allocation_counting_is_active(), "a sanitizer owns the allocator here"),
    arguments: OptimizerKind.allCases, ["reference", "simd"])
  func allocatesNothing(optimizer: OptimizerKind, kernels: String) throws {
    let backend = try KernelBackends.make(named: kernels)
    var configuration = TrainingFixture.configuration(optimizer: optimizer)
    configuration.hyperparameters[.clipNorm] = .number(0.5)
    let count = 5000
    let pipeline = UpdatePipeline(
      rule: PlainRule(),
      optimizer: optimizer.makeOptimizer(
        configuration.hyperparameters, in: configuration.setting, momentum: 0.5, count: count, backend: backend),
      blocks: ParameterBlocks(count: count, weightDecay: 0.1), backend: backend)
    configuration.hyperparameters[.momentumAt] = .choice("worker")
    let treatment = GradientTreatment(configuration, count: count, backend: backend)
    let (gradient, parameters) = (GradientBuffer(count: count), GradientBuffer(count: count))
    func update() {
      gradient.values.update(repeating: 1, count: count)
      treatment.apply(to: gradient.values, count: gradient.count)
      let stale = StaleGradient(
        worker: 0, version: 1, staleness: 0, learningRate: 0.1, values: gradient.values, pulled: parameters.values,
        parameters: parameters.values)
      pipeline.apply(stale, to: parameters.values)
    }
    for _ in 0..<5 { update() }
    let before = allocation_count_of_this_thread()
    for _ in 0..<20 { update() }
    #expect(allocation_count_of_this_thread() == before)
    #expect(parameters.values[count - 1] < 0)
  }
}
