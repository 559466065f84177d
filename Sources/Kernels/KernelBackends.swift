public import KernelInterface

/// Why a backend cannot be used.
public enum KernelBackendError: Error, Hashable, Sendable, CustomStringConvertible {
  /// No backend has this name.
  case unknownName(String, known: [String])
  /// The backend exists, but not on this machine; `reason` is a clause that completes "because".
  case unavailable(name: String, reason: String)

  /// A sentence for the user.
  public var description: String {
    switch self {
    case .unknownName(let name, let known):
      "there are no kernels named '\(name)'; the names are \(known.joined(separator: ", "))"
    case .unavailable(let name, let reason):
      "the kernels '\(name)' cannot be used here, because \(reason)"
    }
  }
}

/// The one ordered list of backends, from the most to the least preferred; the reference is the last.
public enum KernelBackends {
  /// One backend of the list.
  public struct Entry: Sendable {
    /// The name that `--kernels` takes.
    public let name: String
    /// What the backend is, in one line.
    public let summary: String
    private let create: @Sendable (InstructionSet) throws(KernelBackendError) -> any KernelBackend<Float>

    init(
      name: String, summary: String,
      create: @escaping @Sendable (InstructionSet) throws(KernelBackendError) -> any KernelBackend<Float>
    ) {
      self.name = name
      self.summary = summary
      self.create = create
    }

    /// Returns the backend.
    ///
    /// - Parameter instructionSet: The instruction set of the kernels that are ours, of those this machine has; `nil` for
    ///   the widest.
    /// - Throws: ``KernelBackendError/unavailable(name:reason:)`` if this machine lacks what the backend needs.
    public func make(instructionSet: InstructionSet? = nil) throws(KernelBackendError) -> any KernelBackend<Float> {
      try create(instructionSet ?? InstructionSet.supported[0])
    }
  }

  /// The name that stands for the first backend of the list that can be used on this machine.
  public static let automaticName = "auto"

  /// Every backend, in order of preference.
  public static let all: [Entry] = [
    Entry(name: "simd", summary: "blocked for the caches, vectorized for the widest registers of the machine") {
      (instructionSet) throws(KernelBackendError) in
      guard InstructionSet.supported.contains(instructionSet), let kernels = instructionSet.kernels else {
        throw .unavailable(name: "simd", reason: "this machine does not have \(instructionSet.rawValue)")
      }
      return kernels
    },
    Entry(name: "reference", summary: "the formulas as they are written; slow, and judge of the others") { _ in
      ReferenceBackend<Float>()
    },
  ]

  /// The names that ``make(named:)`` takes: ``automaticName``, then those of ``all``.
  public static var names: [String] { [automaticName] + all.map(\.name) }

  /// Returns the backend of that name.
  ///
  /// - Parameter name: One of ``names``.
  /// - Returns: The backend; for ``automaticName`` the first of the list that can be used.
  /// - Throws: ``KernelBackendError/unknownName(_:known:)``, or what ``Entry/make()`` throws; for
  ///   ``automaticName`` only if no backend of the list can be used.
  public static func make(named name: String = automaticName) throws(KernelBackendError) -> any KernelBackend<Float> {
    if name == automaticName {
      var reasons: [String] = []
      for entry in all {
        do throws(KernelBackendError) {
          return try entry.make()
        } catch {
          reasons.append(error.description)
        }
      }
      throw .unavailable(name: name, reason: reasons.joined(separator: "; "))
    }
    guard let entry = all.first(where: { $0.name == name }) else {
      throw .unknownName(name, known: names)
    }
    return try entry.make()
  }
}
