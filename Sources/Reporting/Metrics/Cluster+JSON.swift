internal import AsyncSGD

extension JSONObject {
  /// Workers whose utilization is listed one by one.
  private static let mostWorkersListed = 1024

  /// Creates the last line of a run without gradients: the fields of a run with them, but for those that gradients make.
  init(_ report: TimingReport, of run: RunDescription) {
    self.init()
    add("event", "final")
    add("outcome", report.isInterrupted ? "interrupted" : report.isDeserted ? "deserted" : "completed")
    add("timingOnly", true)
    add("epoch", report.epochs)
    add("virtualSeconds", report.seconds)
    add("updates", report.updates)
    add("minibatches", report.minibatches)
    add("staleness", Self.object(report.staleness.summary))
    var dropped = JSONObject()
    for reason in DropReason.allCases where reason != .stopped {
      dropped.add(reason.rawValue, report.drops[reason] ?? 0)
    }
    add("dropped", dropped)
    add("abandoned", report.abandoned)
    add("workers", run.workers)
    add("mode", run.mode)
    add("model", run.model)
    add("dataset", run.dataset)
    add("parameters", run.parameters)
    add("stalenessHistogram", report.staleness.bins().map(Self.object))
    if let residual = report.stalenessLawResidual { add("stalenessLawResidual", residual) }
    add("queueWaitSeconds", Self.object(report.server.queueWait))
    add("serverOccupancy", report.cluster.serverOccupancy)
    add(report.cluster)
    add(report.faults)
  }

  /// Adds what an emulated cluster's time went into, in virtual seconds of all workers together.
  mutating func add(_ cluster: ClusterFigures) {
    let usage = cluster.usage
    var object = JSONObject()
    object.add("events", cluster.events)
    object.add("utilization", cluster.utilization)
    var seconds = JSONObject()
    seconds.add("computing", usage.computing)
    seconds.add("waitingForOthers", usage.waiting)
    seconds.add("dealingWithServer", usage.dealing)
    seconds.add("waitingForCore", usage.queueing)
    seconds.add("paused", usage.paused)
    seconds.add("down", usage.down)
    seconds.add("withoutMinibatch", usage.retired)
    object.add("workerSeconds", seconds)
    object.add("waitsForOthers", usage.waits)
    object.add("serverArrivals", cluster.server.arrivals)
    object.add("serverBusySeconds", cluster.server.busy)
    if cluster.usageByWorker.count <= Self.mostWorkersListed {
      object.add("utilizationByWorker", cluster.usageByWorker.map(\.utilization))
    }
    add("cluster", object)
  }

  /// Adds how many faults struck, by kind.
  mutating func add(_ faults: FaultCounts) {
    var object = JSONObject()
    object.add("crashes", faults.crashes)
    object.add("restarts", faults.restarts)
    object.add("joins", faults.joins)
    object.add("pauses", faults.pauses)
    object.add("lostPushes", faults.lostPushes)
    object.add("duplicatedPushes", faults.duplicatedPushes)
    add("faults", object)
  }

  /// Adds the fields of a fault that struck a live run.
  mutating func add(_ notice: FaultNotice) {
    add("fault", notice.kind.rawValue)
    add("worker", notice.worker)
    add("update", notice.update)
    add("seconds", notice.seconds)
    add("durationSeconds", notice.duration)
  }
}
