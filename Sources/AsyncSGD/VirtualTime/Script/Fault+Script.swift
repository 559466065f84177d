extension ScriptLine {
  /// Takes a fault: who, when, and what else belongs to it.
  mutating func fault(_ directive: String) throws(DescriptionError) -> Fault {
    let strikesPushes = directive == "lose" || directive == "duplicate"
    if strikesPushes { try expect("push", "of") }
    var workers: ClosedRange<Int>?
    let who = try word("'worker', 'workers' or 'all'")
    switch who {
    case "worker", "workers": workers = try self.workers(after: who)
    case "all": workers = nil
    default: throw error("'\(who)' stands where 'worker', 'workers' or 'all' was expected")
    }
    let trigger = try trigger(of: directive, strikesPushes: strikesPushes)
    return Fault(try kind(directive), workers: workers, trigger)
  }

  private mutating func trigger(
    of directive: String, strikesPushes: Bool
  ) throws(DescriptionError) -> Fault.Trigger {
    switch try word("'at', 'rate' or 'probability'") {
    case "at":
      guard take("update") else { return .time(try quantity(.duration, "time", positive: false)) }
      return .update(try integer("update", in: 0...Int(Int32.max)))
    case "rate":
      guard directive != "join" else { throw error("'rate' does not go with 'join': a worker joins once") }
      return .rate(try quantity(.rate, "rate"))
    case "probability":
      guard strikesPushes else { throw error("'probability' is of pushes: '\(directive)' has 'at' or 'rate'") }
      return .probability(try number("probability", "a number from 0 to 1") { (0...1).contains($0) })
    case let other:
      throw error("'\(other)' stands where 'at', 'rate' or 'probability' was expected")
    }
  }

  private mutating func kind(_ directive: String) throws(DescriptionError) -> Fault.Kind {
    switch directive {
    case "crash":
      guard take("restart") else { return .crash(restartAfter: nil) }
      try expect("after")
      return .crash(restartAfter: try quantity(.duration, "time", positive: false))
    case "pause":
      try expect("for")
      return .pause(seconds: try quantity(.duration, "time"))
    case "join": return .join
    case "lose":
      guard take("noticed") else { return .losePush(noticedAfter: 0) }
      try expect("after")
      return .losePush(noticedAfter: try quantity(.duration, "time", positive: false))
    default: return .duplicatePush
    }
  }
}

extension Fault: CustomStringConvertible {
  /// The line of a script that says the same.
  public var description: String {
    let duration = Quantity.duration
    let who = workers?.scriptText ?? "all"
    let when =
      switch trigger {
      case .time(let time): "at \(duration.text(time))"
      case .update(let update): "at update \(update)"
      case .rate(let rate): "rate \(Quantity.rate.text(rate))"
      case .probability(let probability): "probability \(Quantity.text(probability))"
      }
    switch kind {
    case .crash(nil): return "crash \(who) \(when)"
    case .crash(let delay?): return "crash \(who) \(when) restart after \(duration.text(delay))"
    case .pause(let seconds): return "pause \(who) \(when) for \(duration.text(seconds))"
    case .join: return "join \(who) \(when)"
    case .losePush(let delay):
      return "lose push of \(who) \(when)" + (delay > 0 ? " noticed after \(duration.text(delay))" : "")
    case .duplicatePush: return "duplicate push of \(who) \(when)"
    }
  }
}
