internal import Foundation
import Testing

@testable import AsyncSGD

/// Runs in virtual time against what is known in closed form.
@Suite("Virtual time: closed forms")
struct TimingTests {
  @Test("async: the law is exact, so the mean staleness is n − 1 but for the ends", arguments: Timing.families)
  func meanStaleness(model: ComputeTimeModel) {
    let (workers, updates) = (8, 20_000)
    let report = Timing.report(
      workers: workers, minibatches: updates, cluster: ClusterDescription(compute: model))
    #expect(report.updates == updates)
    #expect(report.stalenessLawResidual == 0)
    // Σ τ = (n − 1)·T − Σ age, and no snapshot is older than from one pull to the end of the run.
    let missing = Double(workers - 1) - report.staleness.mean
    #expect(missing >= 0)
    #expect(missing <= Double(workers * (report.staleness.max + workers)) / Double(updates))
  }

  @Test("constant times: all gradients have staleness n − 1, but for one each of the first turn")
  func constantStaleness() {
    let report = Timing.report(
      workers: 5, minibatches: 500, cluster: ClusterDescription(compute: ComputeTimeModel(.constant)))
    for staleness in 0..<4 { #expect(report.staleness[staleness] == 1) }
    #expect(report.staleness[4] == 496)
    #expect(abs(report.seconds - 1) < 1e-12)
    #expect(abs(report.utilization - 1) < 1e-12)
  }

  @Test("exponential times: every update is anybody's, so staleness is geometric", arguments: [2, 8, 100])
  func geometricStaleness(workers: Int) {
    let updates = 100_000
    let report = Timing.report(
      workers: workers, minibatches: updates, cluster: ClusterDescription(compute: ComputeTimeModel(.exponential)))
    // P(τ > k) = (1 − 1/n)^(k + 1): the next k + 1 updates are others'.
    var (largest, count) = (0.0, 0)
    for staleness in 0...report.staleness.max {
      count += report.staleness[staleness]
      let expected = 1 - pow(1 - 1 / Double(workers), Double(staleness + 1))
      largest = max(largest, abs(Double(count) / Double(updates) - expected))
    }
    // 1.95/√T is exceeded once in 1,000 by independent values; those of the first and the last turn are cut off.
    #expect(largest < 1.95 / Double(updates).squareRoot() + 2 * Double(workers) / Double(updates))
  }

  @Test("sync: a round takes the longest of n times: m·H_n if they are exponential", arguments: [1, 2, 8, 32])
  func exponentialBarrier(workers: Int) {
    let rounds = 4000
    let report = Timing.report(
      PolicyCase(.sync), workers: workers, minibatches: rounds * workers,
      cluster: ClusterDescription(compute: ComputeTimeModel(.exponential, mean: 0.01)))
    let inverses = (1...workers).map { 1 / Double($0) }
    let mean = 0.01 * inverses.reduce(0, +)
    let deviation = 0.01 * inverses.reduce(0) { $0 + $1 * $1 }.squareRoot()
    #expect(report.updates == rounds)
    // Four and a half standard errors of the mean.
    #expect(abs(report.seconds / Double(rounds) - mean) < 4.5 * deviation / Double(rounds).squareRoot())
    // What does not compute waits.
    #expect(abs(report.usage.waiting + report.usage.computing + report.usage.retired - report.usage.total) < 1e-6)
    let share = 0.01 / mean
    #expect(abs(report.utilization - share) < 4.5 * (deviation / mean + 1) / Double(rounds).squareRoot())
    #expect(report.stalenessLawResidual == 0)
  }

  @Test("sync with constant times costs no more than the times")
  func constantBarrier() {
    let report = Timing.report(
      PolicyCase(.sync), workers: 7, minibatches: 700,
      cluster: ClusterDescription(compute: ComputeTimeModel(.constant, mean: 0.25)))
    #expect(report.seconds == 25)
    #expect(report.usage.waiting == 0)
    #expect(report.staleness.max == 0)
  }

  @Test("sync: a round of gamma times takes the integral of 1 − Fⁿ", arguments: [2.0, 32])
  func gammaBarrier(shape: Double) {
    let (workers, rounds) = (8, 4000)
    let report = Timing.report(
      PolicyCase(.sync), workers: workers, minibatches: rounds * workers,
      cluster: ClusterDescription(compute: ComputeTimeModel(.gamma(shape: shape), mean: 1)))
    // E[max] = ∫ (1 − Fⁿ), E[max²] = ∫ 2x·(1 − Fⁿ), by the midpoint rule.
    let step = 1e-3
    var (mean, square) = (0.0, 0.0)
    for index in 0..<20_000 {
      let x = (Double(index) + 0.5) * step
      let beyond = 1 - pow(SpecialFunctions.regularizedGamma(shape, shape * x), Double(workers))
      mean += beyond * step
      square += 2 * x * beyond * step
    }
    let deviation = (square - mean * mean).squareRoot()
    #expect(abs(report.seconds / Double(rounds) - mean) < 4.5 * deviation / Double(rounds).squareRoot() + 1e-4)
  }

  @Test("exponential times and an exponential server: the machine repairman (M/M/1//N)", arguments: [1, 4, 20])
  func machineRepairman(workers: Int) {
    let (compute, service, seeds) = (0.010, 0.002, 20)
    let cluster = ClusterDescription(
      compute: ComputeTimeModel(.exponential, mean: compute),
      network: NetworkModel(service: ComputeTimeModel(.exponential, mean: service)))
    // p₀ = 1 / Σ N!/(N − k)! · (service/compute)^k
    var (term, sum) = (1.0, 1.0)
    for k in 1...workers {
      term *= Double(workers - k + 1) * service / compute
      sum += term
    }
    let occupancy = 1 - 1 / sum
    let throughput = occupancy / service
    let reports = (1...seeds).map {
      Timing.report(workers: workers, minibatches: 4000, cluster: cluster, seed: UInt64($0))
    }
    expectMean(reports.map(\.serverOccupancy), occupancy, bias: Double(workers) / 4000)
    expectMean(reports.map(\.updatesPerSecond), throughput, bias: throughput * Double(workers) / 4000)
    // Little's law at the server: the workers that do not compute are there.
    let there = Double(workers) - throughput * compute
    expectMean(
      reports.map { ($0.server.queueWait.sum + $0.server.busy) / $0.seconds }, there,
      bias: (there + Double(workers)) * Double(workers) / 4000)
  }

  /// The mean of independent runs is within 4.5 standard errors, and the bias of a finite run, of what is expected.
  private func expectMean(_ values: [Double], _ expected: Double, bias: Double) {
    let mean = values.reduce(0, +) / Double(values.count)
    let variance = values.reduce(0) { $0 + ($1 - mean) * ($1 - mean) } / Double(values.count - 1)
    #expect(abs(mean - expected) <= 4.5 * (variance / Double(values.count)).squareRoot() + bias)
  }

  @Test("a run that the clock cannot count ends before its end, and says so")
  func overdue() {
    // The server works for a year on each push; 2^53 microseconds are 285.6 of these years.
    let cluster = ClusterDescription(network: NetworkModel(service: ComputeTimeModel(.constant, mean: 31_536_000)))
    let report = Timing.report(workers: 400, minibatches: 400, cluster: cluster, epochs: 2)
    #expect(report.isOverdue && report.updates == 285)
    #expect(report.seconds <= 0x1p53 / 1e6)
    #expect(!Timing.report(workers: 200, minibatches: 200, cluster: cluster).isOverdue)
  }

  @Test("one core: workers take turns, and nothing is gained by more of them")
  func oneCore() {
    let report = Timing.report(
      workers: 6, minibatches: 600,
      cluster: ClusterDescription(compute: ComputeTimeModel(.constant, mean: 0.5), cores: .init(1)))
    #expect(report.seconds == 300)
    #expect(report.staleness[5] == 595)
    // One of six computes, but for the last turn.
    #expect(abs(report.utilization - 1.0 / 6) < 1e-9)
  }

  @Test("time slices of one core share it, whatever the calculations take")
  func slices() {
    let cluster = ClusterDescription(
      compute: ComputeTimeModel(.constant, mean: 1), cores: .init(1, slice: 0.25),
      classes: [.init(workers: 0...0, speed: 0.5)])
    // Three workers that need 2, 1 and 1: with a quarter each in turn, worker 1 is done at 2.75, worker 2 at 3.
    let report = Timing.report(workers: 3, minibatches: 3, cluster: cluster)
    #expect(report.seconds == 4)
    #expect(report.usageByWorker.map(\.computing) == [2, 1, 1])
    #expect(report.usageByWorker.map(\.queueing) == [2, 1.75, 2])
  }

  @Test("speeds divide the work")
  func speeds() {
    let report = Timing.report(
      workers: 2, minibatches: 500,
      cluster: ClusterDescription(
        compute: ComputeTimeModel(.constant, mean: 1), classes: [.init(workers: 1...1, speed: 0.25)]))
    // In 4 seconds worker 0 pushes four times, and worker 1 once.
    #expect(report.stalenessByWorker.map(\.count) == [400, 100])
    #expect(report.stalenessByWorker[1].mean > 3.9)
  }

  @Test("messages take latency and bytes over bandwidth, and the server's link carries one at a time")
  func network() {
    let network = NetworkModel(latency: 0.5, bandwidth: 4000, serverBandwidth: 8000)
    let report = Timing.report(
      workers: 1, minibatches: 3,
      cluster: ClusterDescription(compute: ComputeTimeModel(.constant, mean: 2), network: network))
    // 2 to compute; 0.5 + 1 to the server, and 0.5 through its link; 0.5 + 0.5 + 1 back: 4,000 bytes each way.
    #expect(report.seconds == 3 * (2 + 2 + 2))
    #expect(report.usageByWorker[0].dealing == 12)
    let two = Timing.report(
      workers: 2, minibatches: 2,
      cluster: ClusterDescription(compute: ComputeTimeModel(.constant, mean: 2), network: network))
    // Both arrive at 3.5; the second one is through at 4.5, and its answer is back after 2 more.
    #expect(two.seconds == 6.5)
  }
}
