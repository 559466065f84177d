internal import Foundation
public import KernelInterface

/// The one ordered list of backends, from the most to the least preferred; the reference is the last.
public enum KernelBackends {
  /// The name that stands for the first backend of the list that can be used on this machine.
  public static let automaticName = "auto"

  /// Every backend, in order of preference: ours, those of libraries, those that were registered, the reference.
  public static var all: [Entry] {
    builtIn + registered.entries + [.reference]
  }

  /// The names that ``make(named:instructionSet:)`` takes: ``automaticName``, then those of ``all``.
  public static var names: [String] { [automaticName] + all.map(\.name) }

  /// Returns the backend of that name.
  ///
  /// - Parameters:
  ///   - name: One of ``names``.
  ///   - instructionSet: The instruction set of the kernels that are ours; `nil` for the widest that this machine has.
  /// - Returns: The backend; for ``automaticName`` the first of the list that can be used, and has that instruction set if
  ///   one is asked for.
  /// - Throws: ``KernelBackendError/unknownName(_:known:)``, or what ``Entry/make(instructionSet:)`` throws; for
  ///   ``automaticName`` only if no backend of the list can be used.
  public static func make(
    named name: String = automaticName, instructionSet: InstructionSet? = nil
  ) throws(KernelBackendError) -> any KernelBackend<Float> {
    guard name == automaticName else {
      guard let entry = all.first(where: { $0.name == name }) else { throw .unknownName(name, known: names) }
      return try entry.make(instructionSet: instructionSet)
    }
    if let reason = instructionSet?.absence { throw .unavailable(name: name, reason: reason) }
    var reasons: [String] = []
    for entry in all {
      do throws(KernelBackendError) {
        return try entry.make(instructionSet: instructionSet)
      } catch {
        reasons.append(error.description)
      }
    }
    throw .unavailable(name: name, reason: reasons.joined(separator: "; "))
  }

  /// Adds a backend to ``all``, for the rest of the process.
  ///
  /// It comes after ours, so that ``automaticName`` does not stand for it where ours can be used, and is chosen by name.
  /// May be called on any thread.
  ///
  /// - Parameter entry: The backend.
  /// - Throws: ``KernelBackendError/refusedName(_:reason:)`` if its name is empty or taken.
  public static func register(_ entry: Entry) throws(KernelBackendError) {
    if entry.name.isEmpty { throw .refusedName(entry.name, reason: "a name must not be empty") }
    let isOurs = ([automaticName, Entry.reference.name] + builtIn.map(\.name)).contains(entry.name)
    if isOurs || !registered.append(entry) { throw .refusedName(entry.name, reason: "the name is taken") }
  }

  private static let builtIn = [
    Entry.simd,
    Entry.library(OpenBLAS.self, summary: "matrix products by OpenBLAS, the rest as simd"),
    Entry.library(OneDNN.self, summary: "matrix products by oneDNN, the rest as simd"),
  ]

  private static let registered = Registry()
}

/// The entries that were registered.
///
/// The lock is no `Synchronization.Mutex`, in which ThreadSanitizer reports races that are none on Linux.
private final class Registry: @unchecked Sendable {  // `list` is protected by `lock`
  private let lock = NSLock()
  private var list: [KernelBackends.Entry] = []

  /// All of them, in the order of their registration.
  var entries: [KernelBackends.Entry] { lock.withLock { list } }

  /// Adds an entry, or returns false if there is one of its name.
  func append(_ entry: KernelBackends.Entry) -> Bool {
    lock.withLock {
      if list.contains(where: { $0.name == entry.name }) { return false }
      list.append(entry)
      return true
    }
  }
}
