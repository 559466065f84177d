public import AsyncSGD

/// Several observers as one: each is told about every event, in their order.
public struct ObserverGroup: TrainingObserver {
  private let observers: [any TrainingObserver]

  /// Creates a group.
  public init(_ observers: [any TrainingObserver]) {
    self.observers = observers
  }

  /// Tells all observers about `event`.
  public func observe(_ event: TrainingEvent) {
    for observer in observers { observer.observe(event) }
  }
}
