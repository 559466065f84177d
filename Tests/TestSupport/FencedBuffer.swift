internal import Foundation

/// Which end of a ``FencedBuffer`` touches its fence.
public enum Fence: CaseIterable, Sendable {
  /// The first element is the first of its page, and the page before is fenced.
  case before
  /// The last element is the last of its page, and the page behind is fenced.
  case after
}

/// A buffer beside memory that must not be touched: reading or writing one element too far ends the process.
///
/// Guard bands find writes, and reads that reach a result. This finds reads whose value is thrown away, too. Use it
/// inside of an exit test, `#expect(processExitsWith: .success)`.
///
/// Not `Sendable`: one test owns it.
public final class FencedBuffer<Element: BitwiseCopyable> {
  /// The number of elements.
  public let count: Int
  /// The first element.
  public let pointer: UnsafeMutablePointer<Element>

  private let mapping: UnsafeMutableRawPointer
  private let mappingBytes: Int

  /// Creates a buffer of bytes 0x11, which are a small positive number in every element type.
  ///
  /// - Parameters:
  ///   - count: The number of elements, 0 included.
  ///   - fence: The end that touches the fence.
  public init(count: Int, fence: Fence) {
    precondition(count >= 0, "the count is \(count)")
    self.count = count
    let page = Int(sysconf(Int32(_SC_PAGESIZE)))
    let bytes = count * MemoryLayout<Element>.stride
    let pages = max(1, (bytes + page - 1) / page)
    mappingBytes = (pages + 2) * page
    let address = mmap(nil, mappingBytes, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANON, -1, 0)
    guard let address, address != MAP_FAILED else { fatalError("no memory for \(mappingBytes) bytes") }
    mapping = address
    let first = address + page
    let end = first + pages * page
    memset(first, 0x11, pages * page)
    precondition(mprotect(address, page, PROT_NONE) == 0 && mprotect(end, page, PROT_NONE) == 0)
    let start = fence == .before ? first : end - bytes
    pointer = start.bindMemory(to: Element.self, capacity: count)
  }

  /// Creates a buffer that holds `values`.
  ///
  /// - Parameters:
  ///   - values: The elements.
  ///   - fence: The end that touches the fence.
  public convenience init(_ values: [Element], fence: Fence) {
    self.init(count: values.count, fence: fence)
    for (index, value) in values.enumerated() { pointer[index] = value }
  }

  deinit {
    munmap(mapping, mappingBytes)
  }
}
