internal import Foundation
internal import Randomness
import Testing

@testable import AsyncSGD

@Suite("Compute-time models")
struct ComputeTimeModelTests {
  private static let count = 20_000

  /// Durations of one worker.
  private func draw(_ model: ComputeTimeModel, worker: Int = 3, seed: UInt64 = 5) -> [Double] {
    let sampler = DurationSampler(model, seed: seed)
    return (0..<Self.count).map { sampler.duration(worker: worker, step: $0) }
  }

  /// Models of unit mean with their distribution functions.
  private static let distributions: [(ComputeTimeModel, @Sendable (Double) -> Double)] = [
    (ComputeTimeModel(.exponential, mean: 1), { 1 - exp(-$0) }),
    (ComputeTimeModel(.shiftedExponential(shift: 0.25), mean: 1), { 1 - exp(-max(0, $0 - 0.25) / 0.75) }),
    (ComputeTimeModel(.gamma(shape: 32), mean: 1), { SpecialFunctions.regularizedGamma(32, 32 * $0) }),
    (ComputeTimeModel(.gamma(shape: 1), mean: 1), { 1 - exp(-$0) }),
    (ComputeTimeModel(.gamma(shape: 0.5), mean: 1), { erf(($0 / 2).squareRoot()) }),
    (
      ComputeTimeModel(.logNormal(cv: 0.8), mean: 1),
      { x in
        let variance = log(1.64)
        return SpecialFunctions.normal((log(x) + variance / 2) / variance.squareRoot())
      }
    ),
    (ComputeTimeModel(.pareto(shape: 2.5), mean: 1), { 1 - pow(0.6 / max($0, 0.6), 2.5) }),
  ]

  @Test("durations have the distribution of their family (Kolmogorov–Smirnov)", arguments: 0..<7)
  func distribution(index: Int) {
    let (model, function) = Self.distributions[index]
    let values = draw(model).sorted()
    let n = Double(values.count)
    let distance = values.enumerated().map { index, value in
      let expected = function(value)
      return max(Double(index + 1) / n - expected, expected - Double(index) / n)
    }.max()
    // 1.95/√n is exceeded once in 1,000; the seed is fixed.
    #expect(distance ?? 1 < 1.95 / n.squareRoot())
  }

  @Test("the mean is the model's, whatever the family", arguments: Timing.families)
  func mean(model: ComputeTimeModel) {
    let values = draw(model)
    // Without a variance, means converge at no rate that four sigmas could bound.
    guard model.coefficientOfVariation < .infinity else { return }
    let mean = values.reduce(0, +) / Double(values.count)
    let tolerance = 4.5 * model.coefficientOfVariation / Double(values.count).squareRoot() + 1e-12
    #expect(abs(mean / model.mean - 1) <= tolerance)
  }

  @Test("a duration depends on seed, worker and step, and on nothing else")
  func keys() {
    let model = ComputeTimeModel.standard
    let sampler = DurationSampler(model, seed: 5)
    let value = sampler.duration(worker: 3, step: 9)
    #expect(sampler.duration(worker: 3, step: 9) == value)
    #expect(sampler.duration(worker: 4, step: 9) != value)
    #expect(sampler.duration(worker: 3, step: 10) != value)
    #expect(DurationSampler(model, seed: 6).duration(worker: 3, step: 9) != value)
    #expect(DurationSampler(model, seed: 5, purpose: .serviceTime).duration(worker: 3, step: 9) != value)
  }

  @Test("measured durations are drawn from the worker's own, scaled to the mean")
  func measured() {
    let durations = MeasuredDurations(byWorker: [[1, 2], [], [5]])
    let own = ComputeTimeModel(.measured(durations))
    #expect(own.mean == (1 + 2 + 1 + 2 + 5 + 5) / 6.0)
    #expect(Set(draw(own, worker: 0)) == [1, 2])
    #expect(Set(draw(own, worker: 1)) == [1, 2, 5])
    #expect(Set(draw(own, worker: 2)) == [5])
    #expect(Set(draw(own, worker: 3)) == [1, 2])
    let scaled = ComputeTimeModel(.measured(MeasuredDurations([1, 3])), mean: 0.5)
    #expect(Set(draw(scaled)) == [0.25, 0.75])
  }

  @Test("workers without durations of their own share those of all, and cost nothing")
  func sparse() throws {
    let rows = (0..<2000).map { "\($0 % 3),0.0\(1 + $0 % 9)\n" }.joined()
    let model = try ComputeTimeModel(parsing: "t.csv") { _ in Array("worker,s\n\(rows)999999,5\n".utf8) }
    guard case .measured(let durations) = model.family else {
      Issue.record("\(model.family)")
      return
    }
    // A copy for each of a million workers would be 16 GB.
    #expect(durations.values.count == 2001 && durations.ranges.count == 1_000_000)
    #expect(Set(draw(model, worker: 999_999)) == [5])
    #expect(Set(draw(model, worker: 500)).count >= 9)
  }

  @Test("equal contents have equal hashes; other durations and other workers have others")
  func contentHash() {
    let hash = MeasuredDurations(byWorker: [[1, 2], [3]], source: "a").contentHash
    #expect(MeasuredDurations(byWorker: [[1, 2], [3]], source: "b").contentHash == hash)
    let others: [[[Double]]] = [[[1], [2, 3]], [[2, 1], [3]], [[3], [1, 2]], [[1, 2, 3]], [[1, 2], [3], []]]
    for other in others {
      #expect(MeasuredDurations(byWorker: other, source: "a").contentHash != hash)
    }
  }

  @Test("the default shape gives the staleness of the measured traces")
  func standardShape() {
    // Eight workers, as many updates as the traces have three times over; 21 traces of shared memory have variances of 2.0
    // to 3.1, p95 of 8 to 10 and p99 of 9 to 12.
    let report = Timing.report(workers: 8, minibatches: 30_000, cluster: ClusterDescription())
    let histogram = report.staleness
    let square = (0...histogram.max).reduce(0.0) { $0 + Double(histogram[$1]) * pow(Double($1) - histogram.mean, 2) }
    #expect((2.0...3.1).contains(square / Double(histogram.count)))
    #expect((8...10).contains(histogram.quantile(0.95)))
    #expect((9...12).contains(histogram.quantile(0.99)))
  }

  @Test(
    "texts mean models",
    arguments: [
      ("gamma", ComputeTimeModel.standard),
      ("gamma:shape=25,mean=2ms", ComputeTimeModel(.gamma(shape: 25), mean: 0.002)),
      ("constant:mean=5ms", ComputeTimeModel(.constant, mean: 0.005)),
      ("exponential", ComputeTimeModel(.exponential)),
      ("lognormal:cv=0.5", ComputeTimeModel(.logNormal(cv: 0.5))),
      ("pareto:shape=2.5", ComputeTimeModel(.pareto(shape: 2.5))),
      ("shifted-exponential:shift=0.75,mean=1.5s", ComputeTimeModel(.shiftedExponential(shift: 0.75), mean: 1.5)),
    ])
  func parse(text: String, model: ComputeTimeModel) throws {
    #expect(try ComputeTimeModel(parsing: text) == model)
  }

  @Test("every model's description means the same model")
  func roundTrip() throws {
    let file = Array("0.005\n0.01\n0.02\n".utf8)
    var models = Timing.families.dropLast() + [ComputeTimeModel(.gamma(shape: 1 / 3.0), mean: 1 / 7.0)]
    models.append(try ComputeTimeModel(parsing: "a.csv:unit=ms,mean=2ms") { _ in file })
    models.append(try ComputeTimeModel(parsing: "a.csv") { _ in file })
    for model in models {
      #expect(try ComputeTimeModel(parsing: model.description) { _ in file } == model)
    }
  }

  @Test(
    "texts that mean nothing say what would",
    arguments: [
      ("gama", "'gama' is no compute-time model: choose constant, exponential, gamma,"),
      ("gamma:shape=0", "'0' is no shape of gamma: it is a number from 0.001 to 1e12"),
      ("gamma:cv=1", "'gamma' has no 'cv': it has shape and mean"),
      ("gamma:mean=10", "'10' is no mean: it is a duration above 0 with its unit, such as 10ms"),
      ("gamma:mean=0s", "'0s' is no mean"),
      ("pareto:shape=1", "'1' is no shape of pareto: it is a number above 1"),
      ("constant:5ms", "'5ms' in 'constant:5ms' is no setting: write it as KEY=VALUE"),
      ("gamma:mean=1s,mean=2s", "'mean' is given twice"),
      ("shifted-exponential:shift=2", "'2' is no shift of shifted-exponential: it is a share from 0 to 1"),
      ("gamma:shape=nan", "'nan' is no shape of gamma"),
      ("no/such.csv", "'no/such.csv' cannot be read"),
    ])
  func parseErrors(text: String, message: String) {
    let error = #expect(throws: DescriptionError.self) { try ComputeTimeModel(parsing: text) }
    #expect(error?.message.contains(message) == true, "\(error?.message ?? "")")
  }

  @Test(
    "files of durations: one number a line, or a column",
    arguments: [
      ("times.csv", "1\n2\n\n# a comment\n3\n", [[1.0, 2, 3]]),
      ("times.csv:unit=ms", "1\n2\n", [[0.001, 0.002]]),
      ("times.csv", "seconds\n1\r\n2", [[1, 2]]),
      ("times.csv:column=b", "a,b\n9,1\n9, 2 \n", [[1, 2]]),
      ("times.csv", "worker,seconds\n1,5\n0,3\n1,6\n", [[3], [5, 6]]),
    ])
  func files(text: String, content: String, byWorker: [[Double]]) throws {
    let model = try ComputeTimeModel(parsing: text) { _ in Array(content.utf8) }
    let source = text
    #expect(model.family == .measured(MeasuredDurations(byWorker: byWorker, source: source)))
  }

  @Test(
    "files that hold no durations are refused with the line",
    arguments: [
      ("t.csv", "1\nx\n", "'x' in line 2 of 't.csv' is no duration above 0"),
      ("t.csv", "1\n-2\n", "'-2' in line 2"),
      ("t.csv", "1\ninf\n", "'inf' in line 2"),
      (
        "t.csv", "1\n1e300\n", "line 2 of 't.csv': '1e300' is too large for a duration: a duration is from 1ns to 8760h"
      ),
      ("t.csv:unit=ns", "0.1\n", "line 1 of 't.csv': '0.1' is too small for a duration"),
      ("t.csv:mean=300000000h", "1\n", "'300000000h' is too large for a mean: a duration is from 1ns to 8760h"),
      ("t.csv", "", "'t.csv' holds no durations"),
      ("t.csv", "1,2\n", "'t.csv' has 2 columns without names"),
      ("t.csv", "a,b\n1,2\n", "say which with column=NAME, one of a, b"),
      ("t.csv:column=c", "a,b\n1,2\n", "'t.csv' has no column 'c': line 1 names a, b"),
      ("t.csv:unit=days", "1\n", "'days' is no unit of durations"),
      ("t.csv", "worker,s\nx,2\n", "line 2 of 't.csv' names no worker"),
    ])
  func fileErrors(text: String, content: String, message: String) {
    let error = #expect(throws: DescriptionError.self) {
      try ComputeTimeModel(parsing: text) { _ in Array(content.utf8) }
    }
    #expect(error?.message.contains(message) == true, "\(error?.message ?? "")")
  }

  @Test("times of a recording have the same limits")
  func recordedTimes() throws {
    for (microseconds, isValid) in [(1 << 44, true), (1 << 50, false)] {
      let place = RecordingPlace()
      let writer = try RecordingWriter(
        path: place.path, header: SampleRecording.header(workers: 1), watchesClock: false)
      writer.record(.begin(workers: 0..<1, pulling: 0..<0))
      writer.record(
        .push(
          RecordedPush(
            worker: 0, baseVersion: 0, version: 0, minibatches: [0], fate: .applied, loss: 0, pulledAt: 0, startedAt: 0,
            pushedAt: microseconds, arrivedAt: microseconds)))
      try writer.close()
      do {
        let model = try ComputeTimeModel(parsing: place.path + ".asgd") { _ in try place.bytes() }
        #expect(isValid && model.mean == Double(microseconds) * 1e-6)
      } catch {
        #expect(!isValid && error.message.contains("is too large for a duration"), "\(error)")
      }
    }
  }

  @Test("special functions against values of tables")
  func specialFunctions() {
    // P(1, x) = 1 − e^−x; P(½, x) = erf √x; P(3, 2.5) = 1 − e^−2.5·(1 + 2.5 + 3.125); ψ(1) = −γ, ψ(½) = −γ − 2 ln 2.
    for x in [0.01, 0.5, 1, 3, 20, 80] {
      #expect(abs(SpecialFunctions.regularizedGamma(1, x) - (1 - exp(-x))) < 1e-13)
      #expect(abs(SpecialFunctions.regularizedGamma(0.5, x) - erf(x.squareRoot())) < 1e-13)
    }
    #expect(abs(SpecialFunctions.regularizedGamma(3, 2.5) - (1 - exp(-2.5) * 6.625)) < 1e-13)
    let euler = 0.577_215_664_901_532_9
    #expect(abs(SpecialFunctions.digamma(1) + euler) < 1e-12)
    #expect(abs(SpecialFunctions.digamma(0.5) + euler + 2 * log(2)) < 1e-12)
    #expect(abs(SpecialFunctions.normal(1.959_963_984_540_054) - 0.975) < 1e-13)
  }
}
