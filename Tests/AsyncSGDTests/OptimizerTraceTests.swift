import Kernels
import NeuralNet
import TestSupport
import Testing

@testable import AsyncSGD

/// Traces in which worker B's gradient is stale: it comes from θ₀ and is applied after A's first.
///
/// The gradient of a worker at θ is slope·θ + offset.
@Suite("Optimizers on the server, scripted interleavings")
struct OptimizerTraceTests {
  @Test("Nesterov steps to where the velocity will have gone")
  func nesterov() {
    // μ = 0.5, η = 1, g = 0.5·θ + (1, 10), θ₀ = 8.
    // A at θ₀ = 8:      g = 5,      v = 5,                    step 5 + 2.5 = 7.5,          θ₁ = 0.5
    // B at θ₀ = 8:      g = 14,     v = 2.5 + 14 = 16.5,      step 14 + 8.25 = 22.25,      θ₂ = −21.75
    // A at θ₁ = 0.5:    g = 1.25,   v = 8.25 + 1.25 = 9.5,    step 1.25 + 4.75 = 6,        θ₃ = −27.75
    // B at θ₂ = −21.75: g = −0.875, v = 4.75 − 0.875 = 3.875, step −0.875 + 1.9375 = 1.0625, θ₄ = −28.8125
    let schedule = ManualSchedule(
      mode: .async, workers: 2, initial: [8], optimizer: .nesterov, momentum: 0.5, slope: 0.5, offsets: [1, 10])
    schedule.run("A.push")
    #expect(schedule.parameters == [0.5])
    schedule.run("B.push")
    #expect(schedule.parameters == [-21.75])
    schedule.run("A.push")
    #expect(schedule.parameters == [-27.75])
    schedule.run("B.push")
    #expect(schedule.parameters == [-28.8125])
    #expect(schedule.server.carriedState() == CarriedState(vectors: ["velocity": [3.875]]))
  }

  @Test("Adagrad divides by the root of the sum of squares")
  func adagrad() {
    // η = 1, g = −9·θ + (12, 13), θ₀ = 1; ε = 1e-10 is lost beside the roots.
    // A at θ₀ = 1: g = 3,  s = 9,   θ₁ = 1 − 3/3 = 0
    // B at θ₀ = 1: g = 4,  s = 25,  θ₂ = 0 − 4/5
    // A at θ₁ = 0: g = 12, s = 169, θ₃ = θ₂ − 12/13
    let schedule = ManualSchedule(
      mode: .async, workers: 2, initial: [1], optimizer: .adagrad, slope: -9, offsets: [12, 13])
    schedule.run("A.push")
    #expect(schedule.parameters == [0])
    schedule.run("B.push")
    let steps: [Float] = [4 / 5, 12 / 13]
    #expect(schedule.parameters == [-steps[0]])
    schedule.run("A.push")
    #expect(schedule.parameters == [-steps[0] - steps[1]])
    #expect(schedule.server.carriedState() == CarriedState(vectors: ["squareSum": [169]]))
  }

  @Test("RMSProp divides by the root of the mean of squares, which begins at 0")
  func rmsProp() {
    // η = 1, ρ = 0.75, g = −0.5·θ + (7, 14), θ₀ = 2; ε = 1e-8 is lost beside the roots.
    // A at θ₀ = 2: g = 6,  s = 36/4 = 9,                √s = 3, θ₁ = 2 − 6/3 = 0
    // B at θ₀ = 2: g = 13, s = 6.75 + 169/4 = 49,       √s = 7, θ₂ = 0 − 13/7
    // A at θ₁ = 0: g = 7,  s = 36.75 + 49/4 = 49,       √s = 7, θ₃ = θ₂ − 1
    var hyperparameters = Hyperparameters()
    hyperparameters[.squareDecay] = .number(0.75)
    let schedule = ManualSchedule(
      mode: .async, workers: 2, hyperparameters: hyperparameters, initial: [2], optimizer: .rmsprop, slope: -0.5,
      offsets: [7, 14])
    schedule.run("A.push")
    #expect(schedule.parameters == [0])
    schedule.run("B.push")
    let second: Float = 13 / 7
    #expect(schedule.parameters == [-second])
    schedule.run("A.push")
    #expect(schedule.parameters == [-second - 1])
    #expect(schedule.server.carriedState() == CarriedState(vectors: ["squareMean": [49]]))
  }

  /// β₁ = 0.5, β₂ = 0.96: the roots of 1 − β₂ = 0.04 and 1 − β₂² = 0.0784 are 0.2 and 0.28.
  private var betas: Hyperparameters {
    var hyperparameters = Hyperparameters()
    hyperparameters[.beta1] = .number(0.5)
    hyperparameters[.beta2] = .number(0.96)
    return hyperparameters
  }

  /// The third update of ``adam()`` and ``adamW()``, per unit of η: 11/7 · √(1 − 0.96³).
  private let thirdStep = 11.0 / 7 * 0.115264.squareRoot()

  /// θ's error after three steps of about 10 roundings each, with no number above 1 in size but the quotient 11/7.
  private let bound = 30 * Double(Float.ulpOfOne)

  @Test("Adam corrects both moments for their start at 0, by the number of the server's updates")
  func adam() throws {
    // η = 1, g = 4·θ + (1, −3), θ₀ = 1.
    // A at θ₀ = 1: g = 5, m = 2.5,   s = 0.04·25 = 1,         m̂ = 2.5/0.5 = 5,       ŝ = 1/0.04 = 5²,     θ₁ = 1 − 5/5 = 0
    // B at θ₀ = 1: g = 1, m = 1.75,  s = 0.96 + 0.04 = 1,     m̂ = 1.75/0.75 = 7/3,   ŝ = 1/0.28²,         θ₂ = −0.28·7/3
    // A at θ₁ = 0: g = 1, m = 1.375, s = 0.96 + 0.04 = 1,     m̂ = 1.375/0.875 = 11/7, ŝ = 1/(1 − 0.96³),   θ₃ = θ₂ − thirdStep
    let schedule = ManualSchedule(
      mode: .async, workers: 2, hyperparameters: betas, initial: [1], optimizer: .adam, slope: 4, offsets: [1, -3])
    schedule.run("A.push")
    try FloatAgreement.check(schedule.parameters, against: [0], tolerance: bound)
    schedule.run("B.push")
    try FloatAgreement.check(schedule.parameters, against: [-0.28 * 7 / 3], tolerance: bound)
    schedule.run("A.push")
    try FloatAgreement.check(schedule.parameters, against: [-0.28 * 7 / 3 - thirdStep], tolerance: bound)
    let state = schedule.server.carriedState()
    #expect(state.scalars == ["updates": 3])
    #expect(Set(state.vectors.keys) == ["mean", "squareMean"])
    try FloatAgreement.check(state.vectors["mean"] ?? [], against: [1.375], tolerance: bound)
    try FloatAgreement.check(state.vectors["squareMean"] ?? [], against: [1.0], tolerance: bound)
  }

  @Test("AdamW shrinks the weights beside the step")
  func adamW() throws {
    // η = 0.5, λ = 1, so that each update first halves θ; gradients and moments are those of Adam's trace.
    // A at θ₀ = 1: θ₁ = 0.5 − 0.5 = 0
    // B at θ₀ = 1: θ₂ = 0 − 0.5·0.28·7/3 = −0.98/3
    // A at θ₁ = 0: θ₃ = −0.49/3 − 0.5·thirdStep
    let schedule = ManualSchedule(
      mode: .async, workers: 2, hyperparameters: betas, initial: [1], learningRate: 0.5, optimizer: .adamw,
      blocks: ParameterBlocks(count: 1, weightDecay: 1), slope: 4, offsets: [1, -3])
    schedule.run("A.push")
    try FloatAgreement.check(schedule.parameters, against: [0], tolerance: bound)
    schedule.run("B.push")
    try FloatAgreement.check(schedule.parameters, against: [-0.98 / 3], tolerance: bound)
    schedule.run("A.push")
    try FloatAgreement.check(schedule.parameters, against: [-0.49 / 3 - 0.5 * thirdStep], tolerance: bound)
    try FloatAgreement.check(
      schedule.server.carriedState().vectors["mean"] ?? [], against: [1.375], tolerance: bound)
  }

  @Test("an adaptive optimizer of a synchronous round takes one step along the mean gradient")
  func synchronousRound() {
    // Examples 1 and 2; the mean of 3 and 6 is 5, its square 25: θ = 0 − 5/5. Then s = 50 and the step is 5/√50.
    let schedule = ManualSchedule(mode: .sync, workers: 2, initial: [0], optimizer: .adagrad, offsets: [3, 6])
    schedule.run("A.push B.push A.wait")
    #expect(schedule.parameters == [-1])
    schedule.run("B.push A.push B.wait")
    let second = 5 / Float(50).squareRoot()
    #expect(schedule.parameters == [-1 - second])
  }

  @Test("workers that keep the momentum remember their own gradients only")
  func momentumInWorkers() {
    // μ = 0.5, η = 1, gradients 1 (A) and 10 (B), θ₀ = 0; the server takes plain steps.
    // A: v_A = 1, θ = −1;  B: v_B = 10, θ = −11;  A: v_A = 1.5, θ = −12.5;  A: v_A = 1.75, θ = −14.25;
    // B: v_B = 15, θ = −29.25.
    var hyperparameters = Hyperparameters()
    hyperparameters[.momentumAt] = .choice("worker")
    let schedule = ManualSchedule(
      mode: .async, workers: 2, hyperparameters: hyperparameters, initial: [0], momentum: 0.5, offsets: [1, 10])
    for worker in 0..<2 {
      schedule.momenta[worker] = WorkerMomentum(
        count: 1, momentum: 0.5, isNesterov: false, backend: ReferenceBackend<Float>())
    }
    schedule.run("A.push B.push A.push")
    #expect(schedule.parameters == [-12.5])
    schedule.run("A.push B.push")
    #expect(schedule.parameters == [-29.25])
    #expect(schedule.server.carriedState() == CarriedState(), "the server has no velocity")
  }

  @Test("weight decay pulls weights and leaves biases alone", arguments: OptimizerKind.allCases)
  func decaysWeightsOnly(optimizer: OptimizerKind) {
    // Gradients are 0, so whatever moves is moved by the decay: three updates of both a weight matrix, larger than a
    // block, and a bias.
    let layout = ParameterLayout([("fc.weight", [50, 50]), ("fc.bias", [50])])
    let schedule = ManualSchedule(
      mode: .async, workers: 1, initial: [Float](repeating: 1, count: layout.count), learningRate: 0.25,
      optimizer: optimizer, momentum: optimizer.hasMomentum ? 0.5 : nil,
      blocks: ParameterBlocks(layout, weightDecay: 0.5), offsets: [0])
    schedule.run("A.push A.push A.push")
    let (weights, biases) = (schedule.parameters[..<2500], schedule.parameters[2500...])
    #expect(biases.allSatisfy { $0 == 1 })
    #expect(weights.allSatisfy { $0 == weights[0] })
    switch optimizer {
    case .sgd, .adamw:
      // (1 − ηλ)³ = 0.875³, which is exact; AdamW takes no step, because its gradients are 0.
      #expect(weights[0] == 0.669921875)
    case .momentum:
      // v = 0.5, θ = 0.875;  v = 0.25 + 0.4375 = 0.6875, θ = 0.703125;  v = 0.34375 + 0.3515625, θ = 0.529296875.
      #expect(weights[0] == 0.529296875)
    case .nesterov:
      // d = 0.5, v = 0.5, θ = 1 − 0.25·0.75 = 0.8125;  d = 0.40625, v = 0.65625, θ = 0.8125 − 0.25·0.734375 = 0.62890625;
      // d = 0.314453125, v = 0.642578125, θ = 0.62890625 − 0.25·0.6357421875.
      #expect(weights[0] == 0.62890625 - 0.25 * 0.6357421875)
    case .adagrad, .rmsprop, .adam:
      // The first step is as long as that of any gradient: η, η/√(1 − ρ), η; and none overshoots by as much as it went.
      #expect(weights[0] < 0.75)
    }
  }
}
