internal import AsyncSGD

/// Floats that a benchmark works on, aligned to cache lines and never 0.
final class FloatBuffer: @unchecked Sendable {  // each user says which thread writes to it
  var values: UnsafeMutablePointer<Float> { memory.values }
  let count: Int
  private let memory: VectorMemory

  /// Creates `count` numbers between −1 and 1, none nearer to 0 than 2⁻¹⁶, so that products stay normal numbers.
  init(_ count: Int) {
    self.count = count
    memory = VectorMemory(count: count)
    var state: UInt32 = 0x9E37_79B9
    for index in 0..<count {
      // Numerical Recipes' generator: any will do, and this one takes a nanosecond a number.
      state = state &* 1_664_525 &+ 1_013_904_223
      values[index] = (Float(state >> 16) - 32_767.5) / 32_768
    }
  }

  deinit {
    memory.deallocate()
  }

  /// The numbers, to be read.
  var input: UnsafePointer<Float> { UnsafePointer(values) }
}
