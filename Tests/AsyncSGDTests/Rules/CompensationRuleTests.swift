import TestSupport
import Testing

@testable import AsyncSGD

/// Rules that look at how far the parameters have moved since a worker pulled them.
///
/// Where nothing else is said, g = θ′ (the pulled parameter), η = ½ and θ₀ = 1.
@Suite("Rules that compare the parameters with those that a worker pulled")
struct CompensationRuleTests {
  /// Runs a script event by event, and returns the first parameter after each.
  private func trace(_ schedule: ManualSchedule, _ script: String) -> [Float] {
    script.split(separator: " ").map { event in
      schedule.run(String(event))
      return schedule.parameters[0]
    }
  }

  private func hyperparameters(_ values: [(Hyperparameter, Double)]) -> Hyperparameters {
    var hyperparameters = Hyperparameters()
    for (hyperparameter, value) in values { hyperparameters[hyperparameter] = .number(value) }
    return hyperparameters
  }

  @Test("dc-asgd-c compensates for what moved since this worker's own pull")
  func constantWeight() {
    // λ = 1.
    // 1. A, θ′ = 1:    g = 1,     fresh;                          θ = 1 − ½ = ½.
    // 2. A, θ′ = ½:    g = ½,     fresh: no compensation;         θ = ½ − ¼ = ¼.
    //    With one copy for all (θ before the last update, 1): ½ + ¼·(½ − 1) = ⅜.
    // 3. B, θ′ = 1:    g = 1 + 1·(¼ − 1) = ¼;                     θ = ¼ − ⅛ = ⅛.
    //    With one copy for all (½): 1 + (¼ − ½) = ¾. With a copy that is the live parameters: 1.
    // 4. A, θ′ = ¼:    g = ¼ + 1/16·(⅛ − ¼) = ¼ − 1/128 = 31/128;  θ = ⅛ − 31/256 = 1/256.
    // 5. B, θ′ = ⅛:    g = ⅛ + 1/64·(1/256 − ⅛) = ⅛ − 31/16384 = 2017/16384;  θ = 1/256 − 2017/32768 = −1889/32768.
    let schedule = ManualSchedule(
      mode: .async, workers: 2, hyperparameters: hyperparameters([(.compensation, 1)]), initial: [1],
      learningRate: 0.5, rule: .dcASGDc, slope: 1, offsets: [0, 0])
    let expected: [Float] = [0.5, 0.25, 0.125, 1 / 256, -1889 / 32768]
    #expect(trace(schedule, "A.push A.push B.push A.push B.push") == expected)
  }

  @Test("dc-asgd-a keeps a mean square a worker, and takes the gradient in before it divides by it")
  func adaptiveWeight() throws {
    // g = 1 (A), 2 (B), always; m = ¾, λ₀ = ½, η = ¼, θ₀ = 0.
    // 1. A: fresh, MS_A = ¼;                                         θ = −¼.
    // 2. A: fresh, MS_A = 3/16 + ¼ = 7/16;                           θ = −½.
    // 3. B: MS_B = ¼·4 = 1, λ = ½: 2 + ½·4·(−½ − 0) = 1;             θ = −¾.
    //    With one mean square for all (¾·7/16 + 1 = 85/64) it would be 2 − 0.868; with the one before its update, 0,
    //    the compensation would be a thousand times as large.
    // 4. A: MS_A = ¾·7/16 + ¼ = 37/64, λ = ½/√(37/64) = 0.657596; 1 + λ·1·(−¾ + ½) = 0.835601;  θ = −0.958900.
    let schedule = ManualSchedule(
      mode: .async, workers: 2,
      hyperparameters: hyperparameters([(.adaptiveCompensation, 0.5), (.compensationDecay, 0.75)]), initial: [0],
      learningRate: 0.25, rule: .dcASGDa, offsets: [1, 2])
    // ε = 10⁻⁷ moves λ by half of 10⁻⁷/MS of it, at most 10⁻⁷; rounding does as much in each step.
    try FloatAgreement.check(
      trace(schedule, "A.push A.push B.push A.push"), against: [-0.25, -0.5, -0.75, -0.9589003],
      tolerances: Array(repeating: 1e-6, count: 4))
    let state = schedule.server.carriedState().vectors
    #expect(state["rule.meanSquare.0"] == [37 / 64] && state["rule.meanSquare.1"] == [1])
  }

  @Test("delay compensation works on each gradient of an update of several")
  func compensationInSoftSync() {
    // c = 2, λ = 1, all with as many examples.
    // A, B: g = 1, 1, fresh: θ = ½, version 1, which B pulls.
    // C, θ′ = 1: 1 + (½ − 1) = ½; A, θ′ = 1 (it pulled before the update): ½; θ = ½ − ½·½ = ¼. A pulls version 2, C ½.
    // B, θ′ = ½: ½ + ¼·(¼ − ½) = 7/16; C, θ′ = ½: 7/16; θ = ¼ − 7/32 = 1/32.
    var values = hyperparameters([(.compensation, 1)])
    values[.gradientsToWait] = .integer(2)
    let schedule = ManualSchedule(
      mode: .softSync, workers: 3, hyperparameters: values, initial: [1], learningRate: 0.5, rule: .dcASGDc, slope: 1,
      offsets: [0, 0, 0], examples: [1, 1, 1])
    let seen = trace(schedule, "A.push B.push C.push A.push B.push C.push")
    #expect(seen == [1, 0.5, 0.5, 0.25, 0.25, 0.03125])
  }

  @Test("gap-aware divides each parameter's gradient by its way in average steps, and one")
  func gaps() {
    // ρ = 0: the average step is the one along the present gradient, C = η·|g|.
    // 1. A, θ′ = 1: fresh, gap 1;                                   θ = ½.
    // 2. B, θ′ = 1: C = ½·1, gap = ½/½ + 1 = 2, g = ½;              θ = ½ − ¼ = ¼.
    // 3. A, θ′ = ½: C = ½·½, gap = ¼/¼ + 1 = 2, g = ¼;              θ = ¼ − ⅛ = ⅛.
    // 4. B, θ′ = ¼: C = ½·¼, gap = ⅛/⅛ + 1 = 2, g = ⅛;              θ = 1/16.
    // τ + 1 is 1, 2, 2, 2 as well: a second parameter that moves otherwise tells the two apart.
    let schedule = ManualSchedule(
      mode: .async, workers: 2, hyperparameters: hyperparameters([(.gapDecay, 0)]), initial: [1],
      learningRate: 0.5, rule: .gapAware, slope: 1, offsets: [0, 0])
    #expect(trace(schedule, "A.push B.push A.push B.push") == [0.5, 0.25, 0.125, 0.0625])
    // Gradients 1 (A) and 4 (B), η = ½, θ₀ = 4.
    // 1. A: θ = 3.5.  2. A: fresh, θ = 3.
    // 3. B, θ′ = 4: C = ½·4 = 2, gap = 1/2 + 1: τ + 1 = 3 would be twice that. θ = 3 − ½·4/1.5 = 5/3.
    let other = ManualSchedule(
      mode: .async, workers: 2, hyperparameters: hyperparameters([(.gapDecay, 0)]), initial: [4],
      learningRate: 0.5, rule: .gapAware, offsets: [1, 4])
    let seen = trace(other, "A.push A.push B.push")
    #expect(seen[1] == 3 && abs(seen[2] - 5 / 3) < 1e-6)
  }

  @Test("the average step of gap-aware is a root of a moving mean of squares, corrected for its start at 0")
  func gapMean() throws {
    // ρ = ½, η = 0.1, g = θ′, θ₀ = 1.
    // 1. A: g = 1, s = ½, C = 0.1·√(½/½), gap 1;                      θ = 0.9.
    // 2. B, θ′ = 1: s = ¾, C = 0.1·√(¾/¾) = 0.1, gap = 0.1/0.1 + 1 = 2;  θ = 0.9 − 0.05 = 0.85.
    //    Uncorrected: C = 0.0866, gap = 2.155.
    // 3. A, θ′ = 0.9: s = ⅜ + 0.405 = 0.78, C = 0.1·√(0.78/⅞) = 0.094415, gap = 0.05/C + 1 = 1.529573,
    //    g = 0.9/gap = 0.588399;                                      θ = 0.85 − 0.0588399 = 0.7911601.
    let schedule = ManualSchedule(
      mode: .async, workers: 2, hyperparameters: hyperparameters([(.gapDecay, 0.5)]), initial: [1],
      learningRate: 0.1, rule: .gapAware, slope: 1, offsets: [0, 0])
    try FloatAgreement.check(
      trace(schedule, "A.push B.push A.push"), against: [0.9, 0.85, 0.7911601],
      tolerances: [1e-6, 1e-6, 1e-6])
  }

  @Test("gap-aware measures ways in steps of the largest learning rate so far, not of the present one")
  func gapLearningRate() throws {
    // η falls: 1, ¾, ½, ¼. ρ = 0, g = 1, θ₀ = 4.
    // 1. A: θ = 3.
    // 2. B, θ′ = 4: C = 1·1, gap = 1/1 + 1 = 2;                  θ = 3 − ¾/2 = 2.625. With η = ¾ in C: gap = 7/3.
    // 3. A, θ′ = 3: C = 1, gap = 0.375 + 1;                      θ = 2.625 − ½/1.375 = 2.2613636.
    let schedule = ManualSchedule(
      mode: .async, workers: 2, hyperparameters: hyperparameters([(.gapDecay, 0)]), initial: [4], rule: .gapAware,
      offsets: [1, 1],
      schedule: LearningRateSchedule(peak: 1, shape: .linear, warmup: 0, plannedMinibatches: 4))
    try FloatAgreement.check(
      trace(schedule, "A.push B.push A.push"), against: [3, 2.625, 2.2613636], tolerances: [0, 0, 1e-6])
    let carried = schedule.server.carriedState().scalars
    #expect(carried["rule.largestLearningRate"] == 1 && carried["rule.samples"] == 3)
  }

  @Test("with momentum gap-aware divides the gradient and not the velocity, in steps that were taken")
  func gapWithMomentum() {
    // μ = ½, ρ = 0, η = ½, g = 1, θ₀ = 4.
    // 1. A: no step yet, gap 1: v = 1, θ = 3.5; the step is ½ = η·1, s = 1.
    // 2. B, θ′ = 4: C = ½·1, gap = ½/½ + 1 = 2: v = ½ + ½ = 1, θ = 3; s = 1.
    //    Dividing the velocity: (½ + 1)/2 = ¾. With the gradient in s it is the same here, but not in the next.
    // 3. A, θ′ = 3.5: C = ½, gap = 2: v = ½ + ½ = 1, θ = 2.5.
    // 4. A, fresh: gap 1: v = ½ + 1 = 1.5, θ = 1.75; s = 2.25.
    // 5. B, θ′ = 3: C = ½·1.5 = ¾, gap = 1.25/0.75 + 1 = 8/3: v = ¾ + ⅜ = 1.125, θ = 1.75 − 0.5625 = 1.1875.
    let schedule = ManualSchedule(
      mode: .async, workers: 2, hyperparameters: hyperparameters([(.gapDecay, 0)]), initial: [4],
      learningRate: 0.5, rule: .gapAware, momentum: 0.5, offsets: [1, 1])
    let seen = trace(schedule, "A.push B.push A.push A.push B.push")
    #expect(Array(seen.prefix(4)) == [3.5, 3, 2.5, 1.75])
    #expect(abs(seen[4] - 1.1875) < 1e-6)
  }

  @Test("gap-aware divides the weight decay, too")
  func gapWithWeightDecay() {
    // λ = ½, ρ = 0, η = ½, g = 1, θ₀ = 4.
    // 1. A: 1 + ½·4 = 3;                                    θ = 2.5.
    // 2. B, θ′ = 4: C = ½·1, gap = 1.5/0.5 + 1 = 4; (1 + 1.25)/4 = 0.5625;  θ = 2.5 − 0.28125 = 2.21875.
    // 3. B: fresh, 1 + 1.109375;                            θ = 2.21875 − 1.0546875 = 1.1640625.
    let schedule = ManualSchedule(
      mode: .async, workers: 2, hyperparameters: hyperparameters([(.gapDecay, 0)]), initial: [4],
      learningRate: 0.5, rule: .gapAware, offsets: [1, 1], weightDecay: 0.5)
    #expect(trace(schedule, "A.push B.push B.push") == [2.5, 2.21875, 1.1640625])
  }

  @Test("fasgd divides by a moving mean of the deviation, and by the staleness plus 1")
  func deviation() throws {
    // γ = ½, η = ⅛, g = 4 (A), −4 (B), θ₀ = 1.
    // 1. A, τ = 0: n = 8, b = 2, √(8 − 4) = 2, v = 1;                        θ = 1 − ⅛·4/1 = ½.
    // 2. B, τ = 1: n = 12, b = −1, √11 = 3.3166248, v = 2.1583124;           θ = ½ + ⅛·4/(2·2.1583124) = 0.6158313.
    // 3. A, τ = 1: n = 14, b = 1.5, √11.75 = 3.4278273, v = 2.7930698;       θ = 0.6158313 − ½/(2·2.7930698) = 0.5263240.
    // The printed formula, a mean of inverse deviations, would make the first step 16 times as long.
    let schedule = ManualSchedule(
      mode: .async, workers: 2, hyperparameters: hyperparameters([(.fasgdDecay, 0.5)]), initial: [1],
      learningRate: 0.125, rule: .fasgd, offsets: [4, -4])
    // ε = 10⁻⁶ under the root is 10⁻⁷ of a result at most.
    try FloatAgreement.check(
      trace(schedule, "A.push B.push A.push"), against: [0.5, 0.6158313, 0.5263240],
      tolerances: Array(repeating: 1e-6, count: 3))
  }

  @Test("fasgd in the form of its program divides by a moving mean of the magnitude")
  func magnitude() throws {
    // γ = 0.9, η = 0.1, g = 1 (A), −1 (B), θ₀ = 1.
    // 1. A, τ = 0: m = 0.1;   θ = 1 − 0.1/0.101 = 0.0099010.
    // 2. B, τ = 1: m = 0.19;  θ = 0.0099010 + 0.1·½/0.191 = 0.2716811.
    // 3. A, τ = 1: m = 0.271; θ = 0.2716811 − 0.1·½/0.272 = 0.0878576.
    var values = hyperparameters([])
    values[.fasgdForm] = .choice("magnitude")
    let schedule = ManualSchedule(
      mode: .async, workers: 2, hyperparameters: values, initial: [1], learningRate: 0.1, rule: .fasgd,
      offsets: [1, -1])
    try FloatAgreement.check(
      trace(schedule, "A.push B.push A.push"), against: [0.0099010, 0.2716811, 0.0878576],
      tolerances: Array(repeating: 1e-6, count: 3))
  }
}
