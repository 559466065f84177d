package import KernelInterface

/// oneDNN, through its matrix product for row-major matrices.
package struct OneDNN: MatrixProductLibrary {
  private typealias Version = @convention(c) @Sendable () -> UnsafeRawPointer?
  /// `dnnl_sgemm` of dnnl.h: two transpositions, m, n, k, α, A, lda, B, ldb, β, C, ldc; returns 0 for success.
  private typealias Multiply =
    @convention(c) @Sendable (
      CChar, CChar, Int64, Int64, Int64, CFloat, UnsafePointer<CFloat>, Int64, UnsafePointer<CFloat>, Int64, CFloat,
      UnsafeMutablePointer<CFloat>, Int64
    ) -> CInt

  /// `dnnl_version_t`: major, minor, patch, the hash of the commit, and the run times for CPU and GPU.
  private typealias VersionRecord = (CInt, CInt, CInt, UnsafePointer<CChar>?, CUnsignedInt, CUnsignedInt)

  /// Who runs the threads, in the numbers of `dnnl_version_t`.
  private enum Runtime {
    static let sequential: CUnsignedInt = 1
    static let openMP: CUnsignedInt = 2
    static let threadPoolOfTheCaller: CUnsignedInt = 8
  }

  package static let backendName = "onednn"
  package static let installation = "oneDNN 2 or 3 for OpenMP (Debian: libdnnl2 or libdnnl3)"
  package static let fileNames = ["libdnnl.so.3", "libdnnl.so.2", "libdnnl.so", "libdnnl.dylib"]
  package static let largestExtent = Int(Int32.max)
  package static let shared = loadResult()

  package let description: String
  private let multiplyRowMajor: Multiply
  private let openMP: OpenMPThreads?

  package init?(fileName: String) throws(LibraryRefusal) {
    guard let library = DynamicLibrary(fileName) else { return nil }
    guard
      let multiply = library.function("dnnl_sgemm", as: Multiply.self),
      let record = library.function("dnnl_version", as: Version.self)?()
    else { throw LibraryRefusal(reason: "the library \(fileName) is not the oneDNN that it should be") }
    let (major, minor, patch, _, runtime, _) = record.load(as: VersionRecord.self)
    let version = LibraryVersion(Int(major), Int(minor), Int(patch))
    openMP = OpenMPThreads(of: library)
    try Self.check(version, runtime: runtime, hasOpenMP: openMP != nil, fileName: fileName)
    description = "oneDNN \(version)"
    multiplyRowMajor = multiply
  }

  package func multiply(
    _ problem: GEMM, alpha: Float, a: UnsafePointer<Float>, b: UnsafePointer<Float>, beta: Float,
    c: UnsafeMutablePointer<Float>
  ) {
    let (isNotTransposed, isTransposed) = (CChar(UInt8(ascii: "N")), CChar(UInt8(ascii: "T")))
    let call = {
      multiplyRowMajor(
        problem.transposeA ? isTransposed : isNotTransposed, problem.transposeB ? isTransposed : isNotTransposed,
        Int64(problem.m), Int64(problem.n), Int64(problem.k), alpha, a, Int64(problem.leadingDimensionA), b,
        Int64(problem.leadingDimensionB), beta, c, Int64(problem.leadingDimensionC))
    }
    let status = if let openMP { openMP.withOneThread(call) } else { call() }
    precondition(status == 0, "oneDNN refused a matrix product with status \(status): \(problem)")
  }

  /// Checks what the library says of itself.
  ///
  /// - Parameters:
  ///   - version: Its version.
  ///   - runtime: Who runs its threads, in the numbers of `dnnl_version_t`.
  ///   - hasOpenMP: Whether the functions of OpenMP were found in what it is linked with.
  ///   - fileName: The name of the library, for the message.
  /// - Throws: ``LibraryRefusal`` if such a library cannot be used.
  package static func check(
    _ version: LibraryVersion, runtime: UInt32, hasOpenMP: Bool, fileName: String
  ) throws(LibraryRefusal) {
    if version < LibraryVersion(2, 0, 0) {
      throw LibraryRefusal(reason: "the library \(fileName) is oneDNN \(version), which is too old")
    }
    let keepsToOneThread =
      switch runtime {
      case Runtime.sequential, Runtime.threadPoolOfTheCaller: true
      case Runtime.openMP: hasOpenMP
      default: false
      }
    guard keepsToOneThread else {
      throw LibraryRefusal(reason: "the library \(fileName) was built to start threads that cannot be turned off")
    }
  }
}
