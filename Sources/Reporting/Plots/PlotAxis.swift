internal import Foundation

/// One axis of a plot: its range, its ticks at round numbers, and how they are written.
package struct PlotAxis: Hashable, Sendable {
  /// How the numbers of an axis are written.
  package enum Format: Hashable, Sendable {
    /// Plain, with k and M for thousands and millions.
    case number
    /// A share as per cent.
    case percent
  }

  /// What the axis shows, with its unit.
  package let label: String
  /// The least and the largest value shown.
  package let range: ClosedRange<Double>
  /// How numbers are written.
  package let format: Format
  /// Where the ticks are, rising, all of them in the range.
  package let ticks: [Double]

  private let step: Double

  /// Creates an axis.
  ///
  /// - Parameters:
  ///   - label: What it shows, with its unit.
  ///   - range: What it must show; a range without an extent gets one.
  ///   - format: How numbers are written.
  ///   - roundsOut: Whether the range is widened to whole ticks.
  package init(_ label: String, _ range: ClosedRange<Double>, format: Format = .number, roundsOut: Bool = false) {
    self.label = label
    self.format = format
    let extent = range.upperBound - range.lowerBound
    let wide = extent > 0 ? range : range.lowerBound...range.lowerBound + Swift.max(1e-9, abs(range.lowerBound), 1e-3)
    step = Self.step(extent: wide.upperBound - wide.lowerBound)
    let slack = 1e-9
    let first = roundsOut ? floor(wide.lowerBound / step + slack) : ceil(wide.lowerBound / step - slack)
    let last = roundsOut ? ceil(wide.upperBound / step - slack) : floor(wide.upperBound / step + slack)
    ticks = stride(from: first, through: last, by: 1).map { [step] in $0 * step }
    self.range =
      roundsOut
      ? min(wide.lowerBound, first * step)...max(wide.upperBound, last * step) : wide
  }

  /// The round step, 1, 2 or 5 times a power of ten, that makes four to ten ticks.
  private static func step(extent: Double) -> Double {
    let rough = extent / 5
    let power = pow(10, floor(log10(rough)))
    let share = rough / power
    return power * (share < 1.5 ? 1 : share < 3.5 ? 2 : share < 7.5 ? 5 : 10)
  }

  /// Returns where a positive value lies on an axis of powers of ten.
  static func decade(_ value: Double) -> Double { log10(value) }

  /// Returns the text of a tick, with the digits that tell it from its neighbours.
  package func text(_ value: Double) -> String {
    switch format {
    case .percent: return fixed(value * 100, step: step * 100) + "%"
    case .number:
      let largest = Swift.max(abs(range.lowerBound), abs(range.upperBound))
      if largest >= 1e6 { return fixed(value / 1e6, step: step / 1e6) + (value == 0 ? "" : "M") }
      if largest >= 1e4 { return fixed(value / 1e3, step: step / 1e3) + (value == 0 ? "" : "k") }
      return fixed(value, step: step)
    }
  }

  private func fixed(_ value: Double, step: Double) -> String {
    let digits = Swift.min(12, Swift.max(0, Int(ceil(-log10(step) - 1e-9))))
    // No minus before a zero.
    return NumberText.fixed(value == 0 ? 0 : value, digits: digits)
  }
}
