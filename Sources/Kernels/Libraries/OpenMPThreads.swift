/// The number of threads that OpenMP, the run time of some libraries, gives to the calling thread.
///
/// OpenMP keeps this number for each thread of the program: what the main thread sets does not hold for the workers.
/// Every worker would get as many helpers as there are cores. So the number is set for each call, on the thread that makes
/// it, and put back, in case that the program uses OpenMP for purposes of its own.
struct OpenMPThreads: Sendable {
  private let most: @convention(c) @Sendable () -> CInt
  private let set: @convention(c) @Sendable (CInt) -> Void

  /// Finds the functions of the OpenMP that `library` was linked with, or returns `nil` if it was linked with none.
  init?(of library: DynamicLibrary) {
    guard
      let most = library.function("omp_get_max_threads", as: (@convention(c) @Sendable () -> CInt).self),
      let set = library.function("omp_set_num_threads", as: (@convention(c) @Sendable (CInt) -> Void).self)
    else { return nil }
    self.most = most
    self.set = set
  }

  /// Calls `body` such that what it asks OpenMP to do is done by the calling thread alone.
  func withOneThread<Result>(_ body: () -> Result) -> Result {
    let threads = most()
    if threads == 1 { return body() }
    set(1)
    defer { set(threads) }
    return body()
  }
}
