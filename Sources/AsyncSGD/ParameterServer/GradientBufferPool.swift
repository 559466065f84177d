internal import Dispatch

/// One flat gradient, laid out like the parameters.
///
/// A buffer has one owner at a time: the pool, then a worker that fills it, then the server until it is applied.
public final class GradientBuffer: @unchecked Sendable {  // handed over whole; see above
  /// The gradient, `count` elements.
  public var values: UnsafeMutablePointer<Float> { memory.values }
  /// The number of parameters.
  public let count: Int
  private let memory: VectorMemory

  /// Creates a gradient of zeros.
  public init(count: Int) {
    self.count = count
    memory = VectorMemory(count: count)
    values.initialize(repeating: 0, count: max(1, count))
  }

  /// Creates a gradient with undefined contents.
  init(uninitialized count: Int) {
    self.count = count
    memory = VectorMemory(count: count)
  }

  deinit {
    memory.deallocate()
  }
}

/// A fixed number of recycled gradient buffers, which bounds how many gradients are in flight.
final class GradientBufferPool: @unchecked Sendable {  // `free` is protected by `lock`
  private let lock = Lock()
  private let available: DispatchSemaphore
  private var free: [GradientBuffer]

  init(buffers: Int, count: Int) {
    // What is in them is undefined, so the memory of a buffer that is never used is never touched.
    free = (0..<buffers).map { _ in GradientBuffer(uninitialized: count) }
    // Counted up, not created with its value: Dispatch traps where a semaphore dies with less than it was created with,
    // and a pool may die while buffers are in flight.
    available = DispatchSemaphore(value: 0)
    for _ in 0..<buffers { available.signal() }
  }

  /// Takes a buffer with undefined contents; blocks while all of them are in flight.
  func take() -> GradientBuffer {
    available.wait()
    return lock.withLock { free.removeLast() }
  }

  /// Gives a buffer back, to be taken next: it is the likeliest to be in a cache.
  func give(_ buffer: GradientBuffer) {
    lock.withLock { free.append(buffer) }
    available.signal()
  }
}
