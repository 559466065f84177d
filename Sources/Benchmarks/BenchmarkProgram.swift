internal import Foundation
internal import Interchange
internal import Kernels
internal import Reporting
internal import TrainCommand

/// The program `asgd-bench`.
public enum BenchmarkProgram {
  /// What the program calls itself.
  static let name = "asgd-bench"

  /// How the process can end.
  static let exitCodes: [(code: ExitCode, meaning: String)] = [
    (.done, "done"),
    (.usage, "wrong usage: the arguments make no sense"),
    (.internalError, "internal error"),
    (.cannotWrite, "cannot write the results"),
    (.interrupted, "interrupted; no file is written"),
  ]

  /// Runs the program, blocking until it is done.
  ///
  /// Results go to standard output, complaints to standard error.
  ///
  /// - Parameter arguments: The arguments, without the program's own name.
  /// - Returns: How the process should end.
  public static func main(_ arguments: [String]) -> Int32 {
    OutputDescriptor.reserveStandardDescriptors()
    let interrupts = InterruptHandler()
    interrupts.endOrderly {
      ChildProcess.terminate()
      _exit(ExitCode.interrupted.rawValue)
    }
    let code = withExtendedLifetime(interrupts) {
      do {
        try run(try BenchmarkCommand.parse(arguments, vocabulary: .ofThisProgram))
        return ExitCode.done
      } catch {
        return complain(error)
      }
    }
    return code.rawValue
  }

  private static func run(_ command: BenchmarkCommand) throws {
    switch command {
    case .help(let text), .version(let text):
      try OutputDescriptor.standardOutput.write(text)
    case .kernels(let options):
      let suite = try KernelSuite(options)
      try report(options.common, suite.run)
    case .server(let options):
      let suite = try ServerSuite(options)
      try report(options.common, suite.run)
    case .training(let options):
      let suite = try TrainingSuite(options)
      try report(options.common) { try suite.run(progress: showProgress, $0) }
    }
  }

  /// Prints records as they come, and writes all of them to the file of `--json` at the end.
  private static func report(
    _ options: CommonOptions, _ measure: ((BenchmarkRecord) throws -> Void) throws -> Void
  ) throws {
    if let path = options.json { try WritableFile.check(path) }
    var table = ResultTable()
    var records: [BenchmarkRecord] = []
    try measure { record in
      records.append(record)
      try OutputDescriptor.standardOutput.write(table.lines(for: record))
    }
    let training = records.filter { $0.benchmark == .training }
    for record in training { try OutputDescriptor.standardOutput.write(table.shares(of: record)) }
    if let path = options.json { try AtomicFile.write(Array(BenchmarkRecord.json(records).utf8), to: path) }
  }

  /// Tells who waits at a terminal what is measured.
  private static func showProgress(_ text: String) {
    let display = OutputDescriptor.standardError
    if display.isTerminal { try? display.write("\(text)\n") }
  }

  private static func complain(_ error: any Error) -> ExitCode {
    let (text, code): (String, ExitCode) =
      switch error {
      case let error as UsageError: ("error: \(error.message)\n       see '\(name) --help'", .usage)
      case is KernelBackendError: ("error: \(error)", .usage)
      case is OutputError, is AtomicFileError: ("error: \(error)", .cannotWrite)
      default: ("error: \(error)", .internalError)
      }
    try? OutputDescriptor.standardError.write(text + "\n")
    return code
  }
}
