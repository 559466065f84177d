/// A vector of state, laid out like the parameters and aligned to cache lines; at first zeros.
///
/// Whoever owns it is its only user.
final class StateVector {
  /// All elements.
  let elements: UnsafeMutableBufferPointer<Float>

  init(count: Int) {
    let memory = UnsafeMutableRawPointer.allocate(
      byteCount: max(1, count) * MemoryLayout<Float>.stride, alignment: 64
    ).bindMemory(to: Float.self, capacity: max(1, count))
    elements = UnsafeMutableBufferPointer(start: memory, count: count)
    elements.initialize(repeating: 0)
  }

  deinit {
    UnsafeMutableRawPointer(values).deallocate()
  }

  /// The first element.
  var values: UnsafeMutablePointer<Float> {
    guard let values = elements.baseAddress else { preconditionFailure("a vector of state without memory") }
    return values
  }
}
