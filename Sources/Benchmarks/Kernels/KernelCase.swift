internal import Kernels

/// One problem for the kernels, to be solved by each backend in turn.
struct KernelCase {
  /// Makes a backend work on the problem's buffers.
  typealias Bind = (any KernelBackend<Float>) -> Work

  /// What is measured; its backend and figures come later.
  let record: BenchmarkRecord
  /// Floating-point operations of a call, or `nil` where they are not what limits it.
  let operations: Double?
  /// Bytes that a call reads and writes at least, or `nil` where they are not what limits it.
  let bytes: Double?
  /// Allocates the buffers, which live as long as what is returned.
  let prepare: () -> Bind

  /// Creates a problem that arithmetic limits.
  init(_ record: BenchmarkRecord, operations: Double, prepare: @escaping () -> Bind) {
    self.record = record
    self.operations = operations
    bytes = nil
    self.prepare = prepare
  }

  /// Creates a problem that memory limits.
  init(_ record: BenchmarkRecord, bytes: Double, prepare: @escaping () -> Bind) {
    self.record = record
    operations = nil
    self.bytes = bytes
    self.prepare = prepare
  }
}
