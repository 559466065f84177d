import Kernels

@testable import AsyncSGD

/// Workers with local steps on one parameter, driven by a written schedule.
///
/// `"A.step B.step A.finish"` is carried out event by event on the calling thread, so nobody may have to wait for a worker
/// that comes later. The gradient of worker w at x is `slope·x + offsets[w]`.
final class LocalSchedule {
  let server: ParameterServer
  let workers: [LogicalWorker]
  let steps: [any LocalSteps]
  /// The learning rate of the workers' next steps.
  var learningRate: Float
  private let slope: Float
  private let offsets: [Float]
  private var made: [Int]

  init(
    mode: CoordinationMode, initial: [Float] = [8], learningRate: Float = 0.5, slope: Float, offsets: [Float],
    hyperparameters: Hyperparameters = Hyperparameters(), optimizer: OptimizerKind = .sgd, momentum: Double = 0,
    movingRate: Float = 0, divergencePolicy: DivergencePolicy = .stop,
    makeSteps: (LocalArithmetic) -> any LocalSteps
  ) {
    let backend = ReferenceBackend<Float>()
    let setting = Hyperparameter.Setting(workers: offsets.count, mode: mode)
    nonisolated(unsafe) let owned = optimizer.makeOptimizer(
      hyperparameters, in: setting, momentum: momentum, count: initial.count, backend: backend)
    let server = ParameterServer(
      initial: initial,
      coordinator: Coordinator(
        mode: mode, workers: offsets.count, hyperparameters: hyperparameters, divergencePolicy: divergencePolicy),
      optimizer: owned,
      schedule: LearningRateSchedule(
        peak: Double(learningRate), shape: .constant, warmup: 0, plannedMinibatches: 1000),
      movingRate: movingRate, backend: backend, parameterName: { "\($0)" })
    self.server = server
    self.learningRate = learningRate
    self.slope = slope
    self.offsets = offsets
    made = Array(repeating: 0, count: offsets.count)
    let arithmetic = LocalArithmetic(blocks: ParameterBlocks(count: initial.count), backend: backend)
    let steps = offsets.map { _ in makeSteps(arithmetic) }
    self.steps = steps
    workers = offsets.indices.map {
      LogicalWorker(index: $0, service: server, snapshot: server.latest(), steps: steps[$0])
    }
  }

  /// Carries out `"A.step B.finish"`, in that order.
  func run(_ script: String) {
    for event in script.split(separator: " ") {
      let parts = event.split(separator: ".")
      let worker = Int(parts[0].unicodeScalars[parts[0].startIndex].value) - Int(UnicodeScalar("A").value)
      switch parts[1] {
      case "step": step(worker)
      case "finish": _ = carryOut(workers[worker].finish(), for: worker)
      case "leave": workers[worker].leave()
      default: preconditionFailure("unknown event \(event)")
      }
    }
  }

  /// Makes one step of a worker; returns whether it may go on.
  @discardableResult
  func step(_ worker: Int, gradient: Float? = nil) -> Bool {
    defer { made[worker] += 1 }
    let source = LinearGradient(slope: slope, offset: gradient ?? offsets[worker], count: server.latest().count)
    if let gradient { source.constant = gradient }
    let errand = workers[worker].train(
      LocalStep(learningRate: learningRate, position: made[worker], examples: 1, source: source))
    return carryOut(errand, for: worker)
  }

  /// Does what a worker wants; returns whether it may go on.
  private func carryOut(_ errand: Errand, for worker: Int) -> Bool {
    switch errand {
    case .nothing: return true
    case .restart: preconditionFailure("nobody gives up a calculation here")
    case .pull:
      workers[worker].pull()
      return true
    case .push:
      var reply = workers[worker].push()
      if reply == .wait { reply = workers[worker].wait() }
      return reply != .stopped && carryOut(workers[worker].answered(reply), for: worker)
    }
  }

  /// The server's parameters.
  var parameters: [Float] {
    let snapshot = server.latest()
    return Array(UnsafeBufferPointer(start: snapshot.values, count: snapshot.count))
  }

  /// A vector that a worker carries over.
  func carried(_ name: String, of worker: Int) -> [Float] {
    steps[worker].vectors[name].map { Array($0) } ?? []
  }
}

/// The gradient `slope·x + offset`, or a constant.
final class LinearGradient: GradientSource {
  private let slope: Float
  private let offset: Float
  private let count: Int
  var constant: Float?

  init(slope: Float, offset: Float, count: Int) {
    self.slope = slope
    self.offset = offset
    self.count = count
  }

  func gradient(
    at parameters: UnsafePointer<Float>, into gradient: UnsafeMutablePointer<Float>
  ) -> ClassificationSums {
    for index in 0..<count { gradient[index] = constant ?? slope * parameters[index] + offset }
    return ClassificationSums(loss: 1, correct: 1)
  }

  func gradient(
    at parameters: UnsafePointer<Float>, into gradient: UnsafeMutablePointer<Float>, isWanted: () -> Bool
  ) -> ClassificationSums? {
    let sums = self.gradient(at: parameters, into: gradient)
    return isWanted() ? sums : nil
  }
}

/// The same gradient wherever it is computed.
final class FixedGradient: GradientSource {
  private let values: [Float]

  init(_ values: [Float]) {
    self.values = values
  }

  func gradient(
    at parameters: UnsafePointer<Float>, into gradient: UnsafeMutablePointer<Float>
  ) -> ClassificationSums {
    for (index, value) in values.enumerated() { gradient[index] = value }
    return ClassificationSums()
  }

  func gradient(
    at parameters: UnsafePointer<Float>, into gradient: UnsafeMutablePointer<Float>, isWanted: () -> Bool
  ) -> ClassificationSums? {
    let sums = self.gradient(at: parameters, into: gradient)
    return isWanted() ? sums : nil
  }
}
