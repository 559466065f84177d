// Calculations: who computes when, and who begins anew.
extension VirtualCluster {
  @inline(__always)
  mutating func drawDuration(_ worker: Int) {
    let step = workers[worker].calculations
    workers[worker].calculations = step + 1
    workers[worker].remaining = workers[worker].slowness * computeTimes.duration(worker: worker, step: step)
  }

  /// Lets a worker compute as soon as it is not paused and has a core.
  mutating func makeReady(_ worker: Int) {
    if workers[worker].pausedUntil > seconds {
      suspend(worker, .paused, for: workers[worker].pausedUntil - seconds)
    } else if !workers[worker].hasMinibatch {
      beginNext(worker)
    } else if !sharesCores {
      compute(worker)
    } else if freeCores > 0 {
      freeCores -= 1
      compute(worker)
    } else {
      workers[worker].enter(.ready, at: seconds)
      runQueue.append(worker)
    }
  }

  /// Lets a worker compute that has a core.
  mutating func compute(_ worker: Int) {
    if stopsCalculations, trainee.pulledVersion(of: worker) < trainee.oldestWanted {
      let delay = restart(worker)
      if delay > 0 {
        suspend(worker, .refreshing, for: delay)
        freeCore()
        return
      }
    }
    if !workers[worker].hasStarted {
      workers[worker].hasStarted = true
      workers[worker].times.startedAt = seconds
    }
    workers[worker].enter(.computing, at: seconds)
    let sequence = queue.schedule(worker, at: seconds + min(workers[worker].remaining, slice))
    trainee.willFinish(worker: worker, at: seconds + workers[worker].remaining, sequence: sequence)
  }

  /// Ends a calculation, or a slice of it.
  mutating func computed(_ worker: Int) {
    if workers[worker].remaining > slice {
      workers[worker].remaining -= slice
      if runQueue.count > 0 {
        workers[worker].enter(.ready, at: seconds)
        runQueue.append(worker)
        freeCore()
      } else {
        compute(worker)
      }
      return
    }
    workers[worker].hasMinibatch = false
    if sharesCores {
      // Before its worker queues up again.
      workers[worker].enter(.answered, at: seconds)
      freeCore()
    }
    deal(worker, trainee.finish(worker: worker))
  }

  /// Gives a core to the worker that has waited longest.
  mutating func freeCore() {
    guard sharesCores else { return }
    if let next = runQueue.removeFirst() { compute(next) } else { freeCores += 1 }
  }

  /// Lets a worker give up its calculation for the latest parameters; returns how long they are under way.
  mutating func restart(_ worker: Int) -> Double {
    trainee.restart(worker: worker, at: seconds)
    notePull(worker)
    drawDuration(worker)
    workers[worker].hasStarted = false
    return links.isIdeal ? 0 : links.download(trainee.pullBytes, to: worker, at: seconds)
  }

  /// Restarts all calculations that are not wanted any more.
  mutating func restartUnwanted() {
    let oldest = trainee.oldestWanted
    guard oldest > oldestWanted else { return }
    oldestWanted = oldest
    while let worker = pullOrder.first, trainee.pulledVersion(of: worker) < oldest {
      pullOrder.remove(worker)
      switch workers[worker].phase {
      case .computing:
        let delay = restart(worker)
        if delay > 0 {
          suspend(worker, .refreshing, for: delay)
          freeCore()
        } else {
          compute(worker)
        }
      case .ready, .paused:
        // The parameters are there before it computes.
        _ = restart(worker)
      default:
        // Whatever is on its way is not stopped; a worker that is to compute with it looks once more.
        break
      }
    }
  }
}
