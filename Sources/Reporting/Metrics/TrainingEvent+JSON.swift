internal import AsyncSGD

extension TrainingEvent {
  /// Returns the event as one JSON object.
  ///
  /// Scripts rely on the names of its fields.
  ///
  /// - Parameter moreArguments: Options that repeat the run and that its description does not know.
  /// - Returns: The object, whose first field is `event`.
  func json(moreArguments: [String]) -> JSONObject {
    var object = JSONObject()
    switch self {
    case .run(let run):
      object.add("event", "run")
      object.add("command", run.commandLine(moreArguments: moreArguments))
      object.add(run)
    case .progress(let progress):
      object.add("event", "progress")
      object.add(progress)
    case .evaluation(let report):
      object.add("event", "evaluation")
      object.add(report)
    case .epoch(let report):
      object.add("event", "epoch")
      object.add(report)
    case .warning(let warning):
      object.add("event", "warning")
      object.add(warning)
    case .fault(let notice):
      object.add("event", "fault")
      object.add(notice)
    case .final(let report):
      object.add("event", "final")
      object.add(report)
    }
    return object
  }
}

extension JSONObject {
  fileprivate mutating func add(_ run: RunDescription) {
    add("version", run.programVersion)
    add("workers", run.workers)
    add("mode", run.mode)
    add("rule", run.rule)
    add("optimizer", run.optimizer)
    add("compression", run.compression)
    var hyperparameters = JSONObject()
    for hyperparameter in run.hyperparameters { hyperparameters.add(hyperparameter) }
    add("hyperparameters", hyperparameters)
    add("dataset", run.dataset)
    add("trainingExamples", run.trainingExamples)
    add("testExamples", run.testExamples)
    add("classes", run.classes)
    add("model", run.model)
    add("parameters", run.parameters)
    add("epochs", run.epochs)
    add("batchSize", run.batchSize)
    add("examplesPerUpdate", run.examplesPerUpdate)
    add("plannedUpdates", run.plannedUpdates)
    add("learningRate", run.learningRate)
    add("momentum", run.momentum)
    add("weightDecay", run.weightDecay)
    add("schedule", run.schedule)
    add("warmup", run.warmup)
    add("seed", run.seed)
    add("kernels", run.kernels)
    add("instructionSet", run.instructionSet)
    add("resumedAtUpdate", run.resumedAtUpdate)
  }

  fileprivate mutating func add(_ progress: TrainingProgress) {
    add("epoch", progress.epoch)
    add("epochs", progress.epochs)
    add("seconds", progress.seconds)
    if let seconds = progress.virtualSeconds { add("virtualSeconds", seconds) }
    add("examples", progress.examples)
    add("examplesPerSecond", progress.examplesPerSecond)
    add("updates", progress.updates)
    add("plannedUpdates", progress.plannedUpdates)
    add("trainLoss", progress.trainLoss)
    add("learningRate", progress.learningRate)
    var staleness = JSONObject()
    staleness.add("mean", progress.stalenessMean)
    staleness.add("max", progress.stalenessMax)
    add("staleness", staleness)
    add("secondsRemaining", progress.secondsRemaining)
  }

  fileprivate mutating func add(_ report: EvaluationReport) {
    add("epoch", report.epoch)
    add("seconds", report.seconds)
    if let seconds = report.virtualSeconds { add("virtualSeconds", seconds) }
    add("examples", report.examples)
    add("updates", report.updates)
    add("testLoss", report.testLoss)
    add("testAccuracy", report.testAccuracy)
  }

  fileprivate mutating func add(_ report: EpochReport) {
    add("epoch", report.epoch)
    add("seconds", report.seconds)
    if let seconds = report.virtualSeconds { add("virtualSeconds", seconds) }
    add("examples", report.examples)
    add("examplesPerSecond", report.examplesPerSecond)
    add("updates", report.updates)
    add("trainLoss", report.trainLoss)
    add("trainAccuracy", report.trainAccuracy)
    add("testLoss", report.testLoss)
    add("testAccuracy", report.testAccuracy)
    add("staleness", Self.object(report.staleness))
    add(report.diagnosis)
    add(report.figures)
  }

  private mutating func add(_ figures: RunFigures) {
    var dropped = JSONObject()
    for reason in DropReason.allCases where reason != .stopped { dropped.add(reason.rawValue, figures.dropped(reason)) }
    add("dropped", dropped)
    add("abandoned", figures.abandoned)
    add("pushedBytes", figures.pushedBytes)
    add("compressionRatio", figures.compressionRatio)
    if let consistency = figures.consistency {
      var object = JSONObject()
      object.add("pulls", consistency.pulls)
      object.add("mixedPulls", consistency.mixedPulls)
      object.add("largestSpread", consistency.largestSpread)
      object.add("watchedUpdates", consistency.watchedUpdates)
      object.add("lostUpdates", consistency.lostUpdates)
      add("consistency", object)
    }
    if let momentum = figures.momentum { add("momentum", momentum) }
  }

  private mutating func add(_ hyperparameter: NamedValue) {
    let name = Self.fieldName(ofOption: hyperparameter.name)
    switch hyperparameter.value {
    case .integer(let value): add(name, value)
    case .number(let value): add(name, value)
    case .choice(let value): add(name, value)
    }
  }

  /// Returns `stalenessBound` for `staleness-bound`, in the manner of all fields.
  private static func fieldName(ofOption name: String) -> String {
    let words = name.split(separator: "-")
    return words.enumerated().map { $0 == 0 ? String($1) : $1.prefix(1).uppercased() + $1.dropFirst() }.joined()
  }

  fileprivate mutating func add(_ report: FinalReport) {
    switch report.outcome {
    case .completed: add("outcome", "completed")
    case .interrupted: add("outcome", "interrupted")
    case .deserted: add("outcome", "deserted")
    case .diverged(let divergence):
      add("outcome", "diverged")
      add(divergence)
    }
    add(report.last)
    add("workers", report.run.workers)
    add("mode", report.run.mode)
    add("rule", report.run.rule)
    add("optimizer", report.run.optimizer)
    add("compression", report.run.compression)
    add("model", report.run.model)
    add("dataset", report.run.dataset)
    add("kernels", report.run.kernels)
    add("parameters", report.run.parameters)
    add("parametersHash", report.parametersHash)
    add("peakMemoryBytes", report.peakMemoryBytes)
    add("updatesByWorker", report.updatesByWorker)
    addAsynchrony(report.last.figures)
    if let cluster = report.cluster { add(cluster) }
    if let faults = report.faults ?? report.cluster.map({ _ in FaultCounts() }) { add(faults) }
    add("refusedPushes", report.refusedPushes)
    add("warnings", report.warnings)
    if let advice = report.advice {
      // The report has a stability of its own.
      var object = JSONObject()
      object.add(advice)
      add("advice", object)
    }
  }

  mutating func add(_ divergence: Divergence) {
    var object = JSONObject()
    object.add("worker", divergence.worker)
    object.add("update", divergence.update)
    object.add("parameter", divergence.parameter)
    add("divergence", object)
  }
}
