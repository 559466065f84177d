import Testing

@testable import AsyncSGD

@Suite("Recording, summed up")
struct RecordingSummaryTests {
  private static func summary(
    mode: String = "async", workers: Int = 2, state: TrainerState? = nil, _ events: [RecordedEvent]
  ) -> RecordingSummary {
    var header = SampleRecording.header(workers: workers, state: state)
    header.settings["mode"] = mode
    return RecordingSummary(Recording(header: header, events: events, discardedBytes: 0))
  }

  private static func push(
    _ worker: Int, _ base: Int, _ version: Int, _ fate: RecordedPush.Fate = .applied, shard: Int = 0,
    pulls: Bool = true
  ) -> RecordedEvent {
    .push(
      RecordedPush(
        worker: worker, shard: shard, baseVersion: base, version: version, minibatches: shard == 0 ? [version] : [],
        fate: fate, pulls: pulls, loss: 1, pulledAt: 1_000 * version, startedAt: 1_000 * version + 100,
        pushedAt: 1_000 * version + 400, arrivedAt: 1_000 * version + 600))
  }

  @Test("counts, times and staleness, by hand")
  func byHand() throws {
    let summary = Self.summary([
      .begin(workers: 0..<2, pulling: 0..<0), Self.push(0, 0, 0), Self.push(1, 0, 1), Self.push(1, 2, 2),
      Self.push(0, 1, 3), Self.push(1, 3, 4, .dropped(.tooStale)), Self.push(0, 4, 4, .queued),
      .fault(RecordedFault(kind: .pause, worker: 0, microseconds: 9_000, duration: 10)),
      .fault(RecordedFault(kind: .pause, worker: 1, microseconds: 9_000, duration: 10)),
      .epoch(number: 1, microseconds: 9_500),
      .end(RecordedEnd(version: 5, hash: 12, position: 6, microseconds: 10_000)),
    ])
    #expect(summary.updates == 5)
    #expect(summary.seconds == 0.01)
    #expect(summary.updatesPerSecond == 500)
    #expect(summary.pushes == 6 && summary.applied == 4 && summary.queued == 1)
    #expect(summary.drops == [.tooStale: 1])
    #expect(summary.faults == [.pause: 2])
    #expect(summary.epochs == 1 && summary.shards == 1)
    #expect(summary.end?.hash == 12)
    // 0, 1, 0, 2 and 0; the dropped one is left out.
    #expect(summary.staleness == StalenessSummary(mean: 0.6, p50: 0, p95: 2, p99: 2, max: 2))
    let second = try #require(summary.workers.last)
    #expect(second.worker == 1 && second.pushes == 3 && second.dropped == 1)
    #expect(second.staleness == StalenessSummary(mean: 0.5, p50: 0, p95: 1, p99: 1, max: 1))
    #expect(abs(second.computeSeconds - 300e-6) < 1e-12)
    #expect(abs(second.queueSeconds - 200e-6) < 1e-12)
  }

  @Test("the quantiles are those of the live statistics")
  func quantiles() throws {
    var histogram = StalenessHistogram()
    var events: [RecordedEvent] = []
    for i in 0..<250 {
      let staleness = i * i % 17
      histogram.record(staleness)
      events.append(Self.push(0, 1_000 + i - staleness, 1_000 + i))
    }
    let summary = try #require(Self.summary(events).staleness)
    #expect(summary == histogram.summary)
  }

  @Test("a push to several shards is one push, and as many staleness values")
  func shards() throws {
    let summary = Self.summary([Self.push(0, 0, 0), Self.push(0, 0, 3, shard: 1), Self.push(1, 0, 1)])
    #expect(summary.pushes == 2 && summary.shards == 2)
    #expect(summary.staleness?.mean == 4.0 / 3)
    #expect(summary.law == nil)
  }

  @Test("a recording of nothing amounts to nothing")
  func empty() {
    let summary = Self.summary([])
    #expect(summary.updates == 0 && summary.staleness == nil && summary.updatesPerSecond == nil && summary.end == nil)
    #expect(summary.law?.residual == 0)
  }

  @Test("a run that was resumed is counted from there")
  func resumed() {
    let summary = Self.summary(state: SampleRecording.state, [Self.push(0, 40, 40), Self.push(1, 40, 41)])
    #expect(summary.updates == 2, "where each push is an update, that of the last one is known, too")
    #expect(summary.law?.updates == 2)
    #expect(summary.law?.residual == 0)
  }

  // MARK: The law

  @Test("of a race the law holds exactly, with drops, restarts, crashes and new workers")
  func lawHolds() throws {
    let race = Self.summary(workers: 8, SampleRecording.race(updates: 500))
    #expect(race.law?.residual == 0)
    #expect(race.law?.updates == 500)
    let law = try #require(
      Self.summary(
        mode: "ringmaster", workers: 3,
        [
          Self.push(0, 0, 0), Self.push(0, 1, 1), Self.push(1, 0, 2, .dropped(.tooStale)), Self.push(1, 2, 2),
          .pull(RecordedPull(worker: 2, version: 3, restarts: true, microseconds: 0)), Self.push(2, 3, 3),
          .fault(RecordedFault(kind: .crash, worker: 0, microseconds: 0)), .leave(worker: 0, microseconds: 0),
          .join(worker: 0, microseconds: 0), Self.push(0, 4, 4),
        ]
      ).law)
    #expect(law.residual == 0)
    #expect(law.updates == 5)
    #expect(law.applied == 0)
    // 2 dropped, 3 of the restart, 2 of the crash.
    #expect(law.unused == 7)
    #expect(law.age == 3, "worker 1 holds version 3 and worker 2 version 4, when there are 5")
  }

  @Test("of a recording that lacks a pull the law does not hold")
  func lawFails() {
    let events = [
      Self.push(0, 0, 0), Self.push(0, 1, 1), .pull(RecordedPull(worker: 1, version: 2, microseconds: 0)),
      Self.push(1, 2, 2),
    ]
    #expect(Self.summary(events).law?.residual == 0)
    var damaged = events
    damaged.remove(at: 2)
    #expect(Self.summary(damaged).law?.residual == 2)
  }

  @Test("where workers wait, or push several times for a pull, the law is not known in this form")
  func lawDoesNotApply() {
    #expect(Self.summary(mode: "sync", [Self.push(0, 0, 0)]).law == nil)
    #expect(Self.summary([Self.push(0, 0, 0, pulls: false)]).law == nil)
    #expect(Self.summary([Self.push(0, 0, 0, .queued)]).law == nil)
    let doubled = RecordedEvent.fault(RecordedFault(kind: .duplicatedPush, worker: 0, microseconds: 0))
    #expect(Self.summary([doubled, Self.push(0, 0, 0)]).law == nil)
  }

  @Test("numbers beyond all reason do not trap")
  func extremes() {
    let summary = Self.summary([
      Self.push(0, 0, 0),
      .push(
        RecordedPush(
          worker: 1, baseVersion: 0, version: .max, minibatches: [.max], fate: .applied, loss: .nan, pulledAt: 0,
          startedAt: 0, pushedAt: .max, arrivedAt: .max)),
      .end(RecordedEnd(version: .max, hash: 0, position: .max, microseconds: .max)),
    ])
    #expect(summary.updates == .max)
    #expect(summary.staleness?.max == .max)
  }
}
