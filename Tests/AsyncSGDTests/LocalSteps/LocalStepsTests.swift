import Dispatch
import Kernels
import Testing

@testable import AsyncSGD

/// Traces derived by hand, in values that are exact in binary.
///
/// η is 0.5 unless a test says otherwise; gradients are slope·x + offset.
@Suite("Local steps, scripted")
struct LocalStepsTests {
  private func downpour(
    pushEvery: Int, fetchEvery: Int, _ accumulation: DownpourSteps.Accumulation = .sum
  ) -> (LocalArithmetic) -> any LocalSteps {
    { DownpourSteps(pushEvery: pushEvery, fetchEvery: fetchEvery, accumulation: accumulation, arithmetic: $0) }
  }

  @Test("Downpour pushes the sum of n_push gradients of its own copy, and fetches every n_fetch steps")
  func downpourTrace() {
    let schedule = LocalSchedule(
      mode: .async, slope: 0.5, offsets: [0, 1], makeSteps: downpour(pushEvery: 2, fetchEvery: 4))
    // A: y = 8, g = 4; y = 6, g = 3; pushes 7: θ = 8 − 3.5 = 4.5. Its own y = 4.5 too.
    // B: y = 8, g = 5; y = 5.5, g = 3.75; pushes 8.75: θ = 4.5 − 4.375 = 0.125. Its own y = 3.625.
    schedule.run("A.step B.step A.step")
    #expect(schedule.parameters == [4.5])
    schedule.run("B.step")
    #expect(schedule.parameters == [0.125])
    // A goes on from its own 4.5, and not from θ: g = 2.25; y = 3.375, g = 1.6875; pushes 3.9375: θ = −1.84375. It pulls.
    schedule.run("A.step A.step")
    #expect(schedule.parameters == [-1.84375])
    // A: g = 0.5 · −1.84375 = −0.921875. The epoch ends: it pushes that alone: θ = −1.84375 + 0.4609375.
    schedule.run("A.step A.finish")
    #expect(schedule.parameters == [-1.3828125])
    let coordination = schedule.server.coordination
    #expect(coordination.version == 4)
    #expect(coordination.minibatches == 7)
    #expect(coordination.stalenessLawResidual == nil, "A pushed twice between two pulls")
    #expect(schedule.server.status.examples == 7)
  }

  @Test("where a fetch comes before its push, the gradients of the copy that is given up are pushed all the same")
  func fetchBetweenPushes() {
    let schedule = LocalSchedule(
      mode: .async, slope: 0.5, offsets: [0, 1], makeSteps: downpour(pushEvery: 3, fetchEvery: 2))
    // B: y = 8, g = 5; y = 5.5, g = 3.75; fetches 8; g = 5; pushes 13.75: θ = 8 − 6.875 = 1.125.
    // A: g = 4, g = 3; fetches 1.125; g = 0.5625; pushes 7.5625: θ = 1.125 − 3.78125 = −2.65625.
    // A's copy is 1.125 − 0.28125 = 0.84375: g = 0.421875, and then it fetches −2.65625: g = −1.328125.
    // The epoch ends: it pushes −0.90625: θ = −2.65625 + 0.453125.
    schedule.run("B.step B.step B.step A.step A.step A.step")
    #expect(schedule.parameters == [-2.65625])
    schedule.run("A.step A.step A.finish")
    #expect(schedule.parameters == [-2.203125])
    #expect(schedule.server.coordination.stalenessLawResidual == 0)
  }

  @Test("an epoch that ends after a fetch but before a push still pushes")
  func finishAfterFetch() {
    let schedule = LocalSchedule(
      mode: .async, slope: 0, offsets: [3], makeSteps: downpour(pushEvery: 4, fetchEvery: 2))
    schedule.run("A.step A.step A.finish A.finish")
    #expect(schedule.parameters == [8 - 0.5 * 6])
    #expect(schedule.server.coordination.version == 1)
  }

  @Test("the law of staleness holds wherever a worker pulls between its pushes, for any interleaving")
  func law() {
    for (push, fetch, holds) in [(1, 1, true), (3, 3, true), (3, 2, true), (2, 1, true), (2, 3, false)] {
      let schedule = LocalSchedule(
        mode: .async, learningRate: 0.001, slope: 0, offsets: [1, 2, 3],
        makeSteps: downpour(pushEvery: push, fetchEvery: fetch))
      var state: UInt64 = 17
      for _ in 0..<200 {
        state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
        schedule.step(Int(state >> 33 % 3))
        let residual = schedule.server.coordination.stalenessLawResidual
        #expect(residual == 0 || (residual == nil && !holds), "push \(push), fetch \(fetch)")
      }
      #expect((schedule.server.coordination.stalenessLawResidual == nil) == !holds, "push \(push), fetch \(fetch)")
    }
  }

  @Test("AGN pushes the mean of λ gradients, and of fewer at an epoch's end")
  func accumulatedGradientNormalization() {
    let schedule = LocalSchedule(
      mode: .agn, slope: 0.5, offsets: [0, 1], makeSteps: downpour(pushEvery: 2, fetchEvery: 2, .mean))
    // A: g = 4, y = 6, g = 3: mean 3.5, θ = 6.25. B, from 8: g = 5, y = 5.5, g = 3.75: mean 4.375, θ = 4.0625.
    schedule.run("A.step B.step A.step")
    #expect(schedule.parameters == [6.25])
    schedule.run("B.step")
    #expect(schedule.parameters == [4.0625])
    // A, from 6.25: g = 3.125, y = 4.6875, g = 2.34375: mean 2.734375, θ = 4.0625 − 1.3671875 = 2.6953125.
    schedule.run("A.step A.step")
    #expect(schedule.parameters == [2.6953125])
    // A: one step of 1.34765625; it is its own mean: θ = 2.6953125 − 0.673828125.
    schedule.run("A.step A.finish")
    #expect(schedule.parameters == [2.021484375])
    #expect(schedule.server.coordination.stalenessLawResidual == 0)
  }

  @Test("AGN with λ = 1 and Downpour with n_push = n_fetch = 1 have the bits of asynchronous SGD")
  func singleStepsAreAsynchronousSGD() {
    let script = "A.step B.step A.step C.step C.step B.step A.step C.step B.step B.step A.step"
    func bits(_ mode: CoordinationMode, _ makeSteps: (LocalArithmetic) -> any LocalSteps) -> [UInt32] {
      let schedule = LocalSchedule(
        mode: mode, initial: [0.1, -3], learningRate: 0.3, slope: 0.7, offsets: [0.9, -1.3, 0.11], makeSteps: makeSteps)
      schedule.run(script)
      return schedule.parameters.map(\.bitPattern)
    }
    let asynchronous = bits(.async) { _ in SingleSteps() }
    #expect(bits(.async, downpour(pushEvery: 1, fetchEvery: 1)) == asynchronous)
    #expect(bits(.agn, downpour(pushEvery: 1, fetchEvery: 1, .mean)) == asynchronous)
  }

  @Test("FedBuff buffers sums of Q steps, divides by K, and not by the weights, and goes on without waiting")
  func federatedBuffer() {
    var hyperparameters = Hyperparameters()
    hyperparameters[.bufferSize] = .integer(2)
    hyperparameters[.stalenessExponent] = .number(1)
    let schedule = LocalSchedule(
      mode: .fedBuff, slope: 0.5, offsets: [0, 1], hyperparameters: hyperparameters,
      makeSteps: downpour(pushEvery: 2, fetchEvery: 2))
    // A pushes 4 + 3 = 7, and pulls 8 again. B pushes 5 + 3.75 = 8.75: θ = 8 − 0.5 · 15.75 / 2 = 4.0625.
    schedule.run("A.step A.step B.step B.step")
    #expect(schedule.parameters == [4.0625])
    // A, still at 8, pushes 7 with staleness 1, weight 1/2. B, from 4.0625: g = 3.03125, y = 2.546875, g = 2.2734375.
    // θ = 4.0625 − 0.5 · (3.5 + 5.3046875) / 2.
    schedule.run("A.step A.step B.step B.step")
    #expect(schedule.parameters == [4.0625 - 2.201171875])
    #expect(schedule.server.coordination.minibatches == 8)
  }

  @Test("FedBuff counts pushes of more and of fewer steps alike")
  func unequalPushes() {
    var hyperparameters = Hyperparameters()
    hyperparameters[.bufferSize] = .integer(2)
    let schedule = LocalSchedule(
      mode: .fedBuff, slope: 0, offsets: [1, 2], hyperparameters: hyperparameters,
      makeSteps: downpour(pushEvery: 4, fetchEvery: 4))
    // A pushes 4 · 1, B at the end of its epoch 2 after one step: θ = 8 − 0.5 · (4 + 2) / 2.
    schedule.run("A.step A.step A.step A.step B.step B.finish")
    #expect(schedule.parameters == [6.5])
  }

  @Test("EASGD exchanges with one e, computed from old values, and steps with the gradient before the exchange")
  func elasticAveraging() {
    let schedule = LocalSchedule(
      mode: .easgd, initial: [1], slope: 1, offsets: [0, 0], movingRate: 0.25
    ) { ElasticSteps(period: 1, momentum: nil, arithmetic: $0) }
    // A: e = 0, x = 1 − 0.5 = 0.5. B alike.
    schedule.run("A.step B.step")
    #expect(schedule.parameters == [1])
    // A: g = 0.5; e = 0.25 · (0.5 − 1) = −0.125, x = 0.625, center = 0.875; x = 0.625 − 0.25 = 0.375.
    // (With the gradient after the exchange x would be 0.3125.)
    schedule.run("A.step")
    #expect(schedule.parameters == [0.875])
    #expect(schedule.carried("parameters", of: 0) == [0.375])
    // B: g = 0.5; e = 0.25 · (0.5 − 0.875) = −0.09375, x = 0.59375, center = 0.78125; x = 0.34375.
    schedule.run("B.step")
    #expect(schedule.parameters == [0.78125])
    #expect(schedule.carried("parameters", of: 1) == [0.34375])
    // A: g = 0.375; e = 0.25 · (0.375 − 0.78125) = −0.1015625, x = 0.4765625, center = 0.6796875; x = 0.2890625.
    schedule.run("A.step")
    #expect(schedule.parameters == [0.6796875])
    #expect(schedule.carried("parameters", of: 0) == [0.2890625])
    // The epoch ends: A exchanges once more: e = −0.09765625, x = 0.38671875, center = 0.58203125; and no second time.
    schedule.run("A.finish A.finish")
    #expect(schedule.parameters == [0.58203125])
    #expect(schedule.carried("parameters", of: 0) == [0.38671875])
    let coordination = schedule.server.coordination
    #expect(coordination.version == 6 && coordination.minibatches == 5)
    #expect(coordination.stalenessLawResidual == 0)
  }

  @Test("an elastic worker exchanges every τ steps from its first on, and its clock lives through epochs")
  func elasticPeriod() {
    let schedule = LocalSchedule(
      mode: .easgd, initial: [1], slope: 1, offsets: [0], movingRate: 0.5
    ) { ElasticSteps(period: 3, momentum: nil, arithmetic: $0) }
    // Exchanges at t = 0, 3, 6, and at the epoch's end, after t = 4.
    let versions = "A.step A.step A.step A.step A.step A.finish A.step A.step".split(separator: " ").map {
      schedule.run(String($0))
      return schedule.server.coordination.version
    }
    #expect(versions == [1, 1, 1, 2, 2, 3, 3, 4])
    #expect(schedule.steps[0].scalars == ["clock": 1])
  }

  @Test("EAMSGD takes the gradient at x + δ·v, and steps with the velocity")
  func elasticMomentum() {
    let schedule = LocalSchedule(
      mode: .eamsgd, initial: [1], slope: 1, offsets: [0], movingRate: 0.25
    ) { ElasticSteps(period: 1, momentum: 0.5, arithmetic: $0) }
    // v = −0.5, x = 0.5.
    schedule.run("A.step")
    #expect(schedule.carried("parameters", of: 0) == [0.5])
    // g at 0.5 − 0.25 = 0.25; e = −0.125, x = 0.625, center = 0.875; v = −0.25 − 0.125 = −0.375, x = 0.25.
    schedule.run("A.step")
    #expect(schedule.parameters == [0.875])
    #expect(schedule.carried("parameters", of: 0) == [0.25])
    // g at 0.25 − 0.1875 = 0.0625; e = −0.15625, x = 0.40625, center = 0.71875; v = −0.1875 − 0.03125, x = 0.1875.
    schedule.run("A.step")
    #expect(schedule.parameters == [0.71875])
    #expect(schedule.carried("parameters", of: 0) == [0.1875])
    #expect(schedule.carried("velocity", of: 0) == [-0.21875])
  }

  @Test("with α = 0 elastic workers are independent, to the bit, and the center stays")
  func inelastic() {
    let elastic = LocalSchedule(
      mode: .easgd, initial: [0.1, -3], learningRate: 0.3, slope: 0.7, offsets: [0.9, -1.3], movingRate: 0
    ) { ElasticSteps(period: 2, momentum: nil, arithmetic: $0) }
    elastic.run("A.step B.step A.step A.step B.step B.step B.step A.step A.finish")
    for (worker, offset) in [Float(0.9), -1.3].enumerated() {
      let alone = LocalSchedule(
        mode: .async, initial: [0.1, -3], learningRate: 0.3, slope: 0.7, offsets: [offset]
      ) { _ in SingleSteps() }
      alone.run("A.step A.step A.step A.step")
      #expect(elastic.carried("parameters", of: worker).map(\.bitPattern) == alone.parameters.map(\.bitPattern))
    }
    #expect(elastic.parameters == [0.1, -3])
  }

  @Test("an elastic worker whose parameters are spoiled begins anew at the center, where told to skip")
  func elasticRecovery() {
    let schedule = LocalSchedule(
      mode: .eamsgd, initial: [1], slope: 1, offsets: [0], movingRate: 0.5, divergencePolicy: .skip
    ) { ElasticSteps(period: 1, momentum: 0.5, arithmetic: $0) }
    schedule.step(0, gradient: .infinity)
    schedule.run("A.step")
    #expect(schedule.server.coordination.refusedPushes == 1)
    #expect(schedule.carried("parameters", of: 0) == [1] && schedule.carried("velocity", of: 0) == [0])
    schedule.run("A.step")
    #expect(schedule.carried("parameters", of: 0) == [0.5])
  }

  @Test("a Downpour worker whose copy is spoiled fetches, though none is due, where told to skip")
  func downpourRecovery() {
    let schedule = LocalSchedule(
      mode: .async, slope: 0.5, offsets: [0], divergencePolicy: .skip, makeSteps: downpour(pushEvery: 2, fetchEvery: 8))
    schedule.step(0, gradient: .nan)
    schedule.run("A.step")
    #expect(schedule.parameters == [8])
    // From 8 again: 4 + 3.
    schedule.run("A.step A.step")
    #expect(schedule.parameters == [4.5])
  }

  @Test("weight decay is part of each gradient of a worker with steps of its own, at the parameters it steps from")
  func localWeightDecay() {
    let backend = ReferenceBackend<Float>()
    let schedule = LocalSchedule(mode: .async, slope: 0, offsets: [1]) { _ in
      DownpourSteps(
        pushEvery: 2, fetchEvery: 2, accumulation: .sum,
        arithmetic: LocalArithmetic(blocks: ParameterBlocks(count: 1, weightDecay: 0.25), backend: backend))
    }
    // g = 1 + 0.25 · 8 = 3, y = 6.5; g = 1 + 1.625 = 2.625; sum 5.625.
    schedule.run("A.step A.step")
    #expect(schedule.parameters == [8 - 2.8125])
  }
}

@Suite("Local SGD")
struct LocalSGDTests {
  private func local(_ steps: Int, from: Int = 0, momentum: Float = 0) -> (LocalArithmetic) -> any LocalSteps {
    { LocalSGDSteps(localSteps: steps, localFrom: from, momentum: momentum, arithmetic: $0) }
  }

  /// Lets each worker make `count` steps on a thread of its own.
  private func run(_ schedule: LocalSchedule, steps count: Int) {
    let group = DispatchGroup()
    nonisolated(unsafe) let schedule = schedule  // each worker touches what is its own
    for worker in schedule.workers.indices {
      DispatchQueue(label: "worker.\(worker)").async(group: group) {
        for _ in 0..<count { schedule.step(worker) }
      }
    }
    group.wait()
  }

  @Test("the parameters become the mean of what the workers made of them")
  func trace() {
    // f₁ = (x − 1)²/2, f₂ = (x + 1)²/2, from 2.
    let schedule = LocalSchedule(mode: .localSGD, initial: [2], slope: 1, offsets: [-1, 1], makeSteps: local(2))
    // 2 → 1.5 → 1.25 and 2 → 0.5 → −0.25: mean 0.5.
    run(schedule, steps: 2)
    #expect(schedule.parameters == [0.5])
    // 0.5 → 0.75 → 0.875 and 0.5 → −0.25 → −0.625: mean 0.125.
    run(schedule, steps: 2)
    #expect(schedule.parameters == [0.125])
    // 0.125 → 0.5625 → 0.78125 and 0.125 → −0.4375 → −0.71875: mean 0.03125.
    run(schedule, steps: 2)
    #expect(schedule.parameters == [0.03125])
    #expect(schedule.server.coordination.version == 3)
    #expect(schedule.server.coordination.stalenessLawResidual == 0)
  }

  @Test("the mean holds where the learning rate changes within a period")
  func changingRate() {
    let schedule = LocalSchedule(mode: .localSGD, initial: [2], slope: 1, offsets: [-1], makeSteps: local(2))
    // 2 − 0.5 · 1 = 1.5; 1.5 − 0.25 · 0.5 = 1.375.
    schedule.step(0)
    schedule.learningRate = 0.25
    schedule.step(0)
    #expect(schedule.parameters == [1.375])
  }

  @Test("Nesterov's velocity stays in its worker, and lives through the barrier")
  func momentum() {
    let schedule = LocalSchedule(
      mode: .localSGD, initial: [2], slope: 1, offsets: [0], makeSteps: local(2, momentum: 0.5))
    // g = 2: v = 2, d = 3, y = 0.5. g = 0.5: v = 1.5, d = 1.25, y = −0.125.
    schedule.run("A.step A.step")
    #expect(schedule.parameters == [-0.125])
    // g = −0.125: v = 0.625, d = 0.1875, y = −0.21875. The epoch ends.
    schedule.run("A.step A.finish")
    #expect(schedule.parameters == [-0.21875])
    #expect(schedule.carried("velocity", of: 0) == [0.625])
  }

  @Test("post-local SGD averages after every step until its place in the run")
  func postLocal() {
    let schedule = LocalSchedule(
      mode: .localSGD, initial: [2], slope: 1, offsets: [0], makeSteps: local(3, from: 2))
    let versions = (0..<5).map { _ in
      schedule.step(0)
      return schedule.server.coordination.version
    }
    #expect(versions == [1, 2, 2, 2, 3])
  }

  @Test("a momentum on the server sees the mean displacement as a gradient")
  func blockMomentum() {
    let schedule = LocalSchedule(
      mode: .localSGD, initial: [2], slope: 1, offsets: [0], optimizer: .momentum, momentum: 0.5, makeSteps: local(2))
    // 2 → 1 → 0.5, a = 3: u = 3, θ = 2 − 1.5 = 0.5. 0.5 → 0.25 → 0.125, a = 0.75: u = 2.25, θ = 0.5 − 1.125 = −0.625.
    schedule.run("A.step A.step A.step A.step")
    #expect(schedule.parameters == [-0.625])
  }
}
