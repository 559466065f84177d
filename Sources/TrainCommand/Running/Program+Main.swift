internal import AsyncSGD
internal import DataPipeline
internal import Foundation
internal import Interchange
internal import Kernels
internal import NeuralNet
internal import Reporting

extension Program {
  /// Runs the program, blocking until it is done.
  ///
  /// Results go to standard output, progress and complaints to standard error.
  ///
  /// - Parameter arguments: The arguments, without the program's own name.
  /// - Returns: How the process should end.
  public static func main(_ arguments: [String]) -> ExitCode {
    OutputDescriptor.reserveStandardDescriptors()
    do {
      let command = try Command.parse(
        arguments, vocabulary: .ofThisProgram, cores: ProcessInfo.processInfo.activeProcessorCount)
      return try run(command)
    } catch {
      let command = arguments.first.flatMap(Command.Name.init).flatMap { $0 == .train ? nil : $0.rawValue }
      let text = (error as? UsageError)?.text(command: command) ?? "error: \(error)"
      try? OutputDescriptor.standardError.write(text + "\n")
      return ExitCode(for: error)
    }
  }

  private static func run(_ command: Command) throws -> ExitCode {
    let output = OutputDescriptor.standardOutput
    switch command {
    case .train(let options):
      let interrupts = InterruptHandler()
      return try withExtendedLifetime(interrupts) {
        try TrainingSession(options).run(interrupts)
      }
    case .simulate(let options):
      let interrupts = InterruptHandler()
      return try withExtendedLifetime(interrupts) {
        try SimulationSession(options).run(interrupts)
      }
    case .replay(let options):
      let interrupts = InterruptHandler()
      return try withExtendedLifetime(interrupts) {
        try ReplaySession(options).run(interrupts)
      }
    case .compare(let options):
      let interrupts = InterruptHandler()
      return try withExtendedLifetime(interrupts) {
        try ComparisonSession(options).run(interrupts)
      }
    case .list(.kernels):
      try output.write(KernelListing(KernelBackends.all).text)
    case .list(let subject):
      try output.write(Vocabulary.ofThisProgram.listing(of: subject))
    case .summary(let options):
      try output.write(ModelSummary(options).text)
    case .trace(let options):
      try TraceSession(options).run()
    case .fit(let options):
      try FitSession(options).run()
    case .help(let text), .version(let text):
      try output.write(text)
    }
    return .done
  }
}

extension ExitCode {
  /// How the process ends because of `error`.
  init(for error: any Error) {
    self =
      switch error {
      case let error as UsageError: error.exitCode
      case is ModelError, is ShapeError, is KernelBackendError, TrainingError.conflict: .usage
      case TrainingError.clockExceeded: .trainingFailed
      case let error as DataError: error.isNotFound ? .dataNotFound : .malformedData
      case let error as RecordingError:
        error.isNotFound ? .dataNotFound : error.isUnwritable ? .cannotWrite : .malformedData
      case SafetensorsError.notFound: .dataNotFound
      case ScriptError.delaysSaidTwice: .usage
      case ScriptError.unreadable, ScriptError.unreadableFile: .dataNotFound
      case is SafetensorsError, is CheckpointError, is ReplayError, is ScriptError, is ComparisonFileError, is FitError:
        .malformedData
      case is OutputError, is AtomicFileError: .cannotWrite
      default: .internalError
      }
  }
}
