/// The workers in the order of their latest pulls: a list through an array, so that a worker moves to its end at once.
struct PullOrder: Sendable {
  private struct Place: Sendable {
    var before: Int32 = -1
    var after: Int32 = -1
    var isListed = false
  }

  private var places: [Place]
  private var head: Int32 = -1
  private var tail: Int32 = -1

  /// Creates the order of `workers` workers, none of whom has pulled.
  init(workers: Int) {
    places = Array(repeating: Place(), count: workers)
  }

  /// The worker whose latest pull is the oldest.
  var first: Int? { head < 0 ? nil : Int(head) }

  /// Notes a pull.
  mutating func moveToEnd(_ worker: Int) {
    guard Int(tail) != worker else { return }
    remove(worker)
    places[worker] = Place(before: tail, after: -1, isListed: true)
    if tail >= 0 { places[Int(tail)].after = Int32(worker) } else { head = Int32(worker) }
    tail = Int32(worker)
  }

  /// Forgets a worker until it pulls again.
  mutating func remove(_ worker: Int) {
    let place = places[worker]
    guard place.isListed else { return }
    if place.before >= 0 { places[Int(place.before)].after = place.after } else { head = place.after }
    if place.after >= 0 { places[Int(place.after)].before = place.before } else { tail = place.before }
    places[worker] = Place()
  }
}
