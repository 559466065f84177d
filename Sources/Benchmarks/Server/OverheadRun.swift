internal import AsyncSGD
internal import DataPipeline
internal import Foundation
internal import Kernels
internal import NeuralNet
internal import Randomness
internal import TrainCommand

/// The same minibatches with and without a server.
struct OverheadRun {
  private let run: TrainingRun
  private static let seed: UInt64 = 1
  private static let learningRate: Float = 0.01
  private static let momentum: Float = 0.5

  /// Creates the problem.
  init(model: String, batchSize: Int, backend: any KernelBackend<Float>) throws {
    run = try TrainingRun(model: model, workers: 1, batchSize: batchSize, backend: backend)
  }

  /// Trains with one worker and the server, and returns the seconds a minibatch.
  func withServer(seconds: Double) throws -> Double {
    Double(run.batchSize) / (try run.throughput(seconds: seconds).examplesPerSecond)
  }

  /// Trains in a loop on this thread, and returns the seconds a minibatch.
  ///
  /// It does what the worker and the server do to a minibatch: gather it, compute its gradient, step. The step is in
  /// place, nothing is scanned for values that are not finite, and nobody is told.
  func withoutServer(seconds: Double) -> Double {
    let data = TrainingRun.digits.training
    let count = run.model.layout.count
    let replica = Replica(run.model, minibatchCapacity: run.batchSize, backend: run.backend)
    let (parameters, gradient, velocity) = (FloatBuffer(count), FloatBuffer(count), FloatBuffer(count))
    run.model.initialize(parameters.values, seed: Self.seed)
    velocity.values.update(repeating: 0, count: count)
    let order = UnsafeMutableBufferPointer<Int32>.allocate(capacity: data.count)
    defer { order.deallocate() }
    let step = SGDStep(learningRate: Self.learningRate, momentum: Self.momentum)

    let warmUp = 2
    var start = 0.0
    var examples = 0
    var minibatches = 0
    var epoch = 0
    while true {
      EpochOrder(count: data.count, seed: Self.seed).write(epoch: epoch, into: order)
      for first in stride(from: 0, to: data.count, by: run.batchSize) {
        let minibatch = UnsafeBufferPointer(rebasing: order[first..<min(first + run.batchSize, data.count)])
        data.write(minibatch, images: replica.inputs, labels: replica.labels)
        _ = replica.gradient(
          at: parameters.input, examples: minibatch.count,
          random: RandomStream(seed: Self.seed, purpose: .dropout, worker: 0, step: minibatches),
          into: gradient.values)
        run.backend.sgdStep(
          step, count: count, parameters: parameters.input, gradient: gradient.input, velocity: velocity.values,
          updated: parameters.values)
        minibatches += 1
        let now = monotonicSeconds()
        if minibatches == warmUp { start = now }
        guard minibatches > warmUp else { continue }
        examples += minibatch.count
        if now - start >= seconds { return (now - start) / Double(examples) * Double(run.batchSize) }
      }
      epoch += 1
    }
  }
}
