import AsyncSGD
import Randomness
import TestSupport
import Testing

/// What a mode becomes at the ends of its range: bit for bit, under random schedules.
@Suite("Coordination, identities")
struct PolicyIdentityTests {
  private static let endless = Hyperparameter.Value.integer(1_000_000)

  /// Runs the same script of pushes in two modes, and compares every answer and every bit.
  ///
  /// The gradient is 0.3·θ_base + offset, which no power of two divides: each operation rounds.
  private func expectSame(_ first: PolicyCase, _ second: PolicyCase, workers: Int, pushes: Int = 60) {
    var generator = SystemRandomNumberGenerator()
    let seed = UInt64.random(in: 0...UInt64.max, using: &generator)
    var stream = RandomStream(seed: seed, purpose: .testing)
    let offsets = stream.uniformFloats(workers)
    let script = (0..<pushes).map { _ in "\(name(Int(stream.uniform(below: UInt32(workers))))).push" }
    let schedules = [first, second].map {
      ManualSchedule($0, workers: workers, initial: [1.7, -0.9], learningRate: 0.1, slope: 0.3, offsets: offsets)
    }
    let logs = schedules.map { $0.run(script.joined(separator: " ")) }
    #expect(logs[0] == logs[1], "seed \(seed)")
    #expect(
      schedules[0].parameters.map(\.bitPattern) == schedules[1].parameters.map(\.bitPattern), "seed \(seed)")
    #expect(schedules[0].server.coordination.version == pushes)
  }

  private func name(_ worker: Int) -> String { String(UnicodeScalar(UInt8(65 + worker))) }

  @Test(
    "a mode that neither bounds nor gathers anything is async",
    arguments: [
      PolicyCase(.ssp, (.stalenessBound, endless)),
      PolicyCase(.dssp, (.stalenessBound, endless)),
      PolicyCase(.ringmaster, (.delayThreshold, .integer(1_000_000_000))),
      PolicyCase(.softSync, (.gradientsToWait, .integer(1))),
      PolicyCase(.fedBuff, (.bufferSize, .integer(1)), (.stalenessExponent, .number(0))),
    ], [2, 5])
  func unbounded(policy: PolicyCase, workers: Int) {
    expectSame(policy, PolicyCase(.async), workers: workers)
  }

  @Test(
    "n-softsync with c = 1 is async for every optimizer, with a factor for each gradient and with weight decay",
    arguments: OptimizerKind.allCases, [UpdateRuleKind.stalenessAware, .dcASGDa])
  func softSyncOfOne(optimizer: OptimizerKind, rule: UpdateRuleKind) {
    var stream = RandomStream(testCase: 6)
    let script = (0..<40).map { _ in "\(name(Int(stream.uniform(below: 4)))).push" }.joined(separator: " ")
    let bits = [PolicyCase(.softSync, (.gradientsToWait, .integer(1))), PolicyCase(.async)].map { policy in
      let schedule = ManualSchedule(
        mode: policy.mode, workers: 4, hyperparameters: policy.hyperparameters, initial: [1.7, -0.9],
        learningRate: 0.03, rule: rule, optimizer: optimizer, momentum: optimizer.hasMomentum ? 0.7 : nil, slope: 0.3,
        offsets: [0.1, -0.7, 0.4, 1.3], weightDecay: 0.2)
      schedule.run(script)
      return schedule.parameters.map(\.bitPattern)
    }
    #expect(bits[0] == bits[1])
  }

  @Test(
    "with one worker every mode is sequential",
    arguments: PolicyCase.all.filter { $0.hyperparameters == Hyperparameters() && $0.mode != .sync } + [
      PolicyCase(.sync), PolicyCase(.sync, (.gradientsFrom, .choice("any"))),
      PolicyCase(.ringmaster, (.delayThreshold, .integer(1))), PolicyCase(.ssp, (.stalenessBound, .integer(0))),
    ])
  func oneWorker(policy: PolicyCase) {
    expectSame(policy, PolicyCase(.sequential), workers: 1)
  }

  @Test("DSSP without a range is SSP", arguments: [0, 1, 3])
  func dsspWithoutRange(bound: Int) {
    // Whoever may go on makes a step; who waits is skipped, alike in both.
    var dynamic = PolicyModel(
      PolicyCase(.dssp, (.stalenessBound, .integer(bound)), (.stalenessBoundRange, .integer(0))), workers: 4)
    var fixed = PolicyModel(PolicyCase(.ssp, (.stalenessBound, .integer(bound))), workers: 4)
    var stream = RandomStream(testCase: bound)
    for time in 0..<500 {
      let draw = stream.uniform()
      let worker = Int(draw * draw * 4)
      #expect(dynamic.phases == fixed.phases && dynamic.bases == fixed.bases)
      guard fixed.isComputing(worker) else { continue }
      dynamic.push(worker, seconds: Double(time))
      fixed.push(worker, seconds: Double(time))
    }
    #expect(fixed.coordinator.version > 100)
  }

  @Test(
    "a round of all workers is sync, whatever the order of arrival",
    arguments: [
      PolicyCase(.sync, (.gradientsToWait, .integer(4))), PolicyCase(.sync, (.backupWorkers, .integer(0))),
    ])
  func wholeRounds(policy: PolicyCase) {
    var stream = RandomStream(testCase: 3)
    let offsets = stream.uniformFloats(4)
    let schedules = [policy, PolicyCase(.sync)].map {
      ManualSchedule($0, workers: 4, initial: [1.7], learningRate: 0.1, slope: 0.3, offsets: offsets)
    }
    for _ in 0..<20 {
      for schedule in schedules {
        // Another order in each.
        let order = [0, 1, 2, 3].shuffled(using: &stream)
        schedule.run(order.map { "\(name($0)).push" }.joined(separator: " "))
        schedule.run(order.dropLast().map { "\(name($0)).wait" }.joined(separator: " "))
      }
      #expect(schedules[0].parameters.map(\.bitPattern) == schedules[1].parameters.map(\.bitPattern))
    }
    #expect(schedules[0].server.coordination.version == 20)
  }

  @Test(
    "workers in lockstep make sync of every mode that gathers n gradients, bit for bit",
    arguments: [
      PolicyCase(.softSync, (.gradientsToWait, .integer(3))), PolicyCase(.rennala),
      PolicyCase(.sync, (.gradientsFrom, .choice("any"))),
      PolicyCase(.fedBuff, (.bufferSize, .integer(3)), (.stalenessExponent, .number(0))),
      PolicyCase(.fedBuff, (.bufferSize, .integer(3))),
    ])
  func lockstep(policy: PolicyCase) {
    let offsets: [Float] = [0.1, -0.7, 0.4]
    let gathered = ManualSchedule(
      policy, workers: 3, initial: [1.7], learningRate: 0.1, slope: 0.3, offsets: offsets)
    let sync = ManualSchedule(
      PolicyCase(.sync), workers: 3, initial: [1.7], learningRate: 0.1, slope: 0.3, offsets: offsets)
    for _ in 0..<20 {
      // In these modes a worker pulls with its push, before the update; lockstep has it pull again, after.
      gathered.run("A.push B.push C.push A.pull B.pull C.pull")
      sync.run("A.push B.push C.push A.wait B.wait")
      #expect(gathered.parameters.map(\.bitPattern) == sync.parameters.map(\.bitPattern))
    }
    #expect(gathered.server.coordination.version == 20)
    #expect(gathered.server.coordination.stalenessLawResidual == 0)
  }

  @Test("a round of W workers with B examples each is one worker with all W·B, bit for bit where nothing rounds")
  func unionOfMinibatches() {
    // Small whole numbers and quarters: the mean of four gradients is the gradient of the union.
    let offsets: [Float] = [1, 2, -1, 6]
    for momentum in [nil, 0.5] as [Float?] {
      let rounds = ManualSchedule(
        mode: .sync, workers: 4, initial: [8, -4], learningRate: 0.25, momentum: momentum, slope: 0.5,
        offsets: offsets, examples: [8, 8, 8, 8])
      let union = ManualSchedule(
        mode: .sequential, workers: 1, initial: [8, -4], learningRate: 0.25, momentum: momentum, slope: 0.5,
        offsets: [2], examples: [32])
      for _ in 0..<5 {
        rounds.run("C.push A.push D.push B.push A.wait C.wait D.wait")
        union.run("A.push")
        #expect(rounds.parameters == union.parameters)
      }
    }
  }

  @Test("SSP with bound 0 is bulk synchronous: every gradient of a round is computed at the parameters of its start")
  func bulkSynchronous() {
    // Halves and small whole numbers: nothing rounds, so the sum of a round's updates is the mean's times n.
    let offsets: [Float] = [1, 2, -1, 6]
    let ssp = ManualSchedule(
      PolicyCase(.ssp, (.stalenessBound, .integer(0))), workers: 4, initial: [8], learningRate: 0.25, slope: 0.5,
      offsets: offsets)
    let sync = ManualSchedule(
      PolicyCase(.sync), workers: 4, initial: [8], learningRate: 1, slope: 0.5, offsets: offsets)
    var stream = RandomStream(testCase: 4)
    for round in 1...8 {
      for schedule in [ssp, sync] {
        let order = [0, 1, 2, 3].shuffled(using: &stream)
        schedule.run(order.map { "\(name($0)).push" }.joined(separator: " "))
        let waits = schedule.run(order.dropLast().map { "\(name($0)).wait" }.joined(separator: " ")).suffix(3)
        #expect(waits.allSatisfy { $0.hasSuffix(":proceed") })
      }
      #expect(ssp.parameters == sync.parameters, "round \(round)")
      #expect((0..<4).allSatisfy { ssp.parameters(heldBy: $0) == ssp.parameters })
    }
    #expect(ssp.server.coordination.version == 32 && sync.server.coordination.version == 8)
  }

  @Test("Ringmaster with R = 1 applies fresh gradients only", arguments: ["on", "off"])
  func freshOnly(stops: String) {
    var model = PolicyModel(
      PolicyCase(.ringmaster, (.delayThreshold, .integer(1)), (.calculationStops, .choice(stops))), workers: 3)
    var stream = RandomStream(testCase: 5)
    for _ in 0..<300 {
      let worker = Int(stream.uniform(below: 3))
      if model.isUnwanted(worker) { model.restart(worker) } else { model.push(worker) }
    }
    let coordinator = model.coordinator
    #expect(coordinator.version > 50)
    #expect(coordinator.staleness.applied[0] == coordinator.version)
    #expect((coordinator.abandoned > 50) == (stops == "on") && (coordinator.drops[.tooStale] == 0) == (stops == "on"))
  }
}
