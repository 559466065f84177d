internal import Kernels

/// What `list kernels` prints: every backend, and whether it can be used on this machine.
struct KernelListing {
  private let entries: [KernelBackends.Entry]

  /// Describes `entries`, in order of preference.
  init(_ entries: [KernelBackends.Entry]) {
    self.entries = entries
  }

  /// A backend a line: its name, what it is, and whether it can be used, in columns with two spaces or more between them.
  ///
  /// Finds out by making them all, which loads the libraries that are there.
  var text: String {
    let states = entries.map(\.availability)
    let first = zip(entries, states).first { if case .usable = $1 { true } else { false } }
    let automatic = [
      KernelBackends.automaticName, "the first of these that can be used here",
      first.map { "means \($0.0.name)" } ?? "not usable: none of these is",
    ]
    let rows = [automatic] + zip(entries, states).map { [$0.name, $0.summary, Self.text($1)] }
    let widths = (0..<2).map { column in rows.map { $0[column].count }.max() ?? 0 }
    return rows.map { row in
      zip(row, widths).map { $0 + String(repeating: " ", count: $1 - $0.count + 2) }.joined() + row[2] + "\n"
    }.joined()
  }

  private static func text(_ availability: KernelBackends.Entry.Availability) -> String {
    switch availability {
    case .usable(nil): "usable"
    case .usable(let detail?): "usable: \(detail)"
    case .unusable(let reason): "not usable: \(reason)"
    }
  }
}
