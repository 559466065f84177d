import Kernels
import TestSupport
import Testing

@testable import AsyncSGD

@Suite("What a worker does to its gradients")
struct GradientTreatmentTests {
  /// Returns what clipping makes of a gradient.
  private func clipped(
    _ values: [Float], to norm: Double, kernels: any KernelBackend<Float> = ReferenceBackend<Float>()
  ) -> [Float] {
    let gradient = GradientBuffer(count: values.count)
    for (index, value) in values.enumerated() { gradient.values[index] = value }
    GradientClipping(largestNorm: norm, backend: kernels).apply(to: gradient.values, count: values.count)
    return (0..<values.count).map { gradient.values[$0] }
  }

  @Test(
    "a gradient with a larger norm is scaled down to the bound, and keeps its direction",
    arguments: ["reference", "simd"])
  func clips(kernels: String) throws {
    let backend = try KernelBackends.make(named: kernels)
    // ‖(3, −4)‖ = 5.
    #expect(clipped([3, -4], to: 2.5, kernels: backend) == [1.5, -2])
    #expect(clipped([3, 0, -4, 0, 0], to: 1.25, kernels: backend) == [0.75, 0, -1, 0, 0])
    // The squares of these are beyond Float.
    try FloatAgreement.check(
      clipped([3e30, 4e30], to: 1, kernels: backend), against: [0.6, 0.8], tolerance: 2 * Double(Float.ulpOfOne))
  }

  @Test("a gradient within the bound keeps its bits; so does one that is not finite")
  func leavesAlone() throws {
    try FloatAgreement.checkSameBits(clipped([3, -4], to: 5), as: [3, -4])
    try FloatAgreement.checkSameBits(clipped([0.1, 0.7], to: 1), as: [0.1, 0.7])
    try FloatAgreement.checkSameBits(clipped([0, -0.0], to: 1), as: [0, -0.0])
    try FloatAgreement.checkSameBits(clipped([7, .infinity], to: 1), as: [7, .infinity])
    try FloatAgreement.checkSameBits(clipped([7, .nan], to: 1), as: [7, .nan])
  }

  @Test("a velocity in the worker, by hand")
  func velocity() {
    let backend = ReferenceBackend<Float>()
    func pushes(isNesterov: Bool) -> (pushes: [Float], velocity: [Float]) {
      let momentum = WorkerMomentum(count: 1, momentum: 0.5, isNesterov: isNesterov, backend: backend)
      let gradients: [Float] = [4, .nan, 2, -8]
      let pushes = gradients.map { gradient in
        var value = gradient
        momentum.apply(to: &value)
        return value
      }
      return (pushes, momentum.state().vectors["velocity"] ?? [])
    }
    // v = 4; v = 2 + 2 = 4; v = 2 − 8 = −6. NaN passes by.
    let heavy = pushes(isNesterov: false)
    #expect(heavy.pushes[0] == 4 && heavy.pushes[1].isNaN && heavy.pushes[2] == 4 && heavy.pushes[3] == -6)
    #expect(heavy.velocity == [-6])
    // g + v/2: 4 + 2, 2 + 2, −8 − 3.
    let ahead = pushes(isNesterov: true)
    #expect(ahead.pushes[0] == 6 && ahead.pushes[1].isNaN && ahead.pushes[2] == 4 && ahead.pushes[3] == -11)
    #expect(ahead.velocity == [-6])
  }

  @Test("clipping comes before the momentum")
  func order() {
    // (3, −4) to norm 2.5: (1.5, −2). With μ = 0.5 the second push is 1.5 times the first.
    var configuration = TrainingFixture.configuration(optimizer: .momentum)
    configuration.hyperparameters[.momentumAt] = .choice("worker")
    configuration.hyperparameters[.clipNorm] = .number(2.5)
    let treatment = GradientTreatment(configuration, count: 2, backend: ReferenceBackend<Float>())
    let gradient = GradientBuffer(count: 2)
    func push() -> [Float] {
      (gradient.values[0], gradient.values[1]) = (3, -4)
      treatment.apply(to: gradient.values, count: gradient.count)
      return [gradient.values[0], gradient.values[1]]
    }
    #expect(push() == [1.5, -2])
    #expect(push() == [2.25, -3])
  }

  @Test("by default, and where the server keeps the momentum, gradients are pushed as they are")
  func nothingByDefault() {
    for optimizer in OptimizerKind.allCases {
      let configuration = TrainingFixture.configuration(optimizer: optimizer)
      let treatment = GradientTreatment(configuration, count: 2, backend: ReferenceBackend<Float>())
      let gradient = GradientBuffer(count: 2)
      (gradient.values[0], gradient.values[1]) = (3e10, -4)
      treatment.apply(to: gradient.values, count: gradient.count)
      treatment.apply(to: gradient.values, count: gradient.count)
      #expect(gradient.values[0] == 3e10 && gradient.values[1] == -4)
    }
  }

  @Test("no update of a run with clipping moves the parameters farther than the rate times the norm")
  func clippedRun() throws {
    var configuration = TrainingFixture.configuration(workers: 2, epochs: 1, learningRate: 0.5)
    configuration.schedule = .constant
    configuration.warmup = 0
    configuration.hyperparameters[.clipNorm] = .number(0.001)
    let trainer = try TrainingFixture.trainer(configuration)
    let start = trainer.state.parameters
    let updates = Double(try trainer.run().last.updates)
    let distance = zip(trainer.state.parameters, start).reduce(0.0) { $0 + Double($1.0 - $1.1) * Double($1.0 - $1.1) }
      .squareRoot()
    // 16 steps of at most 0.5·0.001; without clipping the first alone is hundreds of times as long.
    #expect(updates == 16)
    #expect(distance > 0 && distance <= updates * 0.5 * 0.001 * 1.001)
  }

  @Test("a bound that no gradient reaches changes no bit of a run")
  func hugeBound() throws {
    let states = try [0.0, 1e6].map { norm in
      var configuration = TrainingFixture.configuration()
      configuration.hyperparameters[.clipNorm] = .number(norm)
      let trainer = try TrainingFixture.trainer(configuration)
      _ = try trainer.run()
      return trainer.state
    }
    #expect(states[0] == states[1])
  }
}
