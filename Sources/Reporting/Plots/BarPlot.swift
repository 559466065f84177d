/// Lying bars with what they are called beside them, each with its interval if there is one.
package struct BarPlot: Sendable {
  /// A bar.
  package struct Bar: Hashable, Sendable {
    /// What it is called.
    package var name: String
    /// Its ``PlotStyle``.
    package var style: Int
    /// Its length; `nil` if there is none to show.
    package var value: Double?
    /// The interval around its end.
    package var interval: ClosedRange<Double>?
    /// What is written at its end.
    package var text: String

    /// Creates a bar.
    package init(_ name: String, style: Int, value: Double?, interval: ClosedRange<Double>? = nil, text: String) {
      self.name = name
      self.style = style
      self.value = value.flatMap { $0.isFinite ? $0 : nil }
      self.interval = interval
      self.text = text
    }
  }

  private static let barHeight = 18.0
  private static let pitch = 30.0
  private static let top = 34.0
  private static let right = 20.0

  private let title: String
  private let description: String
  private let bars: [Bar]
  private let axis: PlotAxis
  private let left: Double

  /// Creates a plot.
  ///
  /// - Parameters:
  ///   - title: What it shows, in a few words.
  ///   - description: The same in a sentence, for who cannot see it.
  ///   - label: What the lengths are, with their unit.
  ///   - bars: The bars from top to bottom; none of them is negative.
  package init(title: String, description: String, label: String, bars: [Bar]) {
    self.title = title
    self.description = description
    self.bars = bars
    let longest = bars.compactMap { $0.interval?.upperBound ?? $0.value }.max() ?? 1
    axis = PlotAxis(label, 0...(longest > 0 ? longest : 1), roundsOut: true)
    left = min(320, max(90, 24 + (bars.map { SVG.width(of: $0.name) }.max() ?? 0)))
  }

  /// Returns the plot as an `svg` element, which needs the style sheet of ``PlotStyle``.
  ///
  /// - Parameter id: A name that no other picture of the page has.
  /// - Returns: The element.
  package func svg(id: String) -> String {
    let bottom = Self.top + Self.pitch * Double(bars.count)
    var content = [SVG.text(title, x: 12, y: 18, classes: "title")]
    for tick in axis.ticks {
      content.append("<path class=\"grid\" d=\"\(SVG.path([(x(tick), Self.top), (x(tick), bottom)]))\"/>")
      content.append(SVG.text(axis.text(tick), x: x(tick), y: bottom + 18, classes: "tick middle"))
    }
    content.append(SVG.text(axis.label, x: PlotFrame.width - Self.right, y: bottom + 38, classes: "tick end"))
    for (row, bar) in bars.enumerated() {
      content += self.content(of: bar, y: Self.top + Self.pitch * (Double(row) + 0.5))
    }
    return SVG.picture(
      id: id, width: PlotFrame.width, height: bottom + 46, title: title, description: description, content: content)
  }

  /// The room at the right is for the text of the longest bar.
  private func x(_ value: Double) -> Double {
    let room = bars.map { SVG.width(of: $0.text) }.max() ?? 0
    return left + value / axis.range.upperBound * (PlotFrame.width - Self.right - left - min(room + 12, 220))
  }

  private func content(of bar: Bar, y: Double) -> [String] {
    var content = [SVG.text(bar.name, x: left - 10, y: y + 4, classes: "name end")]
    guard let value = bar.value else {
      return content + [SVG.text(bar.text, x: left + 8, y: y + 4, classes: "tick")]
    }
    content.append(
      """
      <rect class="bar \(PlotStyle.name(bar.style))" x="\(SVG.number(left))" y="\(SVG.number(y - Self.barHeight / 2))" \
      width="\(SVG.number(max(1, x(value) - left)))" height="\(SVG.number(Self.barHeight))"/>
      """)
    var end = x(value)
    if let interval = bar.interval {
      let (low, high) = (x(max(0, interval.lowerBound)), x(interval.upperBound))
      content.append(
        "<path class=\"whisker\" d=\"\(SVG.path([(low, y), (high, y)]))\(SVG.path([(low, y - 4), (low, y + 4)]))"
          + "\(SVG.path([(high, y - 4), (high, y + 4)]))\"/>")
      end = max(end, high)
    }
    return content + [SVG.text(bar.text, x: end + 8, y: y + 4, classes: "tick")]
  }
}
