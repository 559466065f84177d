extension Actor {
  /// Runs `operation`, which captures nothing, on the actor that the caller is on already; allocates nothing.
  ///
  /// The standard `assumeIsolated(_:)` does the same for closures that capture, at the cost of two allocations a call.
  /// Like it, this relies on a function having the same representation with and without its isolation.
  nonisolated func assumeIsolated<Argument: AnyObject>(
    passing argument: Argument, _ operation: @escaping @Sendable (isolated Self, Argument) -> Void
  ) {
    preconditionIsolated()
    unsafeBitCast(operation, to: (@Sendable (Self, Argument) -> Void).self)(self, argument)
  }
}
