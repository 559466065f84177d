import Kernels
import NeuralNet
import TestSupport
import Testing

@testable import AsyncSGD

@Suite("Sharded parameter server")
struct ShardedServerTests {
  /// A model of 23 parameters, of which 20 have weight decay, and a run of three workers on it.
  private struct Problem {
    let layout = ParameterLayout([("conv.weight", [4, 5]), ("conv.bias", [3])])
    var initial: [Float] { (0..<23).map { Float($0 % 7) * 0.3 - 0.8 } }
    var rule = UpdateRuleKind.plain
    var optimizer = OptimizerKind.sgd
    var policy = DivergencePolicy.stop
    var state: CarriedState?
    var start: [Float]?
    var version = 0

    func script(shards: Int?, makeShard observe: @escaping (ParameterServer) -> Void = { _ in }) -> ServiceScript {
      let backend = ReferenceBackend<Float>()
      let setting = Hyperparameter.Setting(workers: 3, mode: .async)
      let blocks = ParameterBlocks(layout, weightDecay: 0.01)
      let initial = start ?? initial
      let makeShard = { (range: Range<Int>) -> ParameterServer in
        var made = optimizer.makeOptimizer(
          Hyperparameters(), in: setting, momentum: 0.5, count: range.count, backend: backend)
        var rule = rule.makeRule(
          Hyperparameters(), in: setting, momentum: 0.5, count: range.count, backend: backend)
        if let state {
          made.restore(state.part(range))
          rule.restore(state.part(range), prefix: "rule.")
        }
        nonisolated(unsafe) let owned = (rule, made)
        let layout = layout
        let server = ParameterServer(
          initial: Array(initial[range]),
          coordinator: Coordinator(mode: .async, workers: 3, version: version, divergencePolicy: policy),
          rule: owned.0, optimizer: owned.1, blocks: blocks.part(range), schedule: ServiceScript.constant(0.1),
          backend: backend, parameterName: { layout.name(containing: range.lowerBound + $0) })
        observe(server)
        return server
      }
      return ServiceScript(offsets: [0.1, -0.2, 0.4], slope: 0.7, tilt: 0.03) { _ in
        guard let shards else { return makeShard(0..<23) }
        return ShardedParameterServer(count: 23, shards: shards, workers: 3, backend: backend, makeShard: makeShard)
      }
    }
  }

  private static let schedule = "A.pull B.pull A.push C.push B.push A.push A.push C.push C.pull C.push B.push"

  @Test(
    "shards do what one server does on the same schedule, bit for bit, for every optimizer",
    arguments: OptimizerKind.allCases, [1, 2, 3, 7, 23])
  func shardsAreOneServer(optimizer: OptimizerKind, shards: Int) throws {
    let problem = Problem(optimizer: optimizer)
    let (whole, divided) = (problem.script(shards: nil), problem.script(shards: shards))
    for script in [whole, divided] { script.run(Self.schedule) }
    try FloatAgreement.checkSameBits(divided.parameters, as: whole.parameters)
    for worker in 0..<3 {
      try FloatAgreement.checkSameBits(divided.parameters(heldBy: worker), as: whole.parameters(heldBy: worker))
      #expect(divided.version(heldBy: worker) == whole.version(heldBy: worker))
    }
    // Checkpoints do not depend on the number of shards.
    #expect(divided.server.carriedState() == whole.server.carriedState())
    let (expected, actual) = (whole.server.record, divided.server.record)
    #expect(actual.updatesByWorker == expected.updatesByWorker)
    #expect(actual.drops == expected.drops)
    #expect(actual.staleness.applied.mean == expected.staleness.applied.mean)
    #expect(actual.staleness.applied.count == shards * expected.staleness.applied.count)
    #expect(actual.stalenessLawResidual == 0)
    let status = (whole.server.takeStatus(), divided.server.takeStatus())
    #expect(status.1.version == status.0.version && status.1.examples == status.0.examples)
    #expect(status.1.recent == status.0.recent && status.1.pushedBytes == status.0.pushedBytes)
    #expect(status.1.nextLearningRate == status.0.nextLearningRate)
    #expect(status.1.stalenessMax == status.0.stalenessMax)
    #expect(divided.server.takeStatus().recent == TrainingTotals())
    // The three workers' first snapshots are no pulls; a push is one.
    #expect(divided.consistency.pulls == 11 && divided.consistency.mixedPulls == 0)
    #expect(whole.server.record.consistency == nil)
  }

  @Test(
    "shards do what one server does with every rule that treats each parameter by itself, bit for bit",
    arguments: UpdateRuleKind.allCases.filter { $0 != .closedLoopMomentum }, [1, 3, 7])
  func rules(rule: UpdateRuleKind, shards: Int) throws {
    let problem = Problem(rule: rule)
    let (whole, divided) = (problem.script(shards: nil), problem.script(shards: shards))
    for script in [whole, divided] { script.run(Self.schedule) }
    try FloatAgreement.checkSameBits(divided.parameters, as: whole.parameters)
    for worker in 0..<3 {
      try FloatAgreement.checkSameBits(divided.parameters(heldBy: worker), as: whole.parameters(heldBy: worker))
    }
    #expect(divided.server.carriedState() == whole.server.carriedState())
  }

  @Test("a run goes on exactly from another number of shards", arguments: [(1, 4), (4, 1), (3, 5)])
  func resumes(before: Int, after: Int) throws {
    var problem = Problem(optimizer: .adam)
    let whole = problem.script(shards: nil)
    whole.run("A.push B.push C.push A.push A.pull B.pull C.pull B.push C.push")
    let first = problem.script(shards: before)
    first.run("A.push B.push C.push A.push")
    problem.state = first.server.carriedState()
    (problem.start, problem.version) = (first.parameters, 4)
    let second = problem.script(shards: after)
    second.run("B.push C.push")
    try FloatAgreement.checkSameBits(second.parameters, as: whole.parameters)
    #expect(second.server.carriedState() == whole.server.carriedState())
  }

  @Test("a gradient that is not finite in one shard is refused by all, and named as in the whole")
  func nonFinite() throws {
    for poisoned in [0, 11, 21] {
      let stopping = Problem().script(shards: 4)
      stopping.run("A.push")
      let before = stopping.parameters
      stopping.poison = [1: poisoned]
      stopping.run("B.push A.push")
      #expect(stopping.replies == [.proceed, .stopped, .stopped])
      try FloatAgreement.checkSameBits(stopping.parameters, as: before)
      let name = poisoned < 20 ? "conv.weight" : "conv.bias"
      #expect(stopping.server.status.divergence == Divergence(worker: 1, update: 1, parameter: name))
      #expect(stopping.server.record.drops[.notFinite] == 1)

      let skipping = Problem(policy: .skip).script(shards: 4)
      skipping.poison = [1: poisoned]
      skipping.run("B.push A.push")
      #expect(skipping.replies == [.dropped(.notFinite), .proceed])
      #expect(skipping.server.status.lastSkipped?.parameter == name)
      #expect(skipping.server.status.refusedPushes == 1 && skipping.server.status.version == 1)
      #expect(skipping.server.record.stalenessLawResidual == 0)
    }
  }

  @Test("a pull that finds the shards at different versions is counted, with how far they were apart")
  func mixedPulls() {
    var servers: [ParameterServer] = []
    let script = Problem().script(shards: 3) { servers.append($0) }
    // Worker C has come to one shard three times, as if it stood between two shards.
    let boxes = [SnapshotBox(servers[1].latest())]
    for _ in 0..<3 {
      let buffer = servers[1].takeGradientBuffer()
      buffer.values.update(repeating: 0, count: buffer.count)
      _ = servers[1].push(
        GradientPush(worker: 2, gradient: buffer, examples: 1, sums: ClassificationSums()),
        snapshot: &boxes[0].snapshot)
    }
    script.run("A.pull")
    #expect(script.consistency.pulls == 1 && script.consistency.mixedPulls == 1)
    #expect(script.consistency.largestSpread == 3)
    #expect(script.version(heldBy: 0) == 0)
    script.run("B.push")
    #expect(script.consistency.pulls == 2 && script.consistency.mixedPulls == 2)
    #expect(script.consistency.mixedShare == 1)
    #expect(script.version(heldBy: 1) == 1)
  }

  @Test("the parts of a vector are as long as each other, or one longer, and their blocks are cut out of the whole's")
  func parts() {
    #expect(ParameterBlocks.parts(3, of: 10) == [0..<3, 3..<6, 6..<10])
    #expect(ParameterBlocks.parts(1, of: 5) == [0..<5])
    let blocks = ParameterBlocks(ParameterLayout([("w", [2, 2500]), ("b", [7])]), weightDecay: 0.5)
    let part = blocks.part(4000..<5003)
    #expect(part.count == 1003)
    #expect(part.blocks.map(\.range) == [0..<96, 96..<1000, 1000..<1003])
    #expect(part.blocks.map(\.weightDecay) == [0.5, 0.5, 0])
    #expect(blocks.blocks(in: 4000..<5003).map(\.range) == [4000..<4096, 4096..<5000, 5000..<5003])
  }
}
