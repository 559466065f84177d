/// Lines over a horizontal axis, each with a band around it if there is one.
package struct LinePlot: Sendable {
  /// A line.
  package struct Series: Sendable {
    /// A place of a line.
    package struct Point: Hashable, Sendable {
      /// Where it is on the horizontal axis.
      package var x: Double
      /// Its value.
      package var y: Double
      /// Where the band begins and ends; `nil` where there is none.
      package var band: ClosedRange<Double>?
      /// Whether it is marked, as what was measured, and not only lies between such points.
      package var isMarked: Bool

      /// Creates a place.
      package init(x: Double, y: Double, band: ClosedRange<Double>? = nil, isMarked: Bool = true) {
        self.x = x
        self.y = y
        self.band = band
        self.isMarked = isMarked
      }
    }

    /// What the legend calls it.
    package let name: String
    /// Its ``PlotStyle``.
    package let style: Int
    /// Its places, from left to right.
    package let points: [Point]

    /// Creates a line; places that are not finite are left out.
    package init(_ name: String, style: Int, points: [Point]) {
      self.name = name
      self.style = style
      self.points = points.filter { $0.x.isFinite && $0.y.isFinite }
    }
  }

  private let title: String
  private let description: String
  private let frame: PlotFrame
  private let series: [Series]
  private let reference: (value: Double, name: String)?

  /// Creates a plot.
  ///
  /// - Parameters:
  ///   - title: What it shows, in a few words.
  ///   - description: The same in a sentence, for who cannot see it.
  ///   - x: The horizontal axis.
  ///   - y: The vertical axis; what lies beyond it is cut off.
  ///   - series: The lines.
  ///   - reference: A value to mark across the plot, with its name.
  package init(
    title: String, description: String, x: PlotAxis, y: PlotAxis, series: [Series],
    reference: (value: Double, name: String)? = nil
  ) {
    self.title = title
    self.description = description
    self.series = series
    self.reference = reference.flatMap { y.range.contains($0.value) ? $0 : nil }
    frame = PlotFrame(
      title: title, x: x, y: y,
      entries: series.map { PlotFrame.Entry(name: $0.name, style: $0.style, hasMarks: true) })
  }

  /// Returns the plot as an `svg` element, which needs the style sheet of ``PlotStyle``.
  ///
  /// - Parameter id: A name that no other picture of the page has.
  /// - Returns: The element.
  package func svg(id: String) -> String {
    var content = frame.content
    if let reference {
      let y = frame.y(reference.value)
      let (left, right) = (frame.x(frame.x.range.lowerBound), frame.x(frame.x.range.upperBound))
      content.append("<path class=\"reference\" d=\"\(SVG.path([(left, y), (right, y)]))\"/>")
      content.append(SVG.text(reference.name, x: left + 6, y: y - 5, classes: "tick"))
    }
    content.append(frame.clip("\(id)-clip"))
    content.append("<g clip-path=\"url(#\(id)-clip)\">")
    for series in series { content += band(series) }
    for series in series { content += line(series) }
    content.append("</g>")
    return SVG.picture(
      id: id, width: PlotFrame.width, height: frame.height, title: title, description: description, content: content)
  }

  private func band(_ series: Series) -> [String] {
    let points = series.points.compactMap { point in point.band.map { (x: point.x, band: $0) } }
    guard points.count > 1 else { return [] }
    let outline =
      points.map { (x: frame.x($0.x), y: frame.y($0.band.upperBound)) }
      + points.reversed().map { (x: frame.x($0.x), y: frame.y($0.band.lowerBound)) }
    return ["<path class=\"band \(PlotStyle.name(series.style))\" d=\"\(SVG.path(outline))Z\"/>"]
  }

  private func line(_ series: Series) -> [String] {
    let places = series.points.map { (x: frame.x($0.x), y: frame.y($0.y)) }
    let line = "<path class=\"line \(PlotStyle.name(series.style))\" d=\"\(SVG.path(places))\"/>"
    let marks = zip(series.points, places).filter(\.0.isMarked)
    return [line] + marks.map { PlotStyle.mark(series.style, x: $1.x, y: $1.y) }
  }
}
