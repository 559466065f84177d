import DataPipeline
import Kernels
import Synchronization
import Testing

@testable import AsyncSGD

@Suite("Recording, of workers that are slow on purpose")
struct SlowWorkerTests {
  /// A clock that goes on by a microsecond whenever somebody looks at it, and by more when it is told to.
  private final class TickingClock: Sendable {
    private let now = Atomic(0)

    func advance(by microseconds: Int) { now.add(microseconds, ordering: .relaxed) }

    var clock: RunClock { RunClock { self.now.add(1, ordering: .relaxed).newValue } }
  }

  /// The events of two live workers of which first one and then the other trains, both on this thread; each gradient takes a
  /// tenth of a millisecond.
  private func events(_ script: String) throws -> [RecordedEvent] {
    let time = TickingClock()
    let keeper = EventKeeper()
    let cluster = try ClusterDescription(script: script)
    let configuration = TrainingFixture.configuration(workers: 2)
    let setup = try RunSetup(
      configuration, model: TrainingFixture.model("softmax"), data: TrainingFixture.digits,
      backend: HookedBackend(afterLoss: { _, _ in time.advance(by: 100) }), programVersion: "test", resuming: nil,
      clock: time.clock, recorder: keeper)
    let dispenser = MinibatchDispenser(workers: 2, inRounds: false)
    let workers = setup.makeWorkers(clock: time.clock) { server, _ in server }.map { core in
      Worker(
        core, lane: setup.makeLane("test"), dispenser: dispenser,
        curriculum: Curriculum(configuration, plan: setup.plan), takesTurns: false,
        trouble: WorkerTrouble(
          cluster, worker: core.index, configuration: configuration, clock: time.clock, recorder: keeper
        ) { _ in })
    }
    let order = UnsafeMutableBufferPointer<Int32>.allocate(capacity: setup.plan.examples)
    defer { order.deallocate() }
    setup.order.write(epoch: 0, into: order)
    setup.server.begin(workers: 0..<2)
    for minibatch in 0..<8 {
      #expect(workers[minibatch / 4].step(minibatch, epoch: 0, order: UnsafeBufferPointer(order)))
    }
    return keeper.events
  }

  private func pushes(_ events: [RecordedEvent]) -> [RecordedPush] {
    events.compactMap { if case .push(let push) = $0 { push } else { nil } }
  }

  @Test("a straggler's calculations and thinking are as much longer as it is slower")
  func straggler() throws {
    let events = try events("straggler worker 0 factor 4")
    let times = pushes(events).map { ($0.worker, $0.pushedAt - $0.startedAt) }
    #expect(times.count == 8)
    // Each look at the clock adds a hundredth of a calculation.
    for (worker, time) in times {
      #expect(worker == 0 ? (4 * 101..<4 * 110).contains(time) : (100..<110).contains(time), "\(worker): \(time)")
    }
    let timings = RunTimings(events, of: TrainingFixture.configuration(workers: 2))
    let thinking = try (0..<2).map { try #require(timings.meanThinking(of: $0)) }
    #expect((3.6...4.4).contains(thinking[0] / thinking[1]), "\(thinking)")
  }

  @Test("a worker that pauses before its push hands it over afterwards")
  func pause() throws {
    let events = try events("pause worker 0 at update 2 for 200us")
    let number = try #require(events.firstIndex { if case .fault = $0 { true } else { false } })
    guard case .fault(let fault) = events[number] else { preconditionFailure("no fault at \(number)") }
    #expect(fault.kind == .pause && fault.duration == 200)
    let push = try #require(pushes(Array(events[number...])).first)
    #expect(push.worker == 0 && push.startedAt <= fault.microseconds)
    #expect(push.pushedAt >= fault.microseconds + fault.duration && push.pushedAt <= push.arrivedAt)
  }
}
