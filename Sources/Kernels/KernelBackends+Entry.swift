public import KernelInterface

extension KernelBackends {
  /// One backend of the list.
  public struct Entry: Sendable {
    /// Makes the backend; the instruction set is one that this machine has.
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
    /// The instruction sets that ``make(instructionSet:)`` takes here, the widest first; empty if it takes none.
    public let instructionSets: [InstructionSet]
    private let detail: @Sendable () throws(KernelBackendError) -> String?
    private let create: Maker

    /// Creates an entry.
    ///
    /// - Parameters:
    ///   - name: The name that `--kernels` takes.
    ///   - summary: What the backend is, in one line.
    ///   - instructionSets: The instruction sets among which the backend lets the caller choose, of those that this machine
    ///     has; empty for none.
    ///   - detail: Says more about a backend that can be used.
    ///   - make: Makes the backend, or throws ``KernelBackendError/unavailable(name:reason:)``; its argument is an element
    ///     of `instructionSets`, or the widest instruction set of this machine if none was asked for.
    public init(
      name: String, summary: String, instructionSets: [InstructionSet] = [],
      detail: @escaping @Sendable () throws(KernelBackendError) -> String? = { nil }, make: @escaping Maker
    ) {
      self.name = name
      self.summary = summary
      self.instructionSets = instructionSets
      self.detail = detail
      self.create = make
    }

    /// Returns the backend.
    ///
    /// - Parameter instructionSet: The instruction set of the kernels that are ours; `nil` for the widest that this machine
    ///   has.
    /// - Returns: The backend.
    /// - Throws: ``KernelBackendError/unavailable(name:reason:)`` if this machine lacks what the backend needs, or the
    ///   backend lets nobody choose that instruction set.
    public func make(instructionSet: InstructionSet? = nil) throws(KernelBackendError) -> any KernelBackend<Float> {
      if let instructionSet, !instructionSets.contains(instructionSet) {
        throw .unavailable(
          name: name, reason: instructionSet.absence ?? "they are not made for one instruction set or another")
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
    instructionSets: InstructionSet.supported,
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
      name: Library.backendName, summary: summary, instructionSets: InstructionSet.supported,
      detail: { () throws(KernelBackendError) in try Library.shared.get().description },
      make: { (instructionSet) throws(KernelBackendError) in
        LibraryBackend(try Library.shared.get(), otherwise: instructionSet.kernels)
      })
  }
}
