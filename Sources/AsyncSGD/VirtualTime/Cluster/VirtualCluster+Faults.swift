// Faults.
extension VirtualCluster {
  mutating func strike(slot: Int) {
    let (fault, next) = faults.strike(slot: slot, at: seconds)
    if let next { queue.schedule(workers.count + slot, at: next) }
    strike(fault)
  }

  mutating func strike(_ fault: FaultPlan.Strike) {
    for worker in fault.workers {
      switch fault.kind {
      case .crash(let delay): crash(worker, restartAfter: delay)
      case .pause(let duration): pause(worker, duration)
      case .join:
        guard workers[worker].phase == .down, faults.join(worker) else { continue }
        strikes.joins += 1
        rejoin(worker)
      case .losePush(let delay): workers[worker].losesPush = delay
      case .duplicatePush: workers[worker].duplicatesPush = true
      }
    }
  }

  mutating func crash(_ worker: Int, restartAfter delay: Double?) {
    let phase = workers[worker].phase
    guard phase != .down else { return }
    strikes.crashes += 1
    queue.cancel(worker)
    if phase == .ready { runQueue.remove(worker) }
    workers[worker].enter(.down, at: seconds)
    workers[worker].hasMinibatch = false
    workers[worker].hasStarted = false
    workers[worker].isSecondArrival = false
    workers[worker].isConcluding = false
    workers[worker].hasLostParameters = true
    workers[worker].pausedUntil = seconds
    if stopsCalculations { pullOrder.remove(worker) }
    if phase == .computing { freeCore() }
    trainee.crash(worker: worker, at: seconds)
    if phase != .retired {
      active -= 1
      trainee.leave(worker: worker, at: seconds)
      noteReleased()
      if stopsCalculations { restartUnwanted() }
    }
    if let delay {
      returning += 1
      queue.schedule(worker, at: seconds + delay)
    }
  }

  /// Lets a worker that is down take part again, or for the first time.
  mutating func rejoin(_ worker: Int) {
    returning -= 1
    guard stretch.contains(worker) else {
      workers[worker].enter(.retired, at: seconds)
      return
    }
    active += 1
    workers[worker].hasLostParameters = false
    trainee.join(worker: worker, at: seconds)
    notePull(worker)
    let delay = links.isIdeal ? 0 : links.download(trainee.pullBytes, to: worker, at: seconds)
    if delay > 0 { suspend(worker, .refreshing, for: delay) } else { beginNext(worker) }
  }

  mutating func pause(_ worker: Int, _ duration: Double) {
    let phase = workers[worker].phase
    guard phase != .down, phase != .retired else { return }
    strikes.pauses += 1
    trainee.pause(worker: worker, at: seconds, duration: duration)
    workers[worker].pausedUntil = max(workers[worker].pausedUntil, seconds) + duration
    switch phase {
    case .computing:
      // What is left of the calculation comes after the pause; its core is free until then.
      workers[worker].remaining -= seconds - workers[worker].since
      suspend(worker, .paused, for: workers[worker].pausedUntil - seconds)
      freeCore()
    case .ready:
      runQueue.remove(worker)
      suspend(worker, .paused, for: workers[worker].pausedUntil - seconds)
    case .paused:
      queue.schedule(worker, at: workers[worker].pausedUntil)
    default:
      // Messages go their way; it computes when the pause is over.
      break
    }
  }
}
