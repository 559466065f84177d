public import KernelInterface

extension KernelBackends {
  /// One backend of the list.
  public struct Entry: Sendable {
    /// Makes the backend from an instruction set.
    public typealias Maker = @Sendable (InstructionSet) throws(KernelBackendError) -> any KernelBackend<Float>

    /// Whether a backend can be used on this machine.
    public enum Availability: Hashable, Sendable {
      /// It can; `detail` says more where there is more to say, such as the version of a library.
      case usable(detail: String?)
      /// It cannot; `reason` is a clause that completes "because".
      case unusable(reason: String)
    }

    /// The name that `--kernels` takes.
    public let name: String
    /// What the backend is, in one line.
    public let summary: String
    /// Whether the instruction set of the backend's kernels is the caller's choice.
    public let takesInstructionSet: Bool
    private let detail: @Sendable () throws(KernelBackendError) -> String?
    private let create: Maker

    /// Creates an entry.
    ///
    /// - Parameters:
    ///   - name: The name that `--kernels` takes.
    ///   - summary: What the backend is, in one line.
    ///   - takesInstructionSet: Whether the instruction set of the backend's kernels is the caller's choice.
    ///   - detail: Says more about a backend that can be used.
    ///   - make: Makes the backend, or throws ``KernelBackendError/unavailable(name:reason:)``. Its argument is the instruction
    ///     set that was asked for, or else the widest; it is one of ``InstructionSet/supported`` if the backend takes one.
    public init(
      name: String, summary: String, takesInstructionSet: Bool = false,
      detail: @escaping @Sendable () throws(KernelBackendError) -> String? = { nil }, make: @escaping Maker
    ) {
      self.name = name
      self.summary = summary
      self.takesInstructionSet = takesInstructionSet
      self.detail = detail
      self.create = make
    }

    /// Returns the backend.
    ///
    /// The first use of `openblas` changes the environment of the process for as long as the library loads, and leaves the
    /// library with one thread: make the backend before other threads read the environment.
    ///
    /// - Parameter instructionSet: One of ``InstructionSet/supported``, or `nil` for the widest. A backend that takes none
    ///   pays no attention to it.
    /// - Returns: The backend.
    /// - Throws: ``KernelBackendError/unavailable(name:reason:)`` if this machine lacks what the backend needs.
    public func make(instructionSet: InstructionSet? = nil) throws(KernelBackendError) -> any KernelBackend<Float> {
      if let instructionSet, let absence = instructionSet.absence, takesInstructionSet {
        throw .unavailable(name: name, reason: absence)
      }
      return try create(instructionSet ?? InstructionSet.supported[0])
    }

    /// Whether the backend can be used on this machine; finds out by making it.
    public var availability: Availability {
      do throws(KernelBackendError) {
        _ = try make()
        return .usable(detail: try detail())
      } catch {
        guard case .unavailable(_, let reason) = error else { return .unusable(reason: error.description) }
        return .unusable(reason: reason)
      }
    }
  }
}

extension KernelBackends.Entry {
  /// Our kernels, compiled for several instruction sets.
  static let simd = Self(
    name: "simd", summary: "blocked for the caches, vectorized for the widest registers of the machine",
    takesInstructionSet: true,
    detail: { () throws(KernelBackendError) in
      let names = InstructionSet.supported.map(\.rawValue)
      return names[0] + (names.count > 1 ? " (also \(names.dropFirst().joined(separator: ", ")))" : "")
    },
    make: { (instructionSet) throws(KernelBackendError) in instructionSet.kernels })

  /// The formulas as they are written.
  static let reference = Self(
    name: "reference", summary: "the formulas as they are written; slow, and judge of the others"
  ) { _ in ReferenceBackend<Float>() }

  /// The matrix products of a library.
  static func library<Library: MatrixProductLibrary>(_ library: Library.Type, summary: String) -> Self {
    Self(
      name: Library.backendName, summary: summary, takesInstructionSet: true,
      detail: { () throws(KernelBackendError) in try Library.shared.get().description },
      make: { (instructionSet) throws(KernelBackendError) in
        LibraryBackend(try Library.shared.get(), otherwise: instructionSet.kernels)
      })
  }
}
