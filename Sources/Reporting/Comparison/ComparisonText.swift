internal import Foundation

/// Figures of comparisons as people read them.
enum ComparisonText {
  /// `97.61% ±0.20`; without its interval if there is none, `-` if there is no estimate.
  static func percent(_ estimate: Estimate?) -> String {
    guard let estimate else { return "-" }
    return NumberText.percent(estimate.mean) + margin(estimate.halfWidth.map { NumberText.fixed($0 * 100, digits: 2) })
  }

  /// `+0.42 ±0.20`, in points: hundredths of the accuracy.
  static func points(_ estimate: Estimate?) -> String {
    guard let estimate else { return "-" }
    return signed(estimate.mean * 100) + margin(estimate.halfWidth.map { NumberText.fixed($0 * 100, digits: 2) })
  }

  /// `0.42 points (95 % interval 0.22 to 0.62)`, the sign left to the words around it.
  static func gap(_ estimate: Estimate) -> String {
    let value = "\(NumberText.fixed(estimate.mean * 100, digits: 2)) points"
    guard let interval = estimate.interval else { return value }
    return value + " (95 % interval \(NumberText.fixed(interval.lowerBound * 100, digits: 2)) to "
      + "\(NumberText.fixed(interval.upperBound * 100, digits: 2)))"
  }

  /// `1.52 times (95 % interval 1.30 to 1.75)`.
  static func times(_ ratio: RatioEstimate) -> String {
    let value = "\(NumberText.fixed(ratio.value, digits: 2)) times"
    guard let interval = ratio.interval else { return value }
    return value + " (95 % interval \(NumberText.fixed(interval.lowerBound, digits: 2)) to "
      + "\(NumberText.fixed(interval.upperBound, digits: 2)))"
  }

  /// `1.52x (1.30-1.75)`, for tables.
  static func factor(_ ratio: RatioEstimate?) -> String {
    guard let ratio else { return "-" }
    let value = NumberText.fixed(ratio.value, digits: 2) + "x"
    guard let interval = ratio.interval else { return value }
    return value + " (\(NumberText.fixed(interval.lowerBound, digits: 2))-"
      + "\(NumberText.fixed(interval.upperBound, digits: 2)))"
  }

  /// `12.3s ±1.2`, both with the digits that the mean deserves.
  static func seconds(_ estimate: Estimate?) -> String {
    guard let estimate else { return "-" }
    let digits = digits(ofSeconds: estimate.mean)
    return NumberText.fixed(estimate.mean, digits: digits) + "s"
      + margin(estimate.halfWidth.map { NumberText.fixed($0, digits: digits) })
  }

  /// `12.3s`.
  static func seconds(_ value: Double) -> String {
    NumberText.fixed(value, digits: digits(ofSeconds: value)) + "s"
  }

  /// `61,706`.
  static func count(_ value: Double?) -> String {
    value.map { $0.isFinite && abs($0) < 1e15 ? NumberText.count(Int($0.rounded())) : "-" } ?? "-"
  }

  private static func digits(ofSeconds value: Double) -> Int {
    value < 1 ? 3 : value < 10 ? 2 : value < 1000 ? 1 : 0
  }

  private static func signed(_ value: Double) -> String {
    let text = NumberText.fixed(value, digits: 2)
    return text == "-0.00" ? "+0.00" : text.hasPrefix("-") ? text : "+" + text
  }

  private static func margin(_ text: String?) -> String { text.map { " ±\($0)" } ?? "" }
}
