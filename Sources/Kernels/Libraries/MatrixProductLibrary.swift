package import KernelInterface

/// A library of the system that multiplies matrices, for ``LibraryBackend``.
///
/// A product runs on the thread that asks for it, and on no other: the workers of a run are its parallelism. Any number of
/// threads may multiply at the same time.
package protocol MatrixProductLibrary: Sendable {
  /// The name that `--kernels` takes.
  static var backendName: String { get }

  /// What the library is called, and how to get it.
  static var installation: String { get }

  /// The file names to look for, the preferred one first.
  static var fileNames: [String] { get }

  /// The largest extent or leading dimension that the library's integers hold.
  static var largestExtent: Int { get }

  /// The library of this process, loaded on first use, or why it cannot be used.
  static var shared: Result<Self, KernelBackendError> { get }

  /// Takes the library of that name, or returns `nil` if there is none.
  ///
  /// - Throws: ``LibraryRefusal`` if it is there, but cannot be used.
  init?(fileName: String) throws(LibraryRefusal)

  /// The library and its version, and what else decides the bits of a result.
  var description: String { get }

  /// Computes C ← α·op(A)·op(B) + β·C; β = 0 means that C is overwritten and never read.
  ///
  /// - Precondition: All extents are from 1 to ``largestExtent``, and α is not 0.
  func multiply(
    _ problem: GEMM, alpha: Float, a: UnsafePointer<Float>, b: UnsafePointer<Float>, beta: Float,
    c: UnsafeMutablePointer<Float>)
}

/// Why a library that is there cannot be used: a clause that completes "because".
package struct LibraryRefusal: Error {
  /// The clause.
  package let reason: String
}

extension MatrixProductLibrary {
  /// Loads the first library of `fileNames` that can be used.
  ///
  /// - Parameter fileNames: The names to look for, the preferred one first.
  /// - Returns: The library.
  /// - Throws: ``KernelBackendError/unavailable(name:reason:)``, whose reason says what to do about it.
  package static func load(_ fileNames: [String]) throws(KernelBackendError) -> Self {
    var reason: String?
    for fileName in fileNames {
      do throws(LibraryRefusal) {
        if let library = try Self(fileName: fileName) { return library }
      } catch {
        reason = reason ?? error.reason
      }
    }
    let failure = reason ?? "the library \(fileNames.first ?? "") was not found"
    throw .unavailable(name: backendName, reason: "\(failure); install \(installation), or choose --kernels simd")
  }

  /// What ``load(_:)`` makes of ``fileNames``, to be kept.
  static func loadResult() -> Result<Self, KernelBackendError> {
    Result { () throws(KernelBackendError) in try load(fileNames) }
  }
}
