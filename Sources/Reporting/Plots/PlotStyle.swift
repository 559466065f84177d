/// Colors and marks of plots, as CSS classes that a page or a picture includes once.
///
/// A series is told by its color, by the dashes of its line and by its marks, so that none of them is needed alone. The colors
/// differ in lightness as well as in hue, after Okabe & Ito, "Color Universal Design", 2008; darker on white and lighter on black
/// than theirs, so that lines have a contrast of 3 to 1 at least.
package enum PlotStyle {
  /// The number of styles; series beyond it begin anew.
  package static let count = light.count

  private static let light = [
    "#0072b2", "#c8501a", "#007f5c", "#a8458c", "#8a6a00", "#3d3a8f", "#5c6166", "#a01a3c",
  ]
  private static let dark = [
    "#56b4e9", "#f0914d", "#3fc79a", "#e09cc8", "#e6c029", "#a5a3f2", "#b8bec4", "#f2879e",
  ]
  private static let dashes = ["none", "7 3", "2 3", "9 3 2 3", "12 3", "5 2 1 2", "3 2", "10 2 2 2 2 2"]

  /// The style sheet.
  package static var css: String {
    let rules = light.indices.map { index in
      """
      .s\(index){stroke:var(--s\(index));fill:var(--s\(index))}
      .line.s\(index){stroke-dasharray:\(dashes[index])}

      """
    }
    return """
      :root{color-scheme:light dark;--ink:#1d2125;--quiet:#5b6269;--paper:#ffffff;--panel:#f6f7f8;--grid:#dfe3e6;\(variables(light))}
      @media (prefers-color-scheme:dark){:root{--ink:#e8eaed;--quiet:#a5acb3;--paper:#15181b;--panel:#1d2125;--grid:#353b41;\(variables(dark))}}
      svg.plot{display:block;width:100%;height:auto;background:var(--paper);color:var(--ink)}
      svg.plot text{font:13px system-ui,-apple-system,"Segoe UI",sans-serif;fill:var(--ink);stroke:none}
      svg.plot .title{font-size:15px;font-weight:600}
      svg.plot .tick{fill:var(--quiet);font-size:12px;font-variant-numeric:tabular-nums}
      svg.plot .end{text-anchor:end}
      svg.plot .middle{text-anchor:middle}
      svg.plot .grid{stroke:var(--grid);stroke-width:1;fill:none}
      svg.plot .axis{stroke:var(--quiet);stroke-width:1;fill:none}
      svg.plot .reference{stroke:var(--quiet);stroke-width:1;stroke-dasharray:3 3;fill:none}
      svg.plot .line{fill:none;stroke-width:2;stroke-linejoin:round}
      svg.plot .band{stroke:none;fill-opacity:.1}
      svg.plot .bar{stroke:none}
      svg.plot .area{stroke:none;fill-opacity:.2}
      svg.plot .mark{stroke:var(--paper);stroke-width:1}
      svg.plot .whisker{stroke:var(--ink);stroke-width:1.5;fill:none}
      \(rules.joined())
      """
  }

  /// Returns the class of a series' style.
  package static func name(_ style: Int) -> String { "s\(style % count)" }

  /// Returns the mark of a style around a point.
  static func mark(_ style: Int, x: Double, y: Double) -> String {
    let shape = name(style)
    func polygon(_ corners: [(Double, Double)]) -> String {
      let points = corners.map { "\(SVG.number(x + $0.0)),\(SVG.number(y + $0.1))" }.joined(separator: " ")
      return "<polygon class=\"mark \(shape)\" points=\"\(points)\"/>"
    }
    switch style % 4 {
    case 0: return "<circle class=\"mark \(shape)\" cx=\"\(SVG.number(x))\" cy=\"\(SVG.number(y))\" r=\"4\"/>"
    case 1: return polygon([(-3.6, -3.6), (3.6, -3.6), (3.6, 3.6), (-3.6, 3.6)])
    case 2: return polygon([(0, -4.8), (4.4, 3.4), (-4.4, 3.4)])
    default: return polygon([(0, -5), (5, 0), (0, 5), (-5, 0)])
    }
  }

  private static func variables(_ colors: [String]) -> String {
    colors.enumerated().map { "--s\($0):\($1)" }.joined(separator: ";")
  }
}
