internal import Foundation
internal import Randomness
import Testing

@testable import AsyncSGD

/// Keeps the pushes of a timing-only run as a recording has them.
private struct RecordedTiming: VirtualTrainee {
  var base: TimingTrainee
  var events: [RecordedEvent] = []
  private var times = VirtualPushTimes()

  init(_ base: TimingTrainee) { self.base = base }

  mutating func begin(worker: Int) -> Bool { base.begin(worker: worker) }
  mutating func finish(worker: Int) -> VirtualDealing { base.finish(worker: worker) }
  mutating func conclude(worker: Int) -> VirtualDealing { base.conclude(worker: worker) }
  mutating func willPush(worker: Int, times: VirtualPushTimes) { self.times = times }
  mutating func push(worker: Int, at seconds: Double) -> VirtualAnswer {
    let microseconds = { (seconds: Double) in Int((seconds * 1e6).rounded()) }
    events.append(
      .push(
        RecordedPush(
          worker: worker, baseVersion: base.pulledVersion(of: worker), version: base.version,
          minibatches: [events.count],
          fate: .applied, loss: 0, pulledAt: microseconds(times.pulledAt), startedAt: microseconds(times.startedAt),
          pushedAt: microseconds(times.pushedAt), arrivedAt: microseconds(seconds))))
    return base.push(worker: worker, at: seconds)
  }
  mutating func pull(worker: Int, at seconds: Double) { base.pull(worker: worker, at: seconds) }
  mutating func restart(worker: Int, at seconds: Double) { base.restart(worker: worker, at: seconds) }
  mutating func resume(worker: Int) -> VirtualDealing { base.resume(worker: worker) }
  mutating func leave(worker: Int, at seconds: Double) { base.leave(worker: worker, at: seconds) }
  mutating func join(worker: Int, at seconds: Double) { base.join(worker: worker, at: seconds) }
  mutating func crash(worker: Int, at seconds: Double) { base.crash(worker: worker, at: seconds) }
  mutating func losePush(worker: Int, at seconds: Double) { base.losePush(worker: worker, at: seconds) }
  mutating func pushFirstOfTwo(worker: Int, at seconds: Double) -> Bool {
    base.pushFirstOfTwo(worker: worker, at: seconds)
  }
  var released: [Int] { base.released }
  var oldestWanted: Int { base.oldestWanted }
  var version: Int { base.version }
  func pulledVersion(of worker: Int) -> Int { base.pulledVersion(of: worker) }
  var pullBytes: Int { base.pullBytes }
}

@Suite("Fits of clusters")
struct ClusterFitTests {
  /// The events of a run in virtual time, as a live run would have recorded them.
  private func events(
    _ configuration: TrainingConfiguration, _ cluster: ClusterDescription, minibatches: Int
  ) -> [RecordedEvent] {
    var trainee = RecordedTiming(TimingTrainee(configuration, minibatches: minibatches, parameters: 1))
    let workers = 0..<configuration.workers
    trainee.base.begin(
      EpochStretch(minibatches: 0..<minibatches, workers: workers, joining: 0..<0), epochStart: 0)
    var run = VirtualCluster(cluster, workers: configuration.workers, seed: 77, trainee: trainee)
    run.begin(workers: workers)
    run.run()
    return [.begin(workers: workers, pulling: 0..<0)] + run.trainee.events
  }

  private func configuration(_ mode: CoordinationMode = .async, workers: Int = 8) -> TrainingConfiguration {
    TrainingConfiguration(workers: workers, mode: mode, epochs: 1, batchSize: 1, learningRate: 0.1)
  }

  @Test(
    "the fit of a simulated run has its staleness, whatever the cluster",
    arguments: [
      "compute gamma:shape=32,mean=10ms",
      "compute exponential:mean=10ms",
      "compute lognormal:cv=0.5,mean=20ms\nservice constant:mean=1ms",
      "compute gamma:shape=4,mean=7ms\nservice constant:mean=2400us",
      "compute gamma:shape=8,mean=1ms\ncores 2",
      "compute constant:mean=500us\ncores 2",
      "compute gamma:shape=16,mean=5ms\nstraggler worker 3 factor 5",
      "compute pareto:shape=2,mean=10ms",
    ])
  func staleness(script: String) throws {
    let cluster = try ClusterDescription(script: script)
    let fit = try ClusterFit(events(configuration(), cluster, minibatches: 3000), of: configuration())
    #expect(fit.best.distance <= 0.05, "\(fit.best.structure) \(fit.best.cluster)")
    // Where threads take turns, virtual time goes as fast as the run did.
    #expect(abs(fit.best.secondsPerPush / fit.timings.secondsPerPush - 1) < 0.1)
    // A fit that draws from what was measured has no text of its own; every other one reads back.
    if fit.best.structure != .measured {
      #expect(try ClusterDescription(script: fit.best.cluster.description) == fit.best.cluster)
    }
  }

  @Test(
    "the script of a fit, simulated again, has the distance that is reported, and so if it draws from measured times")
  func script() throws {
    // Two kinds of times, which no family has.
    let times = (0..<200).map { (index: Int) -> Double in
      let time = 0.002 + 1e-6 * Double(index % 7)
      return index % 5 == 0 ? time + 0.04 : time
    }
    let cluster = ClusterDescription(
      compute: ComputeTimeModel(.measured(MeasuredDurations(times))),
      network: NetworkModel(service: ComputeTimeModel(.constant, mean: 1e-4)))
    let fit = try ClusterFit(events(configuration(), cluster, minibatches: 3000), of: configuration())
    try #require(fit.best.structure == .measured)
    #expect(FittedScript(fit.best, path: nil) == nil)
    for candidate in fit.candidates where candidate.structure != .independent {
      let fitted = try #require(FittedScript(candidate, path: "c.txt"))
      #expect(
        fitted.files.map(\.path)
          == (candidate.structure == .measured ? ["c.txt.compute.csv", "c.txt.service.csv"] : []))
      let read = try ClusterDescription(script: fitted.text) { path in
        fitted.files.first { $0.path == path }.map { Array($0.text.utf8) } ?? []
      }
      let again = Rehearsal(fit.timings, configuration()).candidate(candidate.structure, read)
      #expect(again.distance == candidate.distance && again.secondsPerPush == candidate.secondsPerPush)
    }
  }

  @Test("a script cannot name every file", arguments: [("a.csv", true), ("a b", false), ("a#", false), ("a:b", false)])
  func names(path: String, canBeNamed: Bool) {
    #expect(FittedScript.canName(path) == canBeNamed)
  }

  @Test("a straggler is found, and only it")
  func straggler() throws {
    let cluster = try ClusterDescription(script: "compute gamma:shape=32,mean=4ms\nstraggler worker 5 factor 8")
    let fit = try ClusterFit(events(configuration(), cluster, minibatches: 4000), of: configuration())
    let classes = fit.best.cluster.classes
    let speeds = (0..<8).map { fit.best.cluster.speed(of: $0) }
    #expect(!classes.isEmpty)
    // The others' speeds may be stated relative to the mean, but are the same.
    for worker in [0, 1, 2, 3, 4, 6, 7] { #expect(abs(speeds[worker] / speeds[5] - 8) < 0.8) }
  }

  @Test("without a barrier between them, thinking times are those that were drawn")
  func timings() throws {
    let cluster = try ClusterDescription(script: "compute constant:mean=3ms\nservice constant:mean=1ms")
    let timings = RunTimings(
      events(configuration(workers: 2), cluster, minibatches: 100), of: configuration(workers: 2))
    #expect(timings.pushes == 100)
    #expect(timings.thinking.flatMap(\.self).allSatisfy { abs($0 - 0.003) < 2e-6 })
    #expect(timings.service.allSatisfy { abs($0 - 0.001) < 2e-6 })
    #expect(abs(timings.secondsPerPush - 0.002) < 1e-4)
  }

  @Test("with a barrier, waiting is no thinking")
  func barrier() throws {
    let cluster = try ClusterDescription(script: "compute constant:mean=3ms\nworker 0 speed 0.5")
    let setting = configuration(.sync, workers: 2)
    let timings = RunTimings(events(setting, cluster, minibatches: 100), of: setting)
    #expect(timings.thinking[0].allSatisfy { abs($0 - 0.006) < 2e-6 })
    #expect(timings.thinking[1].allSatisfy { abs($0 - 0.003) < 2e-6 })
  }

  @Test("the halves of a recording are compared with each other")
  func halves() {
    func timings(_ staleness: [Int]) -> RunTimings {
      let events = staleness.enumerated().map { version, staleness in
        RecordedEvent.push(
          SampleRecording.push(
            worker: 0, base: version - staleness, version: version, minibatches: [version], at: 1_000 * (version + 1)))
      }
      return RunTimings(events, of: configuration(workers: 2))
    }
    #expect(timings([]).halvesDistance == nil && timings([0]).halvesDistance == nil)
    #expect(timings([0, 0, 0, 1, 1, 1]).halvesDistance == 1)
    #expect(timings([0, 1, 0, 1]).halvesDistance == 0)
    #expect(timings([0, 0, 0, 1, 0, 1, 0, 1]).halvesDistance == 0.25)
    // What cannot be has no place in a histogram.
    #expect(timings([0, 0, 1 << 40, 1]).staleness.count == 3)
  }

  @Test("durations that differ in their last bits have a fit, and it is a number")
  func lastBits() {
    for least in [1e-6, 0.01, 1, 1.8e11] {
      for fit in DurationFit.fits(to: [least, least, least.nextUp, least.nextUp.nextUp]) {
        #expect(abs(fit.model.mean / least - 1) < 1e-9 && fit.distance.isFinite, "\(fit)")
      }
    }
  }

  @Test("a recording that is too short is refused")
  func tooShort() throws {
    let events = events(configuration(workers: 2), ClusterDescription(), minibatches: 20)
    #expect(throws: FitError.tooShort(cycles: 18)) { try ClusterFit(events, of: configuration(workers: 2)) }
  }

  @Test(
    "durations are fitted by the family that made them, with its numbers",
    arguments: [
      ComputeTimeModel(.exponential, mean: 0.02), ComputeTimeModel(.gamma(shape: 5), mean: 0.02),
      ComputeTimeModel(.logNormal(cv: 0.7), mean: 0.02), ComputeTimeModel(.pareto(shape: 3), mean: 0.02),
      ComputeTimeModel(.shiftedExponential(shift: 0.6), mean: 0.02), ComputeTimeModel(.constant, mean: 0.02),
    ])
  func families(model: ComputeTimeModel) throws {
    let sampler = DurationSampler(model, seed: 3, purpose: .testing)
    let count = 20_000
    let fits = DurationFit.fits(to: (0..<count).map { sampler.duration(worker: 0, step: $0) })
    // Fitted numbers make the distance smaller than that of the true ones; 1.95/√n is exceeded once in 1,000.
    let own = try #require(fits.first { Self.isSameFamily($0.model.family, model.family) })
    #expect(own.distance < 1.95 / Double(count).squareRoot())
    // Gamma and shifted exponential have the exponential among them, and may be nearer to what it made.
    if model.family != .exponential { #expect(Self.isSameFamily(fits[0].model.family, model.family)) }
    // The mean of n durations; of a Pareto's, whose shape is estimated, with the error of 1/√n in the shape.
    #expect(
      abs(own.model.mean / model.mean - 1) < 4.5 * model.coefficientOfVariation * 1.5 / Double(count).squareRoot()
        + 1e-12)
    switch (own.model.family, model.family) {
    case (.gamma(let fitted), .gamma(let shape)), (.pareto(let fitted), .pareto(let shape)),
      (.logNormal(let fitted), .logNormal(let shape)),
      (.shiftedExponential(let fitted), .shiftedExponential(let shape)):
      // Standard errors of these estimates are at most 2/√n of the value.
      #expect(abs(fitted / shape - 1) < 9 / Double(count).squareRoot())
    default: break
    }
  }

  private static func isSameFamily(_ a: ComputeTimeModel.Family, _ b: ComputeTimeModel.Family) -> Bool {
    switch (a, b) {
    case (.constant, .constant), (.exponential, .exponential), (.gamma, .gamma), (.logNormal, .logNormal),
      (.pareto, .pareto), (.shiftedExponential, .shiftedExponential), (.measured, .measured):
      true
    default: false
    }
  }

  @Test("distances between histograms are the largest difference of their distribution functions")
  func histogramDistance() {
    func histogram(_ values: Int...) -> StalenessHistogram {
      var histogram = StalenessHistogram()
      for value in values { histogram.record(value) }
      return histogram
    }
    #expect(histogram(1, 2, 3, 4).distance(to: histogram(1, 2, 3, 4)) == 0)
    #expect(histogram(0).distance(to: histogram(5)) == 1)
    #expect(histogram(1, 1, 2, 2).distance(to: histogram(1, 2)) == 0)
    #expect(histogram(0, 0, 0, 4).distance(to: histogram(0, 4)) == 0.25)
  }
}
