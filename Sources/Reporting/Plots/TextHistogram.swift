internal import AsyncSGD

/// A distribution of staleness in a few lines of text.
struct TextHistogram {
  private static let mostRows = 8
  private static let barWidth = 30

  /// The lines: values, their share, and a bar.
  let lines: [String]

  /// Sets a distribution, in rows of equal width up to the 99 % quantile and one for the tail beyond.
  init(_ bins: [StalenessBin], p99: Int) {
    let total = bins.reduce(0) { $0 + $1.count }
    guard total > 0, let last = bins.last(where: { $0.count > 0 })?.upper, let unit = bins.first?.width else {
      lines = []
      return
    }
    // A row holds whole bins.
    let body = (p99 / unit + 1 + Self.mostRows - 1) / Self.mostRows * unit
    var rows = stride(from: 0, through: p99, by: body).map { StalenessBin(lower: $0, upper: $0 + body - 1, count: 0) }
    let end = rows[rows.count - 1].upper
    if last > end { rows.append(StalenessBin(lower: end + 1, upper: last, count: 0)) }
    for bin in bins {
      rows[min(bin.lower / body, rows.count - 1)].count += bin.count
    }
    let names = rows.map { $0.lower == $0.upper ? "\($0.lower)" : "\($0.lower)-\($0.upper)" }
    let width = names.map(\.count).max() ?? 0
    let most = rows.map(\.count).max() ?? 1
    lines = zip(names, rows).map { name, row in
      let share = NumberText.fixed(100 * Double(row.count) / Double(total), digits: 1) + "%"
      let marks = (Self.barWidth * row.count + most / 2) / most
      let bar = String(repeating: "#", count: row.count > 0 ? max(1, marks) : 0)
      return Self.right(name, width) + "  " + Self.right(share, 6) + (bar.isEmpty ? "" : "  " + bar)
    }
  }

  private static func right(_ text: String, _ width: Int) -> String {
    String(repeating: " ", count: max(0, width - text.count)) + text
  }
}
