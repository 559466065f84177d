/// The part that plots with two axes have in common: title, legend, axes, grid, and where values lie on the picture.
struct PlotFrame {
  /// An entry of the legend.
  struct Entry {
    let name: String
    let style: Int
    /// Whether the series is a line with marks, and not the outline of an area.
    let hasMarks: Bool
  }

  /// The width of every picture, in its own units.
  static let width = 680.0
  private static let plotHeight = 260.0
  private static let left = 64.0
  private static let right = 20.0
  private static let rowHeight = 20.0

  let x: PlotAxis
  let y: PlotAxis
  private let title: String
  private let legend: [[(entry: Entry, x: Double)]]

  init(title: String, x: PlotAxis, y: PlotAxis, entries: [Entry]) {
    self.title = title
    self.x = x
    self.y = y
    legend = Self.rows(entries)
  }

  private var top: Double { 54 + Self.rowHeight * Double(legend.count) }
  private var bottom: Double { top + Self.plotHeight }

  /// The height of the picture.
  var height: Double { bottom + 46 }

  /// Where a value of the horizontal axis lies.
  func x(_ value: Double) -> Double {
    let share = (value - x.range.lowerBound) / (x.range.upperBound - x.range.lowerBound)
    return Self.left + share * (Self.width - Self.left - Self.right)
  }

  /// Where a value of the vertical axis lies.
  func y(_ value: Double) -> Double {
    bottom - (value - y.range.lowerBound) / (y.range.upperBound - y.range.lowerBound) * Self.plotHeight
  }

  /// The area within the axes, as the clip path `id`.
  func clip(_ id: String) -> String {
    // A little more, so that marks at the edges are whole.
    """
    <clipPath id="\(id)"><rect x="\(SVG.number(Self.left - 6))" y="\(SVG.number(top - 6))" \
    width="\(SVG.number(Self.width - Self.left - Self.right + 12))" height="\(SVG.number(Self.plotHeight + 6))"/></clipPath>
    """
  }

  /// Title, legend, grid, axes and their labels.
  var content: [String] {
    var content = [SVG.text(title, x: 12, y: 18, classes: "title")]
    for (row, entries) in legend.enumerated() {
      let y = 40 + Self.rowHeight * Double(row)
      for (entry, x) in entries { content += Self.swatch(entry, x: x, y: y) }
    }
    for tick in y.ticks {
      let height = y(tick)
      content.append(line("grid", Self.left, height, Self.width - Self.right, height))
      content.append(SVG.text(y.text(tick), x: Self.left - 8, y: height + 4, classes: "tick end"))
    }
    for tick in x.ticks {
      content.append(line("axis", x(tick), bottom, x(tick), bottom + 4))
      content.append(SVG.text(x.text(tick), x: x(tick), y: bottom + 18, classes: "tick middle"))
    }
    content.append(line("axis", Self.left, bottom, Self.width - Self.right, bottom))
    content.append(SVG.text(x.label, x: Self.width - Self.right, y: bottom + 38, classes: "tick end"))
    content.append(SVG.text(y.label, x: 12, y: top - 14, classes: "tick"))
    return content
  }

  private func line(_ name: String, _ x1: Double, _ y1: Double, _ x2: Double, _ y2: Double) -> String {
    "<path class=\"\(name)\" d=\"\(SVG.path([(x1, y1), (x2, y2)]))\"/>"
  }

  private static func swatch(_ entry: Entry, x: Double, y: Double) -> [String] {
    let style = PlotStyle.name(entry.style)
    let line = "<path class=\"line \(style)\" d=\"\(SVG.path([(x, y - 4), (x + 26, y - 4)]))\"/>"
    let sign = entry.hasMarks ? [line, PlotStyle.mark(entry.style, x: x + 13, y: y - 4)] : [line]
    return sign + [SVG.text(entry.name, x: x + 32, y: y, classes: "name")]
  }

  /// Sets the entries in rows from left to right.
  private static func rows(_ entries: [Entry]) -> [[(entry: Entry, x: Double)]] {
    var rows: [[(entry: Entry, x: Double)]] = []
    var next = 12.0
    for entry in entries {
      let extent = 32 + SVG.width(of: entry.name) + 16
      if rows.isEmpty || next + extent > width {
        rows.append([])
        next = 12
      }
      rows[rows.count - 1].append((entry, next))
      next += extent
    }
    return rows
  }
}
