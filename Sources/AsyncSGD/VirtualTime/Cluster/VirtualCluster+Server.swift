// What happens at the server, and the messages to and from it.
extension VirtualCluster {
  mutating func enterServer(_ worker: Int) {
    server.arrivals += 1
    var free = seconds
    if !links.isIdeal { free = links.uplink(links.sent[worker], at: seconds) }
    if let serviceTimes {
      let start = max(free, links.serverFree)
      let duration = serviceTimes.duration(worker: 0, step: server.arrivals)
      server.queueWait.record(start - seconds)
      server.busy += duration
      links.serverFree = start + duration
      workers[worker].times.arrivedAt = start
      suspend(worker, .served, for: start + duration - seconds)
    } else if free > seconds {
      server.queueWait.record(free - seconds)
      workers[worker].times.arrivedAt = free
      suspend(worker, .served, for: free - seconds)
    } else {
      workers[worker].times.arrivedAt = seconds
      carryOutPush(worker)
    }
  }

  mutating func carryOutPush(_ worker: Int) {
    trainee.willPush(worker: worker, times: workers[worker].times)
    workers[worker].hasStarted = false
    if faults.strikesPushes, !workers[worker].isSecondArrival {
      if let delay = faults.losesPush(worker, &workers[worker]) {
        losePush(worker, noticedAfter: delay)
        return
      }
      if faults.duplicatesPush(worker, &workers[worker]) {
        duplicatePush(worker)
        return
      }
    }
    workers[worker].isSecondArrival = false
    switch trainee.push(worker: worker, at: seconds) {
    case .proceed:
      if workers[worker].pulls { notePull(worker) }
      answer(worker)
    case .wait:
      wait(worker)
    case .stopped:
      isStopped = true
      return
    }
    noteReleased()
    if stopsCalculations { restartUnwanted() }
  }

  mutating func carryOutPull(_ worker: Int) {
    trainee.pull(worker: worker, at: seconds)
    notePull(worker)
    answer(worker)
  }

  mutating func losePush(_ worker: Int, noticedAfter delay: Double) {
    strikes.lostPushes += 1
    trainee.losePush(worker: worker, at: seconds)
    if delay > 0 { suspend(worker, .unaware, for: delay) } else { deal(worker, .pull) }
  }

  mutating func duplicatePush(_ worker: Int) {
    strikes.duplicatedPushes += 1
    if trainee.pushFirstOfTwo(worker: worker, at: seconds) {
      workers[worker].isSecondArrival = true
      noteReleased()
      if stopsCalculations { restartUnwanted() }
      enterServer(worker)
    } else if trainee.hasStopped {
      isStopped = true
    } else {
      wait(worker)
      noteReleased()
      if stopsCalculations { restartUnwanted() }
    }
  }

  mutating func wait(_ worker: Int) {
    workers[worker].usage.waits += 1
    workers[worker].enter(.waiting, at: seconds)
  }

  mutating func notePull(_ worker: Int) {
    workers[worker].times.pulledAt = seconds
    if stopsCalculations { pullOrder.moveToEnd(worker) }
  }

  /// Sends the server's answer to a worker.
  mutating func answer(_ worker: Int) {
    let bytes = workers[worker].pulls ? trainee.pullBytes : 0
    let delay = links.isIdeal ? 0 : links.download(bytes, to: worker, at: seconds)
    if delay > 0 {
      suspend(worker, .answered, for: delay)
    } else {
      workers[worker].enter(.answered, at: seconds)
      arrived.append(worker)
    }
  }

  /// Sends their answers to the workers that were let go.
  mutating func noteReleased() {
    guard !trainee.released.isEmpty else { return }
    for worker in trainee.released where workers[worker].phase == .waiting {
      if workers[worker].pulls { notePull(worker) }
      answer(worker)
    }
  }
}
