import AsyncSGD
import Foundation
import Testing

@testable import Reporting

@Suite("The axis of a plot")
struct PlotAxisTests {
  @Test(
    "has round ticks within its range",
    arguments: [
      (0.0...10, PlotAxis.Format.number, ["0", "2", "4", "6", "8", "10"]),
      (0.0...60_000, .number, ["0", "10k", "20k", "30k", "40k", "50k", "60k"]),
      (0.0...2_500_000, .number, ["0.0", "0.5M", "1.0M", "1.5M", "2.0M", "2.5M"]),
      (0.0...0.0042, .number, ["0.000", "0.001", "0.002", "0.003", "0.004"]),
      (0.93...0.99, .percent, ["93%", "94%", "95%", "96%", "97%", "98%", "99%"]),
      (0.9712...0.9789, .percent, ["97.2%", "97.4%", "97.6%", "97.8%"]),
    ])
  func ticks(range: ClosedRange<Double>, format: PlotAxis.Format, texts: [String]) {
    let axis = PlotAxis("x", range, format: format)
    #expect(axis.ticks.map(axis.text) == texts)
    #expect(axis.range == range)
  }

  @Test("widens its range to whole ticks where it is told to")
  func roundsOut() {
    let axis = PlotAxis("x", 0.913...0.987, format: .percent, roundsOut: true)
    #expect(abs(axis.range.lowerBound - 0.91) < 1e-12 && abs(axis.range.upperBound - 0.99) < 1e-12)
    #expect(axis.text(axis.ticks[0]) == "91%" && axis.text(axis.ticks[axis.ticks.count - 1]) == "99%")
  }

  @Test("has between three and twelve ticks over any range, even one without an extent")
  func counts() {
    for exponent in -9...9 {
      var scale = 1.0
      for _ in 0..<abs(exponent) { scale *= exponent < 0 ? 0.1 : 10 }
      for share in stride(from: 1.0, to: 10, by: 0.37) {
        let axis = PlotAxis("x", 0...share * scale)
        #expect((3...12).contains(axis.ticks.count), "\(share * scale)")
      }
    }
    for value in [0.0, 0.5, 1e-12, 1e9] {
      let axis = PlotAxis("x", value...value)
      #expect(axis.range.upperBound > axis.range.lowerBound)
      #expect(axis.ticks.count >= 2)
    }
  }
}

@Suite("A plot")
struct PlotTests {
  @Test("draws its lines where the values are, and leaves out what is no number")
  func line() {
    let points = [(0.0, 0.0), (5, .nan), (10, 1)].map { LinePlot.Series.Point(x: $0.0, y: $0.1) }
    let plot = LinePlot(
      title: "T", description: "D", x: PlotAxis("x", 0...10), y: PlotAxis("y", 0...1),
      series: [.init("a & b", style: 0, points: points)])
    let svg = plot.svg(id: "p")
    // One row of legend: the axes cross at (64, 334), and end at (660, 74).
    #expect(svg.contains("class=\"line s0\" d=\"M64 334L660 74\""))
    #expect(svg.components(separatedBy: "<circle").count == 4)
    #expect(svg.contains("a &amp; b") && !svg.contains("nan"))
  }

  @Test("draws bars as long as their values, and says of others why there is none")
  func bars() {
    let svg = BarPlot(
      title: "T", description: "D", label: "s",
      bars: [
        .init("a", style: 0, value: 10, text: "10s"), .init("b", style: 1, value: 5, interval: 4...6, text: "5s"),
        .init("c", style: 2, value: nil, text: "never"), .init("d", style: 3, value: .infinity, text: "odd"),
      ]
    ).svg(id: "p")
    let widths = svg.components(separatedBy: "<rect class=\"bar").dropFirst().compactMap { bar in
      bar.components(separatedBy: "width=\"").dropFirst().first.flatMap { Double($0.prefix { $0 != "\"" }) }
    }
    #expect(widths.count == 2)
    #expect(abs(widths[0] - 2 * widths[1]) < 0.11)
    #expect(svg.contains(">never<") && svg.components(separatedBy: "whisker").count == 2)
  }

  @Test("of a distribution has an area only if it is alone")
  func histogram() {
    let series = [0, 1].map { HistogramPlot.Series("n\($0)", style: $0, bins: [.init(-0.5...0.5, density: 0.4)]) }
    func svg(_ series: [HistogramPlot.Series]) -> String {
      HistogramPlot(title: "T", description: "D", label: "x", densityLabel: "share", series: series).svg(id: "p")
    }
    #expect(svg([series[0]]).contains("class=\"area s0\""))
    #expect(!svg(series).contains("class=\"area"))
  }

  @Test("of a distribution falls to nothing between bins that do not meet")
  func gaps() {
    func points(_ second: ClosedRange<Double>) -> Int? {
      let series = HistogramPlot.Series("n", style: 0, bins: [.init(0...1, density: 0.4), .init(second, density: 0.4)])
      let svg = HistogramPlot(title: "T", description: "D", label: "x", densityLabel: "share", series: [series])
        .svg(id: "p")
      let path = svg.components(separatedBy: "<path class=\"line s0\" d=\"").last?.prefix { $0 != "\"" }
      return path?.filter(\.isLetter).count
    }
    // Two ends on the floor, two corners of each bin; between bins that do not meet, two more on the floor.
    #expect(points(1...2) == 6)
    #expect(points(1.0000001...2) == 6)
    #expect(points(2...3) == 8)
  }

  @Test("has a style sheet for light and dark with as many colors in each")
  func styles() {
    let css = PlotStyle.css
    for style in 0..<PlotStyle.count { #expect(css.components(separatedBy: "--s\(style):#").count == 3) }
    #expect(PlotStyle.name(PlotStyle.count) == PlotStyle.name(0))
  }

  @Test("of several histograms shares what wide bins hold evenly")
  func shares() {
    let shares = StalenessShares([
      [.init(lower: 0, upper: 0, count: 2), .init(lower: 1, upper: 2, count: 4)], [.init(lower: 0, upper: 3, count: 4)],
    ]).bins
    #expect(shares.map(\.range) == [-0.5...0.5, 0.5...2.5, 2.5...3.5])
    #expect(zip(shares.map(\.density), [0.3, 0.3, 0.1]).allSatisfy { abs($0 - $1) < 1e-12 })
    #expect(StalenessShares([]).bins.isEmpty)
  }
}
