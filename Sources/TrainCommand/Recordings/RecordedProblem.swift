internal import AsyncSGD
internal import DataPipeline
internal import Kernels
internal import NeuralNet

/// A recorded run with all that is needed to compute its gradients anew: data, kernels and model.
struct RecordedProblem {
  let recording: Recording
  let run: RecordedRun
  let data: DatasetPair
  let model: ShapedModel
  let backend: any KernelBackend<Float>

  /// Loads what a recording was made with.
  ///
  /// - Parameters:
  ///   - path: The recording.
  ///   - options: Where the data are.
  /// - Throws: ``RecordingError``, ``CheckpointError``, ``ReplayError``, and what keeps data, kernels or model from being made.
  init(reading path: String, options: TrainOptions) throws {
    recording = try Recording(reading: path)
    run = try RecordedRun(recording.header, path: path)
    try options.checkDataDirectory(dataset: run.settings.dataset, vocabulary: .ofThisProgram)
    backend = try run.makeBackend()
    guard backend.instructionSet == run.instructionSet else {
      throw ReplayError.otherInstructionSet(
        path: path, recorded: "\(run.backend) for \(run.instructionSet)", here: backend.instructionSet)
    }
    data = try DatasetCatalog.load(options: options, dataset: run.settings.dataset)
    guard RecordedRun.hash(of: data) == run.dataHash else {
      throw ReplayError.otherData(path: path, dataset: run.settings.dataset)
    }
    let shape = data.training.shape
    model = try run.settings.shapedModel(
      input: [shape.channels, shape.height, shape.width], classes: data.training.classes)
  }

  /// Prepares a replay of the recording.
  ///
  /// - Throws: `TrainingError`.
  func replayer(
    _ configuration: TrainingConfiguration, isExact: Bool, threads: Int, observer: any TrainingObserver
  ) throws -> Replayer {
    try Replayer(
      configuration, isExact: isExact, recording: recording, model: model, data: data, backend: backend,
      programVersion: Program.version, threads: threads, isContinuous: run.driver == .virtual, observer: observer)
  }
}
