/// How often values occur: the outline of one or more distributions.
package struct HistogramPlot: Sendable {
  /// A distribution.
  package struct Series: Sendable {
    /// A part of the horizontal axis and how much falls there.
    package struct Bin: Hashable, Sendable {
      /// From where to where it reaches.
      package var range: ClosedRange<Double>
      /// The share of all values; of those in a unit of the axis, where bins have different widths.
      package var density: Double

      /// Creates a bin.
      package init(_ range: ClosedRange<Double>, density: Double) {
        self.range = range
        self.density = density
      }
    }

    /// What the legend calls it.
    package let name: String
    /// Its ``PlotStyle``.
    package let style: Int
    /// Its bins, from left to right; what lies between two of them is empty.
    package let bins: [Bin]

    /// Creates a distribution.
    package init(_ name: String, style: Int, bins: [Bin]) {
      self.name = name
      self.style = style
      self.bins = bins
    }
  }

  private let title: String
  private let description: String
  private let frame: PlotFrame
  private let series: [Series]

  /// Creates a plot.
  ///
  /// - Parameters:
  ///   - title: What it shows, in a few words.
  ///   - description: The same in a sentence, for who cannot see it.
  ///   - label: What the values are, with their unit.
  ///   - densityLabel: What the heights are.
  ///   - series: The distributions; the ends of their tails, below 1/200 of the highest density, are cut off.
  package init(title: String, description: String, label: String, densityLabel: String, series: [Series]) {
    self.title = title
    self.description = description
    self.series = series
    let bins = series.flatMap(\.bins)
    let highest = bins.map(\.density).max() ?? 1
    // A long tail of almost nothing would leave no room for the rest.
    let last = bins.filter { $0.density > highest / 200 }.map(\.range.upperBound).max() ?? 1
    let first = bins.filter { $0.density > highest / 200 }.map(\.range.lowerBound).min() ?? 0
    frame = PlotFrame(
      title: title, x: PlotAxis(label, first...max(first, last)),
      y: PlotAxis(densityLabel, 0...(highest > 0 ? highest : 1), format: .percent, roundsOut: true),
      entries: series.map { PlotFrame.Entry(name: $0.name, style: $0.style, hasMarks: false) })
  }

  /// Whether there is something between two bins, more than rounding makes of ends that meet.
  private func isGap(_ left: Series.Bin, _ right: Series.Bin) -> Bool {
    right.range.lowerBound - left.range.upperBound > 1e-6 * (right.range.upperBound - right.range.lowerBound)
  }

  /// Returns the plot as an `svg` element, which needs the style sheet of ``PlotStyle``.
  ///
  /// - Parameter id: A name that no other picture of the page has.
  /// - Returns: The element.
  package func svg(id: String) -> String {
    let outlines = series.filter { !$0.bins.isEmpty }.flatMap { series in
      let floor = frame.y(0)
      var points = [(x: frame.x(series.bins[0].range.lowerBound), y: floor)]
      for (index, bin) in series.bins.enumerated() {
        if index > 0, isGap(series.bins[index - 1], bin) {
          points.append((points[points.count - 1].x, floor))
          points.append((frame.x(bin.range.lowerBound), floor))
        }
        points.append((frame.x(bin.range.lowerBound), frame.y(bin.density)))
        points.append((frame.x(bin.range.upperBound), frame.y(bin.density)))
      }
      points.append((points[points.count - 1].x, floor))
      let (style, path) = (PlotStyle.name(series.style), SVG.path(points))
      let outline = "<path class=\"line \(style)\" d=\"\(path)\"/>"
      // Several areas over one another would hide each other.
      return self.series.count == 1 ? ["<path class=\"area \(style)\" d=\"\(path)\"/>", outline] : [outline]
    }
    let content =
      frame.content + [frame.clip("\(id)-clip"), "<g clip-path=\"url(#\(id)-clip)\">"] + outlines + ["</g>"]
    return SVG.picture(
      id: id, width: PlotFrame.width, height: frame.height, title: title, description: description, content: content)
  }
}
