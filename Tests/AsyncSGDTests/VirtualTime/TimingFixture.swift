@testable import AsyncSGD

/// Runs in virtual time without gradients, with less to write.
enum Timing {
  /// The report of one epoch.
  static func report(
    _ policy: PolicyCase = PolicyCase(.async), workers: Int, minibatches: Int, cluster: ClusterDescription,
    epochs: Int = 1, seed: UInt64 = 1, parameters: Int = 1000
  ) -> TimingReport {
    let configuration = TrainingConfiguration(
      workers: workers, mode: policy.mode, hyperparameters: policy.hyperparameters, epochs: epochs, batchSize: 1,
      learningRate: 0.1, seed: seed)
    var run = TimingRun(configuration, cluster: cluster, minibatches: minibatches, parameters: parameters)
    return run.run()
  }

  /// One model of each family, with a mean of 10 ms.
  static let families: [ComputeTimeModel] = [
    ComputeTimeModel(.constant), ComputeTimeModel(.exponential), .standard, ComputeTimeModel(.gamma(shape: 0.5)),
    ComputeTimeModel(.logNormal(cv: 0.5)), ComputeTimeModel(.pareto(shape: 1.1)), ComputeTimeModel(.pareto(shape: 3)),
    ComputeTimeModel(.shiftedExponential(shift: 0.5)),
    ComputeTimeModel(.measured(MeasuredDurations([0.005, 0.01, 0.02])), mean: 0.01),
  ]
}
