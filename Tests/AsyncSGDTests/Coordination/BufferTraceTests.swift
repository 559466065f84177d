import Testing

@testable import AsyncSGD

/// Hand-computed: n-softsync, FedBuff, Ringmaster ASGD.
@Suite("Traces: buffers and delay thresholds")
struct BufferTraceTests {
  // FRED blocks each pusher until its group is applied: A could not give two gradients of version 0 there.
  @Test("soft-sync applies the mean of the next c gradients, nobody waits, and each has its own staleness")
  func softSync() {
    // Four workers in two groups: c = 2; η = ½, gradient θ_base, θ₀ = 1.
    let policy = PolicyCase(.softSync, (.gradientsToWait, .integer(2)))
    let schedule = ManualSchedule(
      policy, workers: 4, initial: [1], learningRate: 0.5, slope: 1, offsets: [0, 0, 0, 0])
    let log = schedule.run("A.push B.push A.push C.push D.push B.push A.push A.leave B.leave D.leave C.leave")
    #expect(
      log == [
        "A.push@0:proceed",  // 1, τ = 0; A pulls version 0 again
        "B.push@0:proceed",  // 1, τ = 0; θ₁ = 1 − ½·1 = ½
        "A.push@0:proceed",  // 1, τ = 1
        "C.push@0:proceed",  // 1, τ = 1; θ₂ = ½ − ½·1 = 0
        "D.push@0:proceed",  // 1, τ = 2
        "B.push@1:proceed",  // ½, τ = 1; θ₃ = 0 − ½·¾ = −0.375
        "A.push@1:proceed",  // ½, τ = 2
        "A.leave", "B.leave", "D.leave", "C.leave",  // the epoch is over: θ₄ = −0.375 − ½·½
      ])
    #expect(schedule.parameters == [-0.625])
    let coordination = schedule.server.coordination
    #expect(coordination.version == 4 && coordination.pendingPushes == 0)
    #expect((0...3).map { coordination.staleness.applied[$0] } == [2, 3, 2, 0])
    #expect(coordination.updatesByWorker == [3, 2, 1, 1])
    #expect(coordination.stalenessLawResidual == 0)
  }

  // FedScale divides by the sum of the weights: θ₂ would be 3 − 5.5/1.5 there.
  @Test("FedBuff weighs each update by its staleness, and divides by K")
  func fedBuff() {
    // K = 2, weight 1/(1 + τ); gradient ½·θ_base + offset, offsets 1 (A), 2 (B); θ₀ = 8.
    let policy = PolicyCase(.fedBuff, (.bufferSize, .integer(2)), (.stalenessExponent, .number(1)))
    let schedule = ManualSchedule(policy, workers: 2, initial: [8], slope: 0.5, offsets: [1, 2])
    let log = schedule.run("A.push A.push B.push A.push B.push A.push B.push B.leave A.leave")
    #expect(
      log == [
        "A.push@0:proceed",  // 5, τ = 0
        "A.push@0:proceed",  // 5, τ = 0; θ₁ = 8 − 10/2 = 3
        "B.push@0:proceed",  // 6, τ = 1: 3
        "A.push@1:proceed",  // 2.5, τ = 0; θ₂ = 3 − 5.5/2 = 0.25
        "B.push@1:proceed",  // 3.5, τ = 1: 1.75
        "A.push@2:proceed",  // 1.125, τ = 0; θ₃ = 0.25 − 2.875/2 = −1.1875
        "B.push@2:proceed",  // 2.125, τ = 1: 1.0625, alone at the end of the epoch
        "B.leave", "A.leave",
      ])
    #expect(schedule.parameters == [-1.1875 - 1.0625])
    #expect(schedule.server.coordination.stalenessLawResidual == 0)
    #expect(schedule.server.coordination.version == 4)
  }

  @Test("Ringmaster drops a gradient of delay R, which makes nobody older, and its worker begins anew")
  func ringmaster() {
    // R = 2, η = ½, gradient θ_base, θ₀ = 1.
    let policy = PolicyCase(.ringmaster, (.delayThreshold, .integer(2)), (.calculationStops, .choice("off")))
    let schedule = ManualSchedule(policy, workers: 3, initial: [1], learningRate: 0.5, slope: 1, offsets: [0, 0, 0])
    let log = schedule.run("A.push A.push B.push C.push A.push B.push")
    #expect(
      log == [
        "A.push@0:proceed",  // θ₁ = ½
        "A.push@1:proceed",  // θ₂ = ¼
        "B.push@0:dropped-tooStale",  // τ = 2
        "C.push@0:dropped-tooStale",  // τ = 2, and not 3
        "A.push@2:proceed",  // θ₃ = ⅛
        "B.push@2:proceed",  // ¼, τ = 1; θ₄ = ⅛ − ⅛
      ])
    #expect(schedule.parameters == [0])
    #expect(schedule.server.isWanted(version: 0), "calculations are not stopped")
    let coordination = schedule.server.coordination
    #expect(coordination.drops[.tooStale] == 2 && coordination.dropsByWorker == [0, 1, 1])
    #expect(coordination.staleness.applied.max == 1 && coordination.stalenessLawResidual == 0)
  }

  // A server that has the bound but never reads it, as dmlc/parameter_server for asynchronous SGD, applies all six.
  @Test("Ringmaster with stops frees a worker as soon as its gradient would be dropped")
  func ringmasterStops() {
    let policy = PolicyCase(.ringmaster, (.delayThreshold, .integer(2)))
    let schedule = ManualSchedule(policy, workers: 2, initial: [1], learningRate: 0.5, slope: 1, offsets: [0, 0])
    schedule.run("A.push")
    #expect(schedule.server.isWanted(version: 0), "a delay of 1 is borne")
    schedule.run("A.push")
    #expect(!schedule.server.isWanted(version: 0) && schedule.server.isWanted(version: 1))
    // B begins anew at θ₂ = ¼: θ₃ = ¼ − ⅛; then A at θ₂, τ = 1: θ₄ = ⅛ − ⅛.
    #expect(
      schedule.run("B.restart B.push A.push").suffix(3) == ["B.restart@2", "B.push@2:proceed", "A.push@2:proceed"])
    #expect(schedule.parameters == [0])
    let coordination = schedule.server.coordination
    #expect(coordination.abandoned == 1 && coordination.drops[.tooStale] == 0)
    #expect(coordination.staleness.unusedSum == 2 && coordination.stalenessLawResidual == 0)
  }
}
