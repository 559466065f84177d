public import Kernels

/// How much memory a compiled layer needs, for any minibatch up to its capacity.
public struct MemoryNeeds: Hashable, Sendable {
  /// Scalars that must last from the forward pass to the backward pass.
  public var kept: Int
  /// Bytes that must last from the forward pass to the backward pass.
  public var keptBytes: Int
  /// Scalars of workspace, free for others between any two calls.
  public var workspace: Int

  /// Creates needs.
  public init(kept: Int = 0, keptBytes: Int = 0, workspace: Int = 0) {
    self.kept = kept
    self.keptBytes = keptBytes
    self.workspace = workspace
  }
}

/// The memory of one layer: three pieces of what ``MemoryNeeds`` asks for, each aligned to a cache line.
public struct LayerMemory<Scalar: KernelScalar> {
  /// Scalars that last from the forward pass to the backward pass.
  public var kept: UnsafeMutablePointer<Scalar>
  /// Bytes that last from the forward pass to the backward pass.
  public var keptBytes: UnsafeMutablePointer<UInt8>
  /// Scratch space, undefined at the start of every call.
  public var workspace: UnsafeMutablePointer<Scalar>

  /// Creates memory of these pieces.
  public init(
    kept: UnsafeMutablePointer<Scalar>, keptBytes: UnsafeMutablePointer<UInt8>,
    workspace: UnsafeMutablePointer<Scalar>
  ) {
    self.kept = kept
    self.keptBytes = keptBytes
    self.workspace = workspace
  }
}

/// The alignment of every piece of memory, in bytes: a cache line, and the widest vector.
let cacheLineBytes = 64

/// Returns `count` rounded up so that the piece after `count` elements of `type` starts on a cache line.
func aligned<Element>(_ count: Int, of type: Element.Type) -> Int {
  let lineCount = cacheLineBytes / MemoryLayout<Element>.stride
  return (count + lineCount - 1) / lineCount * lineCount
}
