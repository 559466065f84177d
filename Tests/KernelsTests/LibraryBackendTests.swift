import Foundation
import Kernels
import TestSupport
import Testing

@Suite("Matrix products by libraries")
struct LibraryBackendTests {
  private static let hasOpenBLAS = (try? OpenBLAS.shared.get()) != nil
  private static let hasOneDNN = (try? OneDNN.shared.get()) != nil
  private static let usable = (hasOpenBLAS ? ["openblas"] : []) + (hasOneDNN ? ["onednn"] : [])

  @Test(
    "the gate has both libraries, so that nothing here skips",
    .enabled(if: ProcessInfo.processInfo.environment["ASGD_EXPECT_LIBRARIES"] == "1", "only the gate installs them"))
  func gate() {
    #expect(Self.usable == ["openblas", "onednn"])
  }

  // MARK: Which library is taken

  @Test("a library that is absent is named, with what to install")
  func absent() {
    expectUnavailable(
      OpenBLAS.self, ["libnone.so.7", "libnone.so"],
      "the library libnone.so.7 was not found; install OpenBLAS 0.3.15 or newer (Debian: libopenblas0-pthread), or choose "
        + "--kernels simd")
    expectUnavailable(
      OneDNN.self, ["libnone.so.7", "libnone.so"],
      "the library libnone.so.7 was not found; install oneDNN 2 or 3 for OpenMP (Debian: libdnnl2 or libdnnl3), or choose "
        + "--kernels simd")
  }

  #if os(Linux)
    @Test("a library that is something else is refused, and named even if another is absent")
    func strange() {
      expectUnavailable(
        OpenBLAS.self, ["libnone.so", "libc.so.6", "libnone.so.7"],
        "the library libc.so.6 is not the OpenBLAS that it should be; install OpenBLAS 0.3.15 or newer (Debian: "
          + "libopenblas0-pthread), or choose --kernels simd")
      expectUnavailable(
        OneDNN.self, ["libc.so.6"],
        "the library libc.so.6 is not the oneDNN that it should be; install oneDNN 2 or 3 for OpenMP (Debian: libdnnl2 or "
          + "libdnnl3), or choose --kernels simd")
    }
  #endif

  @Test("the first library that can be used is taken", .enabled(if: hasOpenBLAS && hasOneDNN))
  func choice() throws {
    let openBLAS = try OpenBLAS.load(["libnone.so"] + OneDNN.fileNames + OpenBLAS.fileNames)
    #expect(openBLAS.description.hasPrefix("OpenBLAS 0."))
    let oneDNN = try OneDNN.load(["libnone.so"] + OpenBLAS.fileNames + OneDNN.fileNames)
    #expect(oneDNN.description.hasPrefix("oneDNN "))
  }

  private func expectUnavailable<Library: MatrixProductLibrary>(
    _ library: Library.Type, _ fileNames: [String], _ reason: String, sourceLocation: SourceLocation = #_sourceLocation
  ) {
    #expect(
      throws: KernelBackendError.unavailable(name: Library.backendName, reason: reason), sourceLocation: sourceLocation
    ) { try Library.load(fileNames) }
  }

  @Test(
    "OpenBLAS is taken from its first safe version on, with integers of 32 bits and locks",
    arguments: [
      ("OpenBLAS 0.3.21 NO_LAPACKE DYNAMIC_ARCH NO_AFFINITY Haswell MAX_THREADS=64", nil),
      ("OpenBLAS 0.3.15 Zen MAX_THREADS=2", nil),
      ("OpenBLAS 0.3.30.dev DYNAMIC_ARCH SkylakeX MAX_THREADS=64", nil),
      ("OpenBLAS 0.3.14 Haswell MAX_THREADS=64", "is OpenBLAS 0.3.14, which is too old"),
      ("OpenBLAS 0.2.20 Haswell MAX_THREADS=64", "is OpenBLAS 0.2.20, which is too old"),
      ("OpenBLAS 0.3.21 USE64BITINT Haswell MAX_THREADS=64", "was built for integers of 64 bits, not of 32"),
      ("OpenBLAS 0.3.21 Haswell SINGLE_THREADED", "was built for programs with a single thread"),
      ("NO_LAPACKE Haswell MAX_THREADS=64", "does not tell its version ('NO_LAPACKE Haswell MAX_THREADS=64')"),
      ("OpenBLAS", "does not tell its version ('OpenBLAS')"),
      ("", "does not tell its version ('')"),
    ] as [(String, String?)])
  func openBLASConfigurations(configuration: String, refusal: String?) {
    do throws(LibraryRefusal) {
      let version = try OpenBLAS.version(configuration: configuration, fileName: "libblas.so")
      #expect(refusal == nil)
      #expect(configuration.hasPrefix("OpenBLAS \(version)"))
    } catch {
      #expect(error.reason == refusal.map { "the library libblas.so \($0)" })
    }
  }

  @Test(
    "oneDNN is taken from version 2 on, if it can be kept to one thread",
    arguments: [
      (LibraryVersion(2, 0, 0), 2, true, nil), (LibraryVersion(3, 8, 1), 2, true, nil),
      (LibraryVersion(2, 6, 3), 1, false, nil), (LibraryVersion(2, 6, 3), 8, false, nil),
      (LibraryVersion(1, 96, 5), 2, true, "is oneDNN 1.96.5, which is too old"),
      (LibraryVersion(2, 6, 3), 2, false, "was built to start threads that cannot be turned off"),
      (LibraryVersion(2, 6, 3), 4, true, "was built to start threads that cannot be turned off"),
    ] as [(LibraryVersion, UInt32, Bool, String?)])
  func oneDNNVersions(version: LibraryVersion, runtime: UInt32, hasOpenMP: Bool, refusal: String?) {
    do throws(LibraryRefusal) {
      try OneDNN.check(version, runtime: runtime, hasOpenMP: hasOpenMP, fileName: "libdnnl.so")
      #expect(refusal == nil)
    } catch {
      #expect(error.reason == refusal.map { "the library libdnnl.so \($0)" })
    }
  }

  @Test("versions are ordered by their numbers, not by their digits")
  func versions() throws {
    let texts = ["0.2.20", "0.3.2", "0.3.15", "0.3.21.dev", "1.0.0", "10.0.0"]
    let versions = try texts.map { try #require(LibraryVersion($0)) }
    #expect(versions == versions.reversed().sorted())
    for text in ["", "1", "1.2", "1.2.x", "a.b.c", ".1.2.3"] { #expect(LibraryVersion(text) == nil) }
  }

  // MARK: What the library gets, and what it does not

  @Test("around a library that multiplies as the reference does, every product agrees with the oracle")
  func epilogues() throws {
    let backend = LibraryBackend(ReferenceLibrary(), otherwise: try KernelBackends.make(named: "simd"))
    for problem in [
      GEMM(m: 5, n: 7, k: 3), GEMM(m: 5, n: 7, k: 3, transposeA: true, transposeB: true, leadingDimensionC: 9),
      GEMM(m: 5, n: 7, k: 0), GEMM(m: 0, n: 7, k: 3), GEMM(m: 5, n: 0, k: 3),
      GEMM(m: 1, n: 20, k: 3, leadingDimensionA: 5, leadingDimensionB: 23, leadingDimensionC: 21),
    ] {
      for alpha: Float in [1, -0.5, 0] {
        for beta: Float in [0, 1, -0.5] {
          for biasAxis: Epilogue<Float>.BiasAxis? in [nil, .rows, .columns] {
            for activation: Activation? in [nil, .identity, .relu, .tanh] {
              let product = MatrixProductCase(
                problem: problem, alpha: alpha, beta: beta, biasAxis: biasAxis, activation: activation)
              do { try product.verify(backend) } catch { Issue.record("\(product): \(error)") }
            }
          }
        }
      }
    }
  }

  @Test("extents beyond the library's integers, no terms and α = 0 are not the library's")
  func exceptions() throws {
    let backend = LibraryBackend(ReferenceLibrary(), otherwise: try KernelBackends.make(named: "reference"))
    let values = Array(repeating: Float(1), count: 4 * ReferenceLibrary.largestExtent)
    var c: [Float] = [.nan, .nan]
    var workspace: Float = 0
    // The library traps where it is asked for one of these.
    for problem in [
      GEMM(m: 1, n: 1, k: ReferenceLibrary.largestExtent + 1),
      GEMM(m: 1, n: 2, k: 2, leadingDimensionB: ReferenceLibrary.largestExtent + 1), GEMM(m: 1, n: 2, k: 0),
    ] {
      backend.gemm(
        problem, alpha: 1, a: values, b: values, beta: 0, c: &c, epilogue: nil, workspace: &workspace)
      #expect(c[0] == Float(problem.k))
    }
    backend.gemm(
      GEMM(m: 1, n: 2, k: 1), alpha: 0, a: [.nan], b: values, beta: 0, c: &c, epilogue: nil, workspace: &workspace)
    #expect(c[0].isNaN, "0 · NaN is NaN")
  }

  // MARK: Threads

  #if os(Linux)
    @Test("many workers that multiply at once start no other threads", arguments: usable)
    func threads(name: String) async {
      await #expect(processExitsWith: .success) { [name] in
        // Far more than the checks below allow for.
        for variable in ["OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS"] { setenv(variable, "40", 1) }
        let before = threadCount()
        let kernels = try KernelBackends.make(named: name)
        let workers = 8
        let isDone = DispatchSemaphore(value: 0)
        let mayEnd = DispatchSemaphore(value: 0)
        for _ in 0..<workers {
          Thread.detachNewThread {
            let problem = GEMM(m: 200, n: 300, k: 100)
            let ones = Array(repeating: Float(1), count: 300 * 200)
            var c = ones
            var workspace = Array(repeating: Float(0), count: kernels.workspaceCount(for: problem))
            kernels.gemm(
              problem, alpha: 1, a: ones, b: ones, beta: 0, c: &c, epilogue: nil, workspace: &workspace)
            precondition(c.allSatisfy { $0 == 100 })
            isDone.signal()
            mayEnd.wait()
          }
        }
        for _ in 0..<workers { isDone.wait() }
        let started = threadCount() - before
        for _ in 0..<workers { mayEnd.signal() }
        // The process may have started a few of its own.
        #expect((workers...workers + 8).contains(started))
      }
    }
  #endif

  @Test(
    "OpenBLAS has one thread, even if the program had loaded it with more before", .enabled(if: hasOpenBLAS),
    arguments: [false, true])
  func threadsOfOpenBLAS(isLoadedBefore: Bool) async {
    await #expect(processExitsWith: .success) { [isLoadedBefore] in
      setenv("OPENBLAS_NUM_THREADS", "2", 1)
      func load() -> UnsafeMutableRawPointer? {
        OpenBLAS.fileNames.lazy.compactMap { dlopen($0, RTLD_NOW | RTLD_LOCAL) }.first
      }
      if isLoadedBefore { _ = load() }
      _ = try OpenBLAS.shared.get()
      let threads = try #require(dlsym(load(), "openblas_get_num_threads"))
      #expect(unsafeBitCast(threads, to: (@convention(c) () -> CInt).self)() == 1)
    }
  }

  @Test("the environment is the same after OpenBLAS was loaded", .enabled(if: hasOpenBLAS))
  func environment() async {
    await #expect(processExitsWith: .success) {
      setenv("OPENBLAS_NUM_THREADS", "3", 1)
      unsetenv("OPENBLAS_CORETYPE")
      _ = try OpenBLAS.shared.get()
      #expect(getenv("OPENBLAS_NUM_THREADS").map { String(cString: $0) } == "3")
      #expect(getenv("OPENBLAS_CORETYPE") == nil)
    }
    await #expect(processExitsWith: .success) {
      unsetenv("OPENBLAS_NUM_THREADS")
      setenv("OPENBLAS_CORETYPE", "Haswell", 1)
      _ = try OpenBLAS.shared.get()
      #expect(getenv("OPENBLAS_NUM_THREADS") == nil)
      #expect(getenv("OPENBLAS_CORETYPE").map { String(cString: $0) } == "Haswell")
    }
  }
}

/// A library that multiplies as the reference does, and insists on what it was promised.
private struct ReferenceLibrary: MatrixProductLibrary {
  static let backendName = "reference library"
  static let installation = "nothing"
  static let fileNames: [String] = []
  static let largestExtent = 30
  static let shared = Result<Self, KernelBackendError>.success(Self())
  let description = "the reference"

  init() {}

  init?(fileName: String) throws(LibraryRefusal) { return nil }

  func multiply(
    _ problem: GEMM, alpha: Float, a: UnsafePointer<Float>, b: UnsafePointer<Float>, beta: Float,
    c: UnsafeMutablePointer<Float>
  ) {
    let sizes = [
      problem.m, problem.n, problem.k, problem.leadingDimensionA, problem.leadingDimensionB, problem.leadingDimensionC,
    ]
    precondition(alpha != 0 && sizes.allSatisfy { (1...Self.largestExtent).contains($0) })
    var unused: Float = 0
    ReferenceBackend<Float>().gemm(
      problem, alpha: alpha, a: a, b: b, beta: beta, c: c, epilogue: nil, workspace: &unused)
  }
}

#if os(Linux)
  /// The number of threads of this process.
  private func threadCount() -> Int {
    (try? FileManager.default.contentsOfDirectory(atPath: "/proc/self/task"))?.count ?? 0
  }
#endif
