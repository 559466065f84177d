/// A vector of state, laid out like the parameters and aligned to cache lines; at first zeros.
///
/// Whoever owns it is its only user.
final class StateVector {
  /// All elements.
  let elements: UnsafeMutableBufferPointer<Float>
  private let memory: VectorMemory

  init(count: Int) {
    memory = VectorMemory(count: count)
    elements = UnsafeMutableBufferPointer(start: memory.values, count: count)
    elements.initialize(repeating: 0)
  }

  deinit {
    memory.deallocate()
  }

  /// The first element.
  var values: UnsafeMutablePointer<Float> { memory.values }
}
