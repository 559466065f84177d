import Kernels
import Testing

@testable import AsyncSGD

extension StressTests {
  @Test("emulated and replayed workers on more threads than cores agree with one thread", arguments: [2, 6])
  func scheduledWorkers(threads: Int) throws {
    var configuration = TrainingFixture.configuration(workers: 12, epochs: 2, batchSize: 4)
    configuration.freshGradients = 0.1
    func simulate(threads: Int, recorder: (any EventRecorder)?) throws -> SimulationReport {
      try Simulator(
        configuration, cluster: ClusterDescription(compute: ComputeTimeModel(.exponential)),
        model: TrainingFixture.model("softmax"), data: TrainingFixture.digits, backend: ReferenceBackend<Float>(),
        programVersion: "test", threads: threads, recorder: recorder, observer: RecordingObserver()
      ).run()
    }
    let keeper = EventKeeper()
    let alone = try simulate(threads: 1, recorder: nil)
    let together = try simulate(threads: threads, recorder: keeper)
    #expect(alone.final.parametersHash == together.final.parametersHash)
    let recording = Recording(
      header: RecordingHeader(settings: ["workers": "12"]), events: keeper.events, discardedBytes: 0)
    let replay = try Replayer(
      configuration, isExact: true, recording: recording, model: TrainingFixture.model("softmax"),
      data: TrainingFixture.digits, backend: ReferenceBackend<Float>(), programVersion: "test", threads: threads,
      isContinuous: true, observer: RecordingObserver()
    ).run()
    #expect(replay.divergence == nil && replay.hashesAgree == true)
  }
}
