internal import Foundation

/// The largest resident set of this process so far, in bytes.
func peakResidentBytes() -> Int {
  // Linux's `ru_maxrss` also counts the program that this one was started from by `exec`, such as `swift run`; the
  // high-water mark of the address space does not.
  if let status = try? String(contentsOfFile: "/proc/self/status", encoding: .utf8),
    let line = status.split(separator: "\n").first(where: { $0.hasPrefix("VmHWM:") }),
    let kibibytes = line.split(whereSeparator: \.isWhitespace).dropFirst().first.flatMap({ Int($0) })
  {
    return kibibytes * 1024
  }
  var usage = rusage()
  getrusage(__rusage_who_t(RUSAGE_SELF.rawValue), &usage)
  return Int(usage.ru_maxrss) * 1024
}
