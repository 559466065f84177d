import AsyncSGD

/// A run of eight workers, for tests to alter.
func sampleRun() -> RunDescription {
  RunDescription(
    programVersion: "0.1.0", model: "lenet5", parameters: 61_706, dataset: "digits", trainingExamples: 12_000,
    testExamples: 2_000, classes: 10, mode: "async", rule: "plain", optimizer: "sgd", workers: 8, epochs: 5,
    batchSize: 16, examplesPerUpdate: 16, plannedUpdates: 3_750, learningRate: 0.03, schedule: "linear", warmup: 0.1,
    momentum: 0, weightDecay: 0, seed: 1, kernels: "simd", instructionSet: "avx2",
    hyperparameters: [
      NamedValue(name: "clip-norm", value: .number(0)), NamedValue(name: "push-every", value: .integer(1)),
    ])
}

func sampleProgress() -> TrainingProgress {
  TrainingProgress(
    seconds: 3.25, epoch: 1.239, epochs: 5, examples: 14_868, examplesPerSecond: 4_567.8, updates: 929,
    plannedUpdates: 3_750, trainLoss: 0.43215, learningRate: 0.0253125, stalenessMean: 6.984, stalenessMax: 15,
    secondsRemaining: 9.87)
}

func sampleEpoch() -> EpochReport {
  EpochReport(
    epoch: 2, seconds: 5.5, examples: 24_000, examplesPerSecond: 4_363.6, updates: 1_500, trainLoss: 0.25,
    trainAccuracy: 0.92, testLoss: 0.125, testAccuracy: 0.9635,
    staleness: StalenessSummary(mean: 6.98, p50: 7, p95: 9, p99: 12, max: 31),
    figures: RunFigures(pushedBytes: 370_236_000, uncompressedBytes: 370_236_000))
}

func sampleFinal() -> FinalReport {
  var last = sampleEpoch()
  last.epoch = 5
  last.updates = 3_750
  last.examples = 60_000
  last.seconds = 13.75
  return FinalReport(
    outcome: .completed, run: sampleRun(), last: last,
    updatesByWorker: [470, 469, 468, 471, 465, 472, 460, 475], refusedPushes: 0,
    parametersHash: "0123456789abcdef", peakMemoryBytes: 143_000_000)
}

let sampleDivergence = Divergence(worker: 3, update: 1_234, parameter: "conv1.weight")

let sampleStability = StepStability(
  update: 0, sharpness: 3.125, stalenessMean: 6.9, stalenessP95: 9, momentum: 0.9, learningRate: 0.02,
  stableLearningRate: 0.005)

let sampleAdvice = Advice(cause: .stepTooLarge(sampleStability), remedies: [.momentum(0), .learningRate(0.0025)])

let sampleSilence = SilentUnits(layer: "fc1", condition: .dead, silent: 100, units: 120)
