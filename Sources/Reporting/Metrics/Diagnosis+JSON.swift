internal import AsyncSGD

extension JSONObject {
  /// Adds a warning's fields, its message, its cause and its remedies.
  mutating func add(_ warning: TrainingWarning) {
    add("warning", warning.symptom.name)
    add("update", warning.update)
    switch warning.symptom {
    case .stuckAtChance(let accuracy, let chance, let loss, let examples):
      add("accuracy", accuracy)
      add("chance", chance)
      add("loss", loss)
      add("examples", examples)
    case .collapsedToChance(let accuracy, let bestAccuracy, let chance):
      add("accuracy", accuracy)
      add("bestAccuracy", bestAccuracy)
      add("chance", chance)
    case .lossRising(let loss, let bestLoss):
      add("loss", loss)
      add("bestLoss", bestLoss)
    case .lossExploding(let loss, let guessingLoss), .stepTooLarge(let loss, let guessingLoss):
      add("loss", loss)
      add("guessingLoss", guessingLoss)
    case .unitsSilent(let units):
      add("layer", units.layer)
      add("silent", units.silent)
      add("units", units.units)
    case .centerBehind(let testAccuracy, let trainAccuracy):
      add("testAccuracy", testAccuracy)
      add("trainAccuracy", trainAccuracy)
    case .nonFiniteGradientSkipped(let divergence):
      add(divergence)
    }
    add("repeated", warning.isRepetition)
    add("message", warning.message)
    if let advice = warning.advice { add(advice) }
  }

  /// Adds the warnings of a run as an array of objects.
  mutating func add(_ name: String, _ warnings: [TrainingWarning]) {
    add(
      name,
      warnings.map { warning in
        var object = JSONObject()
        object.add(warning)
        return object
      })
  }

  /// Adds why a run does not learn, and what to do about it.
  mutating func add(_ advice: Advice) {
    add("cause", advice.cause.text)
    switch advice.cause {
    case .stepTooLarge(let stability), .stepTooSmall(let stability), .notTheStep(let stability):
      add("stability", stability)
    case .hardlyMoved(let movement), .shrunk(let movement, _):
      var object = JSONObject()
      object.add("distance", movement.distance)
      object.add("length", movement.length)
      add("movement", object)
    case .unitsSilent, .probablyTheStep, .looseTies:
      break
    }
    add("remedies", advice.remedies.map(\.text))
  }

  /// Adds what was measured at the end of an epoch; the step is null where it was not.
  mutating func add(_ diagnosis: EpochDiagnosis) {
    if let stability = diagnosis.stability { add("stability", stability) } else { add("stability", nil as Int?) }
    var silent = JSONObject()
    for layer in diagnosis.silentUnits { silent.add(layer.layer, layer.silent) }
    add("silentUnits", silent)
  }

  private mutating func add(_ name: String, _ stability: StepStability) {
    var object = JSONObject()
    object.add("update", stability.update)
    object.add("sharpness", stability.sharpness)
    object.add("learningRate", stability.learningRate)
    object.add("stableLearningRate", stability.stableLearningRate)
    object.add("ratio", stability.ratio)
    add(name, object)
  }
}
