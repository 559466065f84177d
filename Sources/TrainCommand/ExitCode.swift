/// How the process ends; scripts rely on the numbers.
///
/// The codes from 64 to 73 are those of the BSD header `sysexits.h`.
public enum ExitCode: Int32, CaseIterable, Sendable {
  /// All went well.
  case done = 0
  /// The run diverged, or missed `--target-accuracy`.
  case trainingFailed = 1
  /// The arguments make no sense.
  case usage = 64
  /// A data set, a checkpoint, a recording, a script or a file of durations is damaged.
  case malformedData = 65
  /// One of these is not there.
  case dataNotFound = 66
  /// The program has an error.
  case internalError = 70
  /// A file cannot be written.
  case cannotWrite = 73
  /// The user stopped the run.
  case interrupted = 130

  /// The meaning, for the help text.
  var meaning: String {
    switch self {
    case .done: "done"
    case .trainingFailed: "training failed: it diverged, or missed --target-accuracy"
    case .usage: "wrong usage: the arguments make no sense"
    case .malformedData: "malformed data: a data set, checkpoint, recording, script or other input"
    case .dataNotFound: "data not found: no such data set, checkpoint, recording, script or input"
    case .internalError: "internal error"
    case .cannotWrite: "cannot write the metrics, the checkpoint or another file"
    case .interrupted: "interrupted, after the checkpoint if there is to be one"
    }
  }
}
