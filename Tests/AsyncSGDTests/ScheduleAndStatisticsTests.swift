import AsyncSGD
import Testing

@Suite("Learning-rate schedules")
struct LearningRateScheduleTests {
  @Test("a constant schedule without warm-up has one rate")
  func constant() {
    let schedule = LearningRateSchedule(peak: 0.5, shape: .constant, warmup: 0, plannedMinibatches: 10)
    #expect((0..<12).allSatisfy { schedule.rate(at: $0) == 0.5 })
  }

  @Test("a linear schedule rises to the peak, falls straight, and would reach 0 one minibatch after the last")
  func linear() {
    let schedule = LearningRateSchedule(peak: 8, shape: .linear, warmup: 0.2, plannedMinibatches: 10)
    #expect((0..<12).map { schedule.rate(at: $0) } == [4, 8, 8, 7, 6, 5, 4, 3, 2, 1, 0, 0])
  }

  @Test("a trapezoid stays at the peak and falls over the last fifth")
  func trapezoid() {
    let schedule = LearningRateSchedule(peak: 8, shape: .trapezoid, warmup: 0.1, plannedMinibatches: 20)
    #expect((0..<3).map { schedule.rate(at: $0) } == [4, 8, 8])
    #expect((15..<22).map { schedule.rate(at: $0) } == [8, 8, 6, 4, 2, 0, 0])
  }

  @Test("a warm-up over the whole run never passes the peak")
  func warmupOnly() {
    let schedule = LearningRateSchedule(peak: 1, shape: .linear, warmup: 1, plannedMinibatches: 4)
    #expect((0..<5).map { schedule.rate(at: $0) } == [0.25, 0.5, 0.75, 1, 0])
  }

  @Test("senseless values are programming errors")
  func preconditions() async {
    await #expect(processExitsWith: .failure) {
      _ = LearningRateSchedule(peak: .nan, shape: .constant, warmup: 0, plannedMinibatches: 1)
    }
    await #expect(processExitsWith: .failure) {
      _ = LearningRateSchedule(peak: 1, shape: .constant, warmup: 1.5, plannedMinibatches: 1)
    }
  }
}

@Suite("Staleness statistics")
struct StalenessHistogramTests {
  @Test("quantiles are the least values that enough of the updates do not exceed")
  func quantiles() {
    var histogram = StalenessHistogram()
    for value in 1...100 { histogram.record(value) }
    #expect(
      histogram.summary == StalenessSummary(mean: 50.5, p50: 50, p95: 95, p99: 99, max: 100))
    #expect(histogram.quantile(0) == 1)
    #expect(histogram.quantile(1) == 100)
  }

  @Test("an empty histogram is all zeros")
  func empty() {
    #expect(StalenessHistogram().summary == StalenessSummary(mean: 0, p50: 0, p95: 0, p99: 0, max: 0))
  }

  @Test("values beyond the room made at the start are counted exactly")
  func growth() {
    var histogram = StalenessHistogram()
    for value in [0, 1023, 1024, 5000, 100_000] { histogram.record(value) }
    #expect(histogram[1024] == 1 && histogram[5000] == 1 && histogram[100_000] == 1 && histogram[4999] == 0)
    #expect(histogram.max == 100_000)
    #expect(histogram.sum == 107_047)
    #expect(histogram.quantile(0.5) == 1024)
  }

  @Test("a staleness below 0 is a programming error")
  func negative() async {
    await #expect(processExitsWith: .failure) {
      var histogram = StalenessHistogram()
      histogram.record(-1)
    }
  }
}
