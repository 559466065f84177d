internal import Foundation

/// Work to be timed: does it `calls` times.
typealias Work = (_ calls: Int) -> Void

/// Times several pieces of work against one another.
///
/// Each is warmed up, and repeated until a sample is long enough to be measured. Then come rounds, and in each round one
/// sample of each piece: what disturbs the machine for a while disturbs all of them alike, so that *ratios within a round*
/// mean more than the times themselves. Every other round runs backward, so that nobody always comes after the same one.
struct Sampler {
  /// Samples of each piece of work, at least 1.
  var rounds: Int
  /// What a sample should last, in seconds; work that takes longer is done once a sample.
  var seconds: Double
  /// Seconds on a clock that only goes forward.
  var now: () -> Double = monotonicSeconds

  /// The largest number of calls in a sample, for work that takes no time.
  static let mostCalls = 1 << 30

  /// Returns the seconds a call of each piece of work, by piece and round.
  func sample(_ pieces: [Work]) -> [[Double]] {
    let calls = pieces.map(warmUp)
    var times = pieces.map { _ in [Double](repeating: 0, count: rounds) }
    for round in 0..<rounds {
      for position in pieces.indices {
        let piece = round.isMultiple(of: 2) ? position : pieces.count - 1 - position
        times[piece][round] = time(pieces[piece], calls: calls[piece]) / Double(calls[piece])
      }
    }
    return times
  }

  /// Runs the work until its code and data are where they will be, and returns how many calls make a sample.
  private func warmUp(_ work: Work) -> Int {
    var calls = 1
    while true {
      let elapsed = time(work, calls: calls)
      if elapsed >= seconds / 4 || calls >= Self.mostCalls {
        let needed = (seconds / max(elapsed / Double(calls), 1e-12)).rounded(.up)
        return min(Self.mostCalls, max(1, Int(needed)))
      }
      calls *= 4
    }
  }

  private func time(_ work: Work, calls: Int) -> Double {
    let start = now()
    work(calls)
    return now() - start
  }
}

/// Seconds since some moment in the past, on a clock that nobody sets.
func monotonicSeconds() -> Double {
  seconds(of: CLOCK_MONOTONIC)
}

/// Seconds that the calling thread has spent on a core.
func threadSeconds() -> Double {
  seconds(of: CLOCK_THREAD_CPUTIME_ID)
}

private func seconds(of clock: clockid_t) -> Double {
  var time = timespec()
  clock_gettime(clock, &time)
  return Double(time.tv_sec) + Double(time.tv_nsec) * 1e-9
}
