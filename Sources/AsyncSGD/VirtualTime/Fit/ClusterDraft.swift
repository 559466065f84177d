/// The clusters that may have made some timings: see ``ClusterFit``.
struct ClusterDraft {
  /// Shapes of gamma distributions from exponential to nearly constant.
  private static let shapes: [Double] = [1, 2, 4, 8, 16, 32, 64, 128, 256, 1024]
  /// Times of service below this are no more than the clock can tell.
  private static let leastService = 2e-6
  /// A worker is of another speed if its mean differs by this share at least, and by more than chance does.
  private static let leastDifference = 0.1

  /// How the families fit the times.
  let computeFits: [DurationFit]
  let serviceFits: [DurationFit]
  /// The candidates, those that assume least first.
  private(set) var clusters: [(structure: ClusterFit.Structure, cluster: ClusterDescription)] = []

  /// Drafts the candidates.
  init(_ timings: RunTimings, workers: Int) {
    let means = (0..<workers).compactMap { timings.meanThinking(of: $0) }
    let mean = means.reduce(0, +) / Double(means.count)
    let slowness = (0..<workers).map { Self.slowness(of: $0, timings, mean: mean) }
    let classes = slowness.enumerated().compactMap { worker, slowness in
      slowness == 1
        ? nil : ClusterDescription.WorkerClass(workers: worker...worker, speed: Self.rounded(1 / slowness))
    }
    let normalized = zip(timings.thinking, slowness).map { times, slowness in times.map { $0 / slowness } }
    let thinking = normalized.flatMap(\.self)
    let meanThinking = thinking.reduce(0, +) / Double(thinking.count)
    computeFits = DurationFit.fits(to: thinking)
    let served = timings.service.filter { $0 > 0 }
    let hasServer = timings.meanService >= Self.leastService && !served.isEmpty
    serviceFits = hasServer ? DurationFit.fits(to: served) : []

    let meanService = Self.rounded(timings.meanService)
    let services: [ComputeTimeModel?] =
      hasServer
      ? [ComputeTimeModel(.constant, mean: meanService), ComputeTimeModel(.exponential, mean: meanService)] : [nil]
    func add(
      _ structure: ClusterFit.Structure, _ compute: ComputeTimeModel, _ service: ComputeTimeModel? = nil,
      cores: Int? = nil
    ) {
      clusters.append(
        (
          structure,
          ClusterDescription(
            compute: compute, network: NetworkModel(service: service), cores: cores.map { .init($0) },
            classes: classes)
        ))
    }
    let family = ComputeTimeModel(computeFits[0].model.family, mean: Self.rounded(computeFits[0].model.mean))
    add(.fitted, family, serviceFits.first.map { ComputeTimeModel($0.model.family, mean: meanService) })
    let measuredService = hasServer ? ComputeTimeModel(.measured(MeasuredDurations(served)), mean: meanService) : nil
    add(.measured, ComputeTimeModel(.measured(MeasuredDurations(thinking))), measuredService)
    for shape in Self.shapes {
      for service in services {
        add(.server, ComputeTimeModel(.gamma(shape: shape), mean: Self.rounded(meanThinking)), service)
      }
    }
    // From here on what a push takes all in all is known, and not what it is made of.
    let perMinibatch = timings.secondsPerPush / timings.minibatchesPerPush
    // Slow workers push less often: cycles are as long as that of a worker of speed 1.
    let share = slowness.reduce(0) { $0 + 1 / $1 }
    for shape in Self.shapes {
      add(.independent, ComputeTimeModel(.gamma(shape: shape), mean: Self.rounded(perMinibatch * share)))
    }
    for cores in 1..<min(workers, 5) where workers > 1 {
      for shape in Self.shapes {
        add(
          .cores, ComputeTimeModel(.gamma(shape: shape), mean: Self.rounded(perMinibatch * Double(cores))), cores: cores
        )
      }
    }
  }

  /// How much longer a worker thinks than the mean, 1 if the difference may be chance.
  private static func slowness(of worker: Int, _ timings: RunTimings, mean: Double) -> Double {
    let times = timings.thinking[worker]
    guard times.count > 1, let own = timings.meanThinking(of: worker) else { return 1 }
    let variance = times.reduce(0) { $0 + ($1 - own) * ($1 - own) } / Double(times.count - 1)
    let error = (variance / Double(times.count)).squareRoot()
    let isOther = abs(own - mean) > max(4.5 * error, leastDifference * mean)
    return isOther ? own / mean : 1
  }

  /// Returns a number with four digits: the measurement is no better, and scripts are easier to read.
  private static func rounded(_ value: Double) -> Double {
    guard value > 0, value.isFinite else { return value }
    var scale = 1.0
    while value * scale < 1000 { scale *= 10 }
    while value * scale >= 10_000 { scale /= 10 }
    return (value * scale).rounded() / scale
  }
}
