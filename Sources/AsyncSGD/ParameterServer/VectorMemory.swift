internal import Synchronization

/// Memory of a vector of floats, aligned to cache lines.
///
/// An update walks through up to eight vectors side by side. Allocators begin every large piece of memory at the same
/// place of a page, and then elements with the same index are at addresses that differ in the upper bits only: they compete
/// for the few ways of one set of the first-level cache, and the processor takes a load from one vector for a load of what
/// it has just stored to another. So each vector begins at another place of its page, which saves a rule with three vectors
/// of its own a third of the time (measured on Zen 4, with vectors that fit in the second cache).
package struct VectorMemory: @unchecked Sendable {  // an address; what is there belongs to the owner
  /// The first element.
  package let values: UnsafeMutablePointer<Float>
  private let base: UnsafeMutableRawPointer

  private static let line = 64
  private static let linesOfPage = 64
  /// Lines from the place of one vector to that of the next: 64 in a row have places of their own, and those of nine in a
  /// row are 7 lines apart or more.
  private static let stride = 7
  private static let allocated = Atomic(0)

  /// Allocates memory of `count` elements, with undefined contents.
  package init(count: Int) {
    let number = Self.allocated.add(1, ordering: .relaxed).oldValue
    let place = number * Self.stride % Self.linesOfPage * Self.line
    let count = max(1, count)
    base = .allocate(
      byteCount: place + count * MemoryLayout<Float>.stride, alignment: Self.linesOfPage * Self.line)
    values = (base + place).bindMemory(to: Float.self, capacity: count)
  }

  /// Frees the memory.
  package func deallocate() { base.deallocate() }
}
