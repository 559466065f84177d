internal import AsyncSGD

extension JSONObject {
  /// Workers whose staleness is listed one by one.
  private static let mostWorkersListed = 1024

  /// Adds the distribution of the staleness, overall and by worker, and what else was measured; nothing of what is not there.
  mutating func addAsynchrony(_ figures: RunFigures) {
    if !figures.stalenessBins.isEmpty { add("stalenessHistogram", figures.stalenessBins.map(Self.object)) }
    let workers = figures.stalenessByWorker
    if (1...Self.mostWorkersListed).contains(workers.count) {
      var object = JSONObject()
      object.add("mean", workers.map(\.mean))
      object.add("p50", workers.map(\.p50))
      object.add("p95", workers.map(\.p95))
      object.add("p99", workers.map(\.p99))
      object.add("max", workers.map(\.max))
      add("stalenessByWorker", object)
    }
    if let residual = figures.stalenessLawResidual { add("stalenessLawResidual", residual) }
    guard let observations = figures.observations else { return }
    add("versionGap", Self.object(observations.versionGap))
    add("parameterGap", Self.object(observations.gap))
    add("staleCosine", Self.object(observations.cosine))
    add("queueWaitSeconds", Self.object(observations.queueWait))
    add("serverOccupancy", observations.serverOccupancy)
  }

  /// A bin of a staleness histogram.
  static func object(_ bin: StalenessBin) -> JSONObject {
    var object = JSONObject()
    object.add("from", bin.lower)
    object.add("to", bin.upper)
    object.add("count", bin.count)
    return object
  }

  /// The staleness of many updates in five numbers.
  static func object(_ summary: StalenessSummary) -> JSONObject {
    var object = JSONObject()
    object.add("mean", summary.mean)
    object.add("p50", summary.p50)
    object.add("p95", summary.p95)
    object.add("p99", summary.p99)
    object.add("max", summary.max)
    return object
  }

  private static func object(_ histogram: StalenessHistogram) -> JSONObject {
    var object = JSONObject()
    object.add("samples", histogram.count)
    object.add("mean", histogram.mean)
    object.add("p50", histogram.quantile(0.5))
    object.add("p95", histogram.quantile(0.95))
    object.add("p99", histogram.quantile(0.99))
    object.add("max", histogram.max)
    return object
  }

  static func object(_ histogram: ValueHistogram) -> JSONObject {
    var object = JSONObject()
    object.add("samples", histogram.count)
    object.add("mean", histogram.mean)
    object.add("p50", histogram.quantile(0.5))
    object.add("p95", histogram.quantile(0.95))
    object.add("p99", histogram.quantile(0.99))
    object.add("min", histogram.least)
    object.add("max", histogram.largest)
    return object
  }
}
