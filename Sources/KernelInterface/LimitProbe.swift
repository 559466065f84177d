/// Work that runs at a limit of the machine, for one instruction set: the yardstick of benchmarks.
package protocol LimitProbe: Sendable {
  /// The instruction set that the code was compiled for, as of ``KernelBackend/instructionSet``.
  var instructionSet: String { get }

  /// The floating-point operations of one iteration of ``multiplyAdd(iterations:factor:term:)``.
  var operationsPerIteration: Int { get }

  /// Runs multiplications and additions that stay in registers and do not wait for one another.
  ///
  /// Each chain of x ← factor·x + term starts from a value of its own.
  ///
  /// - Parameters:
  ///   - iterations: Steps of each chain.
  ///   - factor: Between 0 and 1, so that the values stay normal numbers.
  ///   - term: Any number above 0.
  /// - Returns: The sum of all values, which depends on everything that was computed.
  func multiplyAdd(iterations: Int, factor: Float, term: Float) -> Float

  /// Computes target[i] ← a[i] + factor·b[i]: two streams read, one written.
  ///
  /// Sources: the triad of STREAM, McCalpin, "Memory Bandwidth and Machine Balance in Current High Performance
  /// Computers", IEEE TCCA Newsletter, 1995.
  func triad(
    count: Int, a: UnsafePointer<Float>, factor: Float, b: UnsafePointer<Float>, target: UnsafeMutablePointer<Float>)
}
