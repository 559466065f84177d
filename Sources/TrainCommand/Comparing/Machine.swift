internal import Foundation

/// The machine that live runs take their times on.
enum Machine {
  /// What two machines differ by, such as `2 × AMD EPYC`: the processors that this process may use, and their model.
  ///
  /// Where the system does not tell the model, it is the architecture.
  static var name: String {
    let processors = ProcessInfo.processInfo.activeProcessorCount
    let lines = (try? String(contentsOfFile: "/proc/cpuinfo", encoding: .utf8))?.split(separator: "\n") ?? []
    let model = lines.first { $0.hasPrefix("model name") }?.split(separator: ":", maxSplits: 1).last
    return "\(processors) × \(model?.trimmingCharacters(in: .whitespaces) ?? architecture)"
  }

  private static var architecture: String {
    #if arch(x86_64)
      "x86-64"
    #elseif arch(arm64)
      "arm64"
    #else
      "unknown"
    #endif
  }
}
