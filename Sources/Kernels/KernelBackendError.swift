/// Why a backend cannot be used, or not be registered.
public enum KernelBackendError: Error, Hashable, Sendable, CustomStringConvertible {
  /// No backend has this name.
  case unknownName(String, known: [String])
  /// The backend exists, but not on this machine; `reason` is a clause that completes "because".
  case unavailable(name: String, reason: String)
  /// No backend can be registered under this name; `reason` is a clause that completes "because".
  case refusedName(String, reason: String)

  /// A sentence for the user.
  public var description: String {
    switch self {
    case .unknownName(let name, let known):
      "there are no kernels named '\(name)'; the names are \(known.joined(separator: ", "))"
    case .unavailable(let name, let reason):
      "the kernels '\(name)' cannot be used here, because \(reason)"
    case .refusedName(let name, let reason):
      "no kernels can be named '\(name)', because \(reason)"
    }
  }
}
