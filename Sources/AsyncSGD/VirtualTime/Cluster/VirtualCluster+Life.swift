// The life of a worker, from one minibatch to the next.
extension VirtualCluster {
  /// Goes on with a worker whose event has come.
  mutating func carryOn(_ worker: Int) {
    switch workers[worker].phase {
    case .computing: computed(worker)
    case .sending: enterServer(worker)
    case .served: carryOutPush(worker)
    case .unaware: deal(worker, .pull)
    case .requesting: carryOutPull(worker)
    case .answered: arrived.append(worker)
    case .paused, .refreshing: makeReady(worker)
    case .down:
      strikes.restarts += 1
      rejoin(worker)
    case .retired, .ready, .waiting: preconditionFailure("an event of worker \(worker), which expects none")
    }
  }

  /// Deals with the answers that have arrived, and with all that comes of it at the same moment.
  mutating func settle() {
    while true {
      while dealt < arrived.count {
        let worker = arrived[dealt]
        dealt += 1
        // It may have crashed since.
        guard workers[worker].phase == .answered else { continue }
        deal(worker, trainee.resume(worker: worker))
        if isStopped { return }
      }
      arrived.removeAll(keepingCapacity: true)
      dealt = 0
      guard faults.isDue(at: trainee.version) else { return }
      while let fault = faults.nextDue(at: trainee.version) { strike(fault) }
    }
  }

  mutating func deal(_ worker: Int, _ dealing: VirtualDealing) {
    switch dealing {
    case .nothing:
      if workers[worker].isConcluding { retire(worker) } else { beginNext(worker) }
    case .push(let bytes, let pulls):
      workers[worker].pulls = pulls
      workers[worker].times.pushedAt = seconds
      workers[worker].pushes += 1
      let delay = links.isIdeal ? 0 : links.upload(bytes, from: worker)
      if delay > 0 {
        links.sent[worker] = bytes
        suspend(worker, .sending, for: delay)
      } else {
        if !links.isIdeal { links.sent[worker] = bytes }
        enterServer(worker)
      }
    case .pull:
      workers[worker].pulls = true
      let delay = links.isIdeal ? 0 : links.latency(of: worker)
      if delay > 0 { suspend(worker, .requesting, for: delay) } else { carryOutPull(worker) }
    }
  }

  mutating func beginNext(_ worker: Int) {
    if trainee.begin(worker: worker) {
      workers[worker].hasMinibatch = true
      drawDuration(worker)
      makeReady(worker)
    } else {
      isRunningOut = true
      workers[worker].isConcluding = true
      deal(worker, trainee.conclude(worker: worker))
    }
  }

  mutating func retire(_ worker: Int) {
    workers[worker].enter(.retired, at: seconds)
    active -= 1
    trainee.leave(worker: worker, at: seconds)
    noteReleased()
  }

  @inline(__always)
  mutating func suspend(_ worker: Int, _ phase: VirtualWorker.Phase, for delay: Double) {
    workers[worker].enter(phase, at: seconds)
    queue.schedule(worker, at: seconds + delay)
  }
}
