import Testing

@testable import AsyncSGD

@Suite("Recording, of live runs")
struct LiveRecordingTests {
  @Test(
    "a run of any mode passes through a file unchanged, and nothing in it is impossible", arguments: PolicyCase.replayed
  )
  func everyMode(policy: PolicyCase) throws {
    var configuration = TrainingFixture.configuration(
      workers: 3, mode: policy.mode, epochs: 2, batchSize: 8, learningRate: 0.02)
    configuration.hyperparameters = policy.hyperparameters
    let run = try RecordedRun(configuration)
    let header = RecordingHeader(settings: ["workers": "3", "mode": policy.mode.rawValue])
    let recording = try Recording(bytes: SampleRecording.bytes(header: header, events: run.recording.events))
    #expect(recording.events == run.recording.events)
    #expect(recording.isComplete)

    let summary = RecordingSummary(recording)
    #expect(summary.updates == run.report.last.updates)
    #expect(summary.epochs == 2)
    let dropped = run.report.last.figures.drops.values.reduce(0, +)
    #expect(summary.drops.values.reduce(0, +) == dropped)
    if let law = summary.law { #expect(law.residual == 0, "\(law)") }
  }

  @Test("the law of staleness is checked where it holds, and the staleness is that of the run")
  func law() throws {
    for policy in [PolicyCase(.async), PolicyCase(.async, (.warmStart, .number(0.5))), PolicyCase(.ringmaster)] {
      var configuration = TrainingFixture.configuration(
        workers: 4, mode: policy.mode, epochs: 2, batchSize: 8, learningRate: 0.02)
      configuration.hyperparameters = policy.hyperparameters
      let run = try RecordedRun(configuration)
      let header = RecordingHeader(settings: ["workers": "4", "mode": policy.mode.rawValue])
      let summary = RecordingSummary(Recording(header: header, events: run.recording.events, discardedBytes: 0))
      let law = try #require(summary.law)
      #expect(law.residual == 0)
      #expect(law.updates == run.report.last.updates)
      #expect(summary.staleness == run.report.last.staleness)
    }
  }
}
