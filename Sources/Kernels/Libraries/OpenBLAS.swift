internal import Foundation
package import KernelInterface

/// OpenBLAS, through its C interface for row-major matrices.
package struct OpenBLAS: MatrixProductLibrary {
  private typealias Text = @convention(c) @Sendable () -> UnsafePointer<CChar>?
  private typealias SetThreads = @convention(c) @Sendable (CInt) -> Void
  /// `cblas_sgemm` of cblas.h, with integers of 32 bits: order, two transpositions, m, n, k, α, A, lda, B, ldb, β, C, ldc.
  private typealias Multiply =
    @convention(c) @Sendable (
      CInt, CInt, CInt, CInt, CInt, CInt, CFloat, UnsafePointer<CFloat>, CInt, UnsafePointer<CFloat>, CInt, CFloat,
      UnsafeMutablePointer<CFloat>, CInt
    ) -> Void

  package static let backendName = "openblas"
  package static let installation = "OpenBLAS \(oldest) or newer (Debian: libopenblas0-pthread)"
  // Where libopenblas.so.0 is a build for programs with a single thread, as on Fedora, libopenblasp.so.0 is for several.
  package static let fileNames = ["libopenblas.so.0", "libopenblasp.so.0", "libopenblas.so", "libopenblas.dylib"]
  package static let largestExtent = Int(Int32.max)
  package static let shared = loadResult()

  /// The first version without known errors in the products of AVX-512 machines, and without reads beyond a matrix.
  private static let oldest = LibraryVersion(0, 3, 15)

  package let description: String
  private let multiplyRowMajor: Multiply
  private let openMP: OpenMPThreads?

  package init?(fileName: String) throws(LibraryRefusal) {
    guard let library = Self.withSettings({ DynamicLibrary(fileName) }) else { return nil }
    guard
      let multiply = library.function("cblas_sgemm", as: Multiply.self),
      let setThreads = library.function("openblas_set_num_threads", as: SetThreads.self),
      let configuration = library.function("openblas_get_config", as: Text.self)?(),
      let core = library.function("openblas_get_corename", as: Text.self)?()
    else { throw LibraryRefusal(reason: "the library \(fileName) is not the OpenBLAS that it should be") }
    let version = try Self.version(configuration: String(cString: configuration), fileName: fileName)
    // For the case that the program had loaded the library before, with other settings.
    setThreads(1)
    description = "OpenBLAS \(version), \(String(cString: core))"
    multiplyRowMajor = multiply
    openMP = OpenMPThreads(of: library)
  }

  package func multiply(
    _ problem: GEMM, alpha: Float, a: UnsafePointer<Float>, b: UnsafePointer<Float>, beta: Float,
    c: UnsafeMutablePointer<Float>
  ) {
    let (rowMajor, isNotTransposed, isTransposed): (CInt, CInt, CInt) = (101, 111, 112)
    let call = {
      multiplyRowMajor(
        rowMajor, problem.transposeA ? isTransposed : isNotTransposed,
        problem.transposeB ? isTransposed : isNotTransposed, CInt(problem.m), CInt(problem.n), CInt(problem.k), alpha,
        a,
        CInt(problem.leadingDimensionA), b, CInt(problem.leadingDimensionB), beta, c, CInt(problem.leadingDimensionC))
    }
    if let openMP { openMP.withOneThread(call) } else { call() }
  }

  /// Reads what the library says of itself, such as `OpenBLAS 0.3.21 NO_LAPACKE DYNAMIC_ARCH Haswell MAX_THREADS=64`.
  ///
  /// - Parameters:
  ///   - configuration: The text.
  ///   - fileName: The name of the library, for the message.
  /// - Returns: The version.
  /// - Throws: ``LibraryRefusal`` if a library with this configuration cannot be used.
  package static func version(configuration: String, fileName: String) throws(LibraryRefusal) -> LibraryVersion {
    let words = configuration.split(separator: " ")
    guard words.first == "OpenBLAS", words.count > 1, let version = LibraryVersion(words[1]) else {
      throw LibraryRefusal(reason: "the library \(fileName) does not tell its version ('\(configuration)')")
    }
    if version < oldest {
      throw LibraryRefusal(reason: "the library \(fileName) is OpenBLAS \(version), which is too old")
    }
    if words.contains("USE64BITINT") {
      throw LibraryRefusal(reason: "the library \(fileName) was built for integers of 64 bits, not of 32")
    }
    // It has no locks then, unless it was built with an option that it does not tell.
    if words.contains("SINGLE_THREADED") {
      throw LibraryRefusal(reason: "the library \(fileName) was built for programs with a single thread")
    }
    return version
  }

  /// Calls `body` with the environment variables that the library reads when it is loaded.
  ///
  /// - `OPENBLAS_NUM_THREADS`: one thread, or the library would start as many as there are cores before it can be told.
  /// - `OPENBLAS_CORETYPE`: which of its kernels it takes. It goes by the model number of the processor, and on a virtual
  ///   machine that hides or makes up the model it takes AVX2 kernels where AVX-512 is to be had, at half the speed. We ask
  ///   the processor what it can do, so we know better. Who sets the variable knows best.
  ///
  /// The environment belongs to the whole process, and is put back as it was. To change it while other threads read it is
  /// not safe: a program should make its backend before it starts its threads.
  private static func withSettings<Result>(_ body: () -> Result) -> Result {
    var settings = ["OPENBLAS_NUM_THREADS": "1"]
    if getenv("OPENBLAS_CORETYPE") == nil {
      settings["OPENBLAS_CORETYPE"] =
        switch InstructionSet.allCases.first(where: \.isOfThisMachine) {
        case .avx512: "SKYLAKEX"
        case .avx2: "HASWELL"
        case .sse2, .neon, .generic, nil: nil
        }
    }
    let before = settings.map { name, _ in (name: name, value: getenv(name).map { String(cString: $0) }) }
    for (name, value) in settings { setenv(name, value, 1) }
    defer {
      for (name, value) in before {
        if let value { setenv(name, value, 1) } else { unsetenv(name) }
      }
    }
    return body()
  }
}
