internal import AsyncSGD

/// Why a benchmark has no result.
enum BenchmarkError: Error, CustomStringConvertible {
  /// Training ended early.
  case diverged(model: String, Divergence)
  /// A measurement in another process failed.
  case childFailed(arguments: [String], reason: String)

  /// A sentence for the user.
  var description: String {
    switch self {
    case .diverged(let model, let place): "the training of \(model) diverged, in \(place.parameter)"
    case .childFailed(let arguments, let reason): "'\(arguments.joined(separator: " "))' \(reason)"
    }
  }
}
