import Foundation

/// The table that a run prints, taken apart.
struct SummaryText {
  /// The values by their names.
  let values: [String: String]
  /// The names in their order.
  let names: [String]

  init(_ text: String) {
    var values: [String: String] = [:]
    var names: [String] = []
    for line in text.split(separator: "\n") {
      guard let gap = line.range(of: "  ") else { continue }
      let name = String(line[..<gap.lowerBound])
      values[name] = String(line[gap.upperBound...]).trimmingCharacters(in: .whitespaces)
      names.append(name)
    }
    self.values = values
    self.names = names
  }

  subscript(name: String) -> String? { values[name] }

  /// The fingerprint of the final parameters.
  var hash: String? { values["parameters hash"] }

  /// What is the same whenever a run is repeated: all but the times and the memory that it took.
  var lasting: [String: String] { values.filter { !["time", "throughput", "peak memory"].contains($0.key) } }
}
