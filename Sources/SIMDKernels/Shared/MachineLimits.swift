internal import KernelInterface
internal import VectorIntrinsics

/// Probes of the machine's limits, compiled for one instruction set.
package struct SIMDLimitProbe: LimitProbe {
  /// Creates the probe.
  package init() {}

  /// The instruction set that this module was compiled for.
  package var instructionSet: String { ISA_NAME }

  /// A multiplication and an addition for each lane of each chain.
  package var operationsPerIteration: Int { 12 * 2 * Int(LANE_COUNT) }

  /// Runs twelve chains: more than the units of any core times their latency, and few enough for 16 registers.
  package func multiplyAdd(iterations: Int, factor: Float, term: Float) -> Float {
    let factor = lanes_broadcast(factor)
    let term = lanes_broadcast(term)
    // Every chain has a name and starts from a value of its own: the compiler would keep an array in memory, and merge
    // equal chains into one.
    var x1 = lanes_broadcast(1)
    var x2 = lanes_broadcast(2)
    var x3 = lanes_broadcast(3)
    var x4 = lanes_broadcast(4)
    var x5 = lanes_broadcast(5)
    var x6 = lanes_broadcast(6)
    var x7 = lanes_broadcast(7)
    var x8 = lanes_broadcast(8)
    var x9 = lanes_broadcast(9)
    var x10 = lanes_broadcast(10)
    var x11 = lanes_broadcast(11)
    var x12 = lanes_broadcast(12)
    var left = iterations
    while left > 0 {
      x1 = lanes_multiply_add(term, x1, factor)
      x2 = lanes_multiply_add(term, x2, factor)
      x3 = lanes_multiply_add(term, x3, factor)
      x4 = lanes_multiply_add(term, x4, factor)
      x5 = lanes_multiply_add(term, x5, factor)
      x6 = lanes_multiply_add(term, x6, factor)
      x7 = lanes_multiply_add(term, x7, factor)
      x8 = lanes_multiply_add(term, x8, factor)
      x9 = lanes_multiply_add(term, x9, factor)
      x10 = lanes_multiply_add(term, x10, factor)
      x11 = lanes_multiply_add(term, x11, factor)
      x12 = lanes_multiply_add(term, x12, factor)
      left &-= 1
    }
    return
      (lanes_sum(x1) + lanes_sum(x2) + lanes_sum(x3) + lanes_sum(x4))
      + (lanes_sum(x5) + lanes_sum(x6) + lanes_sum(x7) + lanes_sum(x8))
      + (lanes_sum(x9) + lanes_sum(x10) + lanes_sum(x11) + lanes_sum(x12))
  }

  /// Computes target[i] ← a[i] + factor·b[i] with ordinary stores, as the kernels do.
  package func triad(
    count: Int, a: UnsafePointer<Float>, factor: Float, b: UnsafePointer<Float>, target: UnsafeMutablePointer<Float>
  ) {
    let factors = lanes_broadcast(factor)
    let width = Int(LANE_COUNT)
    var index = 0
    while index &+ width <= count {
      lanes_store(target + index, lanes_multiply_add(lanes_load(a + index), factors, lanes_load(b + index)))
      index &+= width
    }
    while index < count {
      target[index] = a[index] + factor * b[index]
      index &+= 1
    }
  }
}
