internal import AsyncSGD
internal import Interchange
internal import Reporting

/// What the end of a run means for the process.
struct RunEnding {
  let options: TrainOptions
  let metrics: JSONLinesReporter?
  /// What writes the recording, if one is written.
  let recorder: RecordingWriter?
  let console: ConsoleReporter
  /// The options that repeat the run and that its description does not know.
  let moreArguments: [String]

  /// Closes the files of a run, says what went wrong, and returns how the process should end.
  ///
  /// - Parameter report: How the run ended.
  /// - Returns: ``ExitCode/done`` if nothing went wrong.
  func exitCode(of report: FinalReport) -> ExitCode {
    let recordingFailure = closeRecording()
    if let recordingFailure { console.alert("error: \(recordingFailure)") }
    let plotsFailure = writePlots(report)
    if let plotsFailure { console.alert("error: \(plotsFailure)") }
    if case .diverged = report.outcome { return .trainingFailed }
    if report.outcome == .interrupted { return .interrupted }
    if report.outcome == .deserted {
      console.alert("error: no worker is left: all were lost to faults")
      return .trainingFailed
    }
    if report.last.updates == 0, report.run.plannedUpdates > 0 {
      console.alert("error: nothing was trained: no gradient became an update")
      return .trainingFailed
    }
    if let failure = metrics?.failure {
      console.alert("error: \(failure)")
      return .cannotWrite
    }
    if recordingFailure != nil || plotsFailure != nil { return .cannotWrite }
    guard report.last.testLoss.isFinite else {
      console.alert("error: the test loss is not finite: the training diverged without a gradient that shows it")
      return .trainingFailed
    }
    if let target = options.targetAccuracy, !(report.last.testAccuracy >= target) {
      console.alert(
        "error: the test accuracy \(report.last.testAccuracy) is below '--target-accuracy \(target)'")
      return .trainingFailed
    }
    return .done
  }

  private func writePlots(_ report: FinalReport) -> (any Error)? {
    guard let path = options.plots else { return nil }
    do {
      try AtomicFile.write(Array(StalenessPage(report, moreArguments: moreArguments).html.utf8), to: path)
      return nil
    } catch {
      return error
    }
  }

  private func closeRecording() -> RecordingError? {
    guard let recorder else { return nil }
    do {
      try recorder.close()
      return recorder.failure
    } catch {
      return error
    }
  }
}
