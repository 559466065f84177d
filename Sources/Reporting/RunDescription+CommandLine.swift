public import AsyncSGD

extension RunDescription {
  /// Returns the command that repeats the run, to be pasted into a shell.
  ///
  /// Every option of the description is spelt out with its effective value, so the command does not depend on any
  /// default.
  ///
  /// - Parameter moreArguments: Options that the description does not know, such as `["--hidden", "500"]`.
  /// - Returns: One line.
  public func commandLine(moreArguments: [String] = []) -> String {
    let algorithm = [
      "--workers", "\(workers)", "--mode", mode, "--rule", rule, "--optimizer", optimizer, "--compression", compression,
    ]
    let hyperparameters = hyperparameters.flatMap { ["--\($0.name)", "\($0.value)"] }
    let others = [
      "--dataset", dataset, "--model", model, "--epochs", "\(epochs)", "--batch-size", "\(batchSize)",
      "--learning-rate",
      NumberText.exact(learningRate), "--momentum", NumberText.exact(momentum), "--weight-decay",
      NumberText.exact(weightDecay), "--schedule", schedule, "--warmup", NumberText.exact(warmup), "--seed", "\(seed)",
      "--kernels", kernels,
    ]
    switch driver {
    case .live: return shellCommand(algorithm + hyperparameters + others + moreArguments)
    case .virtual: return shellCommand(["simulate"] + algorithm + hyperparameters + others + moreArguments)
    // The recording has the rest.
    case .replay: return shellCommand(["replay"] + moreArguments)
    }
  }

  /// The command that repeats the run, with the effective values that it does not state as a comment.
  ///
  /// - Parameter moreArguments: Options that the description does not know.
  /// - Returns: One line.
  package func firstLine(moreArguments: [String]) -> String {
    "\(commandLine(moreArguments: moreArguments))  # \(effectiveValues)"
  }

  /// The effective values that no option states, in words.
  var effectiveValues: String {
    var values = [
      "version \(programVersion)", "\(NumberText.count(parameters)) parameters",
      "\(NumberText.count(trainingExamples)) training and \(NumberText.count(testExamples)) test examples",
      "\(classes) classes", "\(NumberText.count(examplesPerUpdate)) examples an update",
      "\(NumberText.count(plannedUpdates)) updates planned", "kernels \(kernels) for \(instructionSet)",
    ]
    if let resumedAtUpdate { values.append("resumed at update \(NumberText.count(resumedAtUpdate))") }
    return values.joined(separator: ", ")
  }
}

/// Returns the command that runs the program with `arguments`, to be pasted into a shell.
package func shellCommand(_ arguments: [String]) -> String {
  (["asgd-train"] + arguments).map(shellQuoted).joined(separator: " ")
}

/// Returns `argument` as a shell must be given it.
private func shellQuoted(_ argument: String) -> String {
  let isPlain =
    !argument.isEmpty
    && argument.unicodeScalars.allSatisfy {
      $0.isASCII && ($0.properties.isAlphabetic || ("0"..."9").contains($0) || "-_./=:,+@%".unicodeScalars.contains($0))
    }
  if isPlain { return argument }
  return "'" + argument.split(separator: "'", omittingEmptySubsequences: false).joined(separator: #"'\''"#) + "'"
}
