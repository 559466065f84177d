import Kernels
import NeuralNet
import TestSupport
import Testing

@testable import AsyncSGD

@Suite("Shared memory, scripted interleavings")
struct SharedMemoryTests {
  /// Acts once, at one point.
  private func once(
    _ script: ServiceScript, worker: Int, parameter: Int, _ action: @escaping @Sendable () -> Void
  ) {
    script.interleaving = { [unowned script] in
      guard ($0, $1) == (worker, parameter) else { return }
      script.interleaving = nil
      action()
    }
  }

  @Test(
    "what is put into shared memory comes out, whatever the blocks",
    arguments: [1, 2, 14, 15, 16, 30, 31, 2047, 2048, 2049, 5000])
  func roundTrip(count: Int) throws {
    let initial = (0..<count).map { Float($0) - 7 }
    let layout = ParameterLayout([("w", [1, count / 2]), ("b", [count - count / 2])])
    for stripes in [0, 1, min(3, count), min(40, count)] {
      let script = ServiceScript(
        sharing: initial, offsets: [1], lockStripes: stripes, blocks: ParameterBlocks(layout, weightDecay: 0.5))
      try FloatAgreement.checkSameBits(script.parameters, as: initial)
      script.run("A.pull")
      try FloatAgreement.checkSameBits(script.parameters(heldBy: 0), as: initial)
    }
  }

  @Test("an update between the load and the store of another is lost, for these parameters only, and counted")
  func lostUpdates() {
    // 40 parameters in lines of 15, 15 and 10. A subtracts 1, B subtracts 10, C 100.
    let script = ServiceScript(sharing: [Float](repeating: 0, count: 40), offsets: [1, 10, 100])
    once(script, worker: 0, parameter: 15) { script.run("B.push C.push B.push") }
    script.run("A.push")
    // A had loaded parameter 15 as 0 and stores −1: three updates of it are gone.
    var expected = [Float](repeating: -121, count: 40)
    expected[15] = -1
    #expect(script.parameters == expected)
    // What A reads while it writes is what it found and left there itself.
    #expect(script.parameters(heldBy: 0) == [Float](repeating: -1, count: 16) + [Float](repeating: -121, count: 24))
    #expect(script.consistency.lostUpdates == 3)
    #expect(script.consistency.watchedUpdates == 4 * 3)

    // Two parameters share a word, 1 and 2: what is lost of one is lost of the other. They are not watched.
    once(script, worker: 1, parameter: 1) { script.run("C.push") }
    script.run("B.push")
    expected = expected.map { $0 - 110 }
    (expected[1], expected[2]) = (-131, -131)
    #expect(script.parameters == expected)
    #expect(script.consistency.lostUpdates == 3)
    #expect(script.consistency.watchedUpdates == 6 * 3)
    #expect(script.consistency.lostShare == 3.0 / 18)

    // Without anyone in between nothing is lost.
    script.run("A.push B.push C.push")
    #expect(script.parameters == expected.map { $0 - 111 })
    #expect(script.consistency.lostUpdates == 3)
  }

  @Test("a lost update that overwrote others itself is counted with those it had lost", arguments: [0, 15, 30])
  func nestedLosses(parameter: Int) {
    // B stores over C's two updates; then A stores over B's, which held no more than itself: three are lost, one is left.
    let script = ServiceScript(sharing: [Float](repeating: 0, count: 40), offsets: [1, 10, 100])
    once(script, worker: 0, parameter: parameter) {
      once(script, worker: 1, parameter: parameter) { script.run("C.push C.push") }
      script.run("B.push")
    }
    script.run("A.push")
    #expect(script.parameters[parameter] == -1)
    #expect(script.consistency.lostUpdates == 3)
  }

  @Test("an update that begins from what another has changed since is added, and not lost")
  func additionOntoChanges() {
    // B pushes while A's store of parameter 0 is pending. A's step of parameters 1 to 39 was computed from 0, but they are
    // −10 when A adds it.
    let script = ServiceScript(sharing: [Float](repeating: 0, count: 40), offsets: [1, 10])
    once(script, worker: 0, parameter: 0) { script.run("B.push") }
    script.run("A.push")
    #expect(script.parameters == [-1] + [Float](repeating: -11, count: 39))
  }

  @Test("a read that sees an update in one block and not in another is counted, with how far they were apart")
  func mixedReads() {
    // Two blocks, of 6 parameters with weight decay (a rate of 0) and 2 without.
    let blocks = ParameterBlocks(ParameterLayout([("w", [2, 3]), ("b", [2])]), weightDecay: 1e-30)
    let script = ServiceScript(
      sharing: [Float](repeating: 0, count: 8), offsets: [1, 10, 100], blocks: blocks)
    script.run("A.pull B.push C.pull")
    #expect(script.consistency.pulls == 3)
    #expect(script.consistency.mixedPulls == 0)

    // C reads while A has written the first block but nothing of the second: mixed. A itself saw no other update.
    once(script, worker: 0, parameter: 6) { script.run("C.pull") }
    script.run("A.push")
    #expect(script.parameters(heldBy: 2) == [-11, -11, -11, -11, -11, -11, -10, -10])
    #expect(script.parameters(heldBy: 0) == [Float](repeating: -11, count: 8))
    #expect(script.consistency.pulls == 5)
    #expect(script.consistency.mixedPulls == 1)
    #expect(script.consistency.largestSpread == 1)

    // B and C make three updates while A is between the blocks: A reads the first without and the second with them, but for
    // the word that it had loaded before. B and C themselves read A's half-done update.
    once(script, worker: 0, parameter: 6) { script.run("B.push C.push B.push") }
    script.run("A.push")
    #expect(script.parameters(heldBy: 0) == [-12, -12, -12, -12, -12, -12, -12, -132])
    #expect(script.consistency.mixedPulls == 1 + 4)
    #expect(script.consistency.largestSpread == 3)
    #expect(script.consistency.pulls == 9)
    #expect(script.consistency.mixedShare == 5.0 / 9)
  }

  @Test("a read within one block that another is writing is counted")
  func readDuringWrite() {
    let script = ServiceScript(sharing: [Float](repeating: 0, count: 8), offsets: [1, 10])
    once(script, worker: 0, parameter: 3) { script.run("B.pull") }
    script.run("A.push")
    #expect(script.parameters(heldBy: 1) == [-1, -1, -1, 0, 0, 0, 0, 0])
    #expect(script.consistency.mixedPulls == 1)
  }

  @Test("as many but other updates in two parts are a mix of spread 0")
  func otherUpdates() {
    var span = VersionSpan()
    let marks = (0..<3).map(SharedParameters.mark(ofUpdate:))
    span.note(marks[0] &+ marks[1])
    span.note(marks[1] &+ marks[0])
    #expect(!span.isMixed)
    span.note(marks[0] &+ marks[2])
    #expect(span.isMixed && span.spread == 0)
    span.note(marks[0] &+ marks[1] &+ marks[2])
    #expect(span.spread == 1)
    // The counts are in the low bits, and wrap around.
    var late = VersionSpan()
    late.note(UInt64(UInt32.max))
    late.note(UInt64(UInt32.max) &+ 2)
    #expect(late.spread == 2)
  }

  @Test("each worker has a momentum of its own, on the parameters that all share", arguments: [0, 1])
  func privateMomentum(lockStripes: Int) {
    // A: v = 1, then 0.5 + 1 = 1.5; B: v = 10, then 15. θ: −1, −11, −12.5, −27.5.
    let script = ServiceScript(
      sharing: [0], offsets: [1, 10], lockStripes: lockStripes, optimizer: .momentum, momentum: 0.5)
    script.run("A.push B.push A.push B.push")
    #expect(script.parameters == [-27.5])
    #expect(script.server.carriedState().vectors == ["velocity": [1.5], "worker.1.optimizer.velocity": [15]])
    // One velocity on a server would have been 1, 10.5, 6.25, 13.125: θ = −30.875.
  }

  @Test("staleness is the number of updates by others between read and write, and obeys the law", arguments: [0, 1, 2])
  func staleness(lockStripes: Int) {
    // θ ← θ − (0.5·θ_read + offset), as in the trace of the actor.
    let script = ServiceScript(sharing: [8, 8], offsets: [1, 10], slope: 0.5, lockStripes: lockStripes)
    script.run("A.push B.push A.push B.push B.push")
    // g = 5 at 8, θ₁ = 3, staleness 0; g = 14 at 8, θ₂ = −11, staleness 1; g = 2.5 at 3, θ₃ = −13.5, staleness 1;
    // g = 4.5 at −11, θ₄ = −18, staleness 1; g = 1 at −18, θ₅ = −19, staleness 0.
    #expect(script.parameters == [-19, -19])
    #expect(script.version(heldBy: 0) == 3 && script.version(heldBy: 1) == 5)
    let record = script.server.record
    #expect(record.staleness.applied[0] == 2 && record.staleness.applied[1] == 3)
    #expect(record.staleness.applied.count == 5)
    #expect(record.updatesByWorker == [2, 3])
    #expect(record.stalenessLawResidual == 0)
    // A's snapshot is 2 updates old when it is thrown away.
    script.run("A.pull")
    #expect(script.server.record.staleness.unusedSum == 2)
    #expect(script.server.record.stalenessLawResidual == 0)
    let status = script.server.takeStatus()
    #expect(status.version == 5 && status.examples == 2 * 1 + 3 * 2)
    #expect(status.recent.loss == 10 && status.recent.correct == 5 && status.recent.examples == 8)
    #expect(status.stalenessMean == 0.6 && status.stalenessMax == 1)
    #expect(status.pushedBytes == 5 * 2 * 4)
    #expect(script.server.takeStatus().recent == TrainingTotals())
  }

  @Test("a gradient that is not finite changes nothing, and stops all workers or is counted")
  func nonFinite() {
    let stopping = ServiceScript(sharing: [8, 8, 8], offsets: [1, 10])
    stopping.poison = [1: 2]
    stopping.run("A.push B.push A.push")
    #expect(stopping.replies == [.proceed, .stopped, .stopped])
    #expect(stopping.parameters == [7, 7, 7])
    #expect(stopping.server.status.divergence == Divergence(worker: 1, update: 1, parameter: "parameter 2"))
    #expect(stopping.server.record.drops[.notFinite] == 1 && stopping.server.record.drops[.stopped] == 1)
    #expect(stopping.server.record.stalenessLawResidual == 0)

    let skipping = ServiceScript(sharing: [8, 8, 8], offsets: [1, 10], divergencePolicy: .skip)
    skipping.poison = [1: 0]
    skipping.run("A.push B.push A.push")
    #expect(skipping.replies == [.proceed, .dropped(.notFinite), .proceed])
    #expect(skipping.parameters == [6, 6, 6])
    #expect(skipping.parameters(heldBy: 1) == [7, 7, 7])
    let status = skipping.server.status
    #expect(status.refusedPushes == 1 && status.divergence == nil && status.examples == 2)
    #expect(status.lastSkipped == Divergence(worker: 1, update: 1, parameter: "parameter 0"))
    #expect(skipping.server.record.staleness.droppedSum == 1)
    #expect(skipping.server.record.stalenessLawResidual == 0)
  }

  @Test("a run whose gradients are all refused stops in the end")
  func hopeless() {
    let script = ServiceScript(sharing: [8], offsets: [1, 10], divergencePolicy: .skip)
    script.poison = [0: 0]
    let pushes = Coordinator.hopelessRefusals * 2
    for _ in 0..<pushes { script.run("A.push") }
    // A finite one in between begins the count anew.
    script.run("B.push")
    for _ in 0..<pushes { script.run("A.push") }
    #expect(script.replies.allSatisfy { $0 != .stopped })
    script.run("A.push")
    #expect(script.replies.last == .stopped)
  }

  @Test(
    "one worker does what it does with a server, bit for bit",
    arguments: OptimizerKind.allCases, [0, 1, 3])
  func oneWorkerIsServed(optimizer: OptimizerKind, lockStripes: Int) throws {
    let initial = (0..<3000).map { Float($0 % 17) * 0.1 - 0.7 }
    // Blocks with and without weight decay, of lengths that fill no line.
    let blocks = ParameterBlocks(ParameterLayout([("w", [7, 359]), ("b", [487])]), weightDecay: 0.01)
    for name in ["reference", "simd"] {
      let backend = try KernelBackends.make(named: name)
      let alone = ServiceScript(
        sharing: initial, offsets: [0.3], slope: 0.9, tilt: 0.01, lockStripes: lockStripes, blocks: blocks,
        optimizer: optimizer, momentum: 0.9, learningRate: 0.07, backend: backend)
      let served = ServiceScript(offsets: [0.3], slope: 0.9, tilt: 0.01) { _ in
        ParameterServer(
          initial: initial, coordinator: Coordinator(mode: .async, workers: 1),
          optimizer: ServiceScript.optimizers(
            optimizer, count: initial.count, workers: 1, momentum: 0.9, backend: backend)[0],
          blocks: blocks, schedule: ServiceScript.constant(0.07), backend: backend, parameterName: { "\($0)" })
      }
      for _ in 0..<10 {
        for script in [alone, served] { script.run("A.push") }
        try FloatAgreement.checkSameBits(alone.parameters(heldBy: 0), as: served.parameters(heldBy: 0))
      }
      try FloatAgreement.checkSameBits(alone.parameters, as: served.parameters)
      #expect(alone.server.carriedState() == served.server.carriedState())
      #expect(alone.consistency.lostUpdates == 0 && alone.consistency.mixedPulls == 0)
      #expect((alone.consistency.watchedUpdates > 0) == (lockStripes == 0))
    }
  }
}
