/// Each gradient is an update of its own, and nobody waits.
struct ImmediatePolicy: CoordinationPolicy {
  var gathering: Gathering { .single }

  mutating func receive(_ arrival: Arrival, from group: WorkerGroup) -> Verdict {
    Verdict(fate: arrival.isFinite ? .gather : .drop(.notFinite), completesUpdate: true)
  }
}
