internal import Foundation

/// The largest resident set of this process so far, in bytes.
func peakResidentBytes() -> Int {
  var usage = rusage()
  getrusage(__rusage_who_t(RUSAGE_SELF.rawValue), &usage)
  // Linux counts in KiB.
  return Int(usage.ru_maxrss) * 1024
}
