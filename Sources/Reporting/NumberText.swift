internal import Foundation

/// Numbers as people read them, always in the same notation whatever the user's locale.
package enum NumberText {
  /// Returns a time in at most two units: `4.2s`, `42s`, `1m 23s`, `2h 05m`, `3d 04h`; `-` if it is no time.
  static func duration(_ seconds: Double) -> String {
    guard seconds >= 0, seconds < 1e9 else { return "-" }
    if seconds < 9.95 { return fixed(seconds, digits: 1) + "s" }
    if seconds < 59.5 { return fixed(seconds, digits: 0) + "s" }
    let total = Int(seconds.rounded())
    if total < 3600 { return "\(total / 60)m \(padded(total % 60))s" }
    let minutes = (total + 30) / 60
    if minutes < 24 * 60 { return "\(minutes / 60)h \(padded(minutes % 60))m" }
    let hours = (minutes + 30) / 60
    return "\(hours / 24)d \(padded(hours % 24))h"
  }

  /// Returns a time with three significant digits and its unit, `850 ns`, `12.3 us`, `4.56 ms`, `7.89 s`, and one of a minute
  /// or more as ``duration(_:)``.
  static func time(_ seconds: Double) -> String {
    guard seconds.isFinite else { return special(seconds) }
    // What would be rounded up to the next unit belongs to it.
    if seconds.magnitude < 9.995e-10 { return seconds == 0 ? "0 s" : "\(scientific(seconds)) s" }
    if seconds < 9.995e-7 { return significant(seconds * 1e9) + " ns" }
    if seconds < 9.995e-4 { return significant(seconds * 1e6) + " us" }
    if seconds < 0.9995 { return significant(seconds * 1e3) + " ms" }
    return seconds < 59.95 ? significant(seconds) + " s" : duration(seconds)
  }

  /// Returns a number below 1,000 with three significant digits and no exponent.
  private static func significant(_ value: Double) -> String {
    fixed(value, digits: value < 9.995 ? 2 : value < 99.95 ? 1 : 0)
  }

  /// Returns a whole number with its thousands set apart: `61,706`.
  package static func count(_ value: Int) -> String {
    let digits = Array(String(value.magnitude))
    let groups = stride(from: digits.count, to: 0, by: -3).map { String(digits[max(0, $0 - 3)..<$0]) }
    return (value < 0 ? "-" : "") + groups.reversed().joined(separator: ",")
  }

  /// Returns a rate with three significant digits or so: `987`, `12.3k`, `1.2M`.
  static func rate(_ value: Double) -> String {
    guard value.isFinite else { return special(value) }
    if value < 999.5 { return fixed(value, digits: 0) }
    if value < 999_950 { return fixed(value / 1e3, digits: 1) + "k" }
    return fixed(value / 1e6, digits: 1) + "M"
  }

  /// Returns a size in decimal units: `512 B`, `1.5 kB`, `143.0 MB`, `1.4 GB`.
  package static func bytes(_ count: Int) -> String {
    let value = Double(count)
    if value < 1e3 { return "\(count) B" }
    if value < 999_950 { return fixed(value / 1e3, digits: 1) + " kB" }
    if value < 999_950_000 { return fixed(value / 1e6, digits: 1) + " MB" }
    return fixed(value / 1e9, digits: 1) + " GB"
  }

  /// Returns a share with two digits after the point: 0.98765 is `98.77%`.
  static func percent(_ share: Double) -> String {
    share.isFinite ? fixed(share * 100, digits: 2) + "%" : special(share)
  }

  /// Returns a loss in nats in at most eight characters: `0.1234`, `12.35`, `1.23e+10`.
  static func loss(_ value: Double) -> String {
    guard value.isFinite else { return special(value) }
    if value.magnitude < 9.99995 { return fixed(value, digits: 4) }
    return value.magnitude < 999.995 ? fixed(value, digits: 2) : String(format: "%.2e", value)
  }

  /// Returns a learning rate with four significant digits: `0.02134`.
  static func learningRate(_ value: Double) -> String { String(format: "%.4g", value) }

  /// Returns `value` with three significant digits: `0.0123`, `1.23e-06`.
  static func scientific(_ value: Double) -> String {
    value.isFinite ? String(format: "%.3g", value) : special(value)
  }

  /// Returns the shortest text that reads back as `value`, without a fraction of 0: `0.03`, `1`, `1e-05`.
  static func exact(_ value: Double) -> String {
    let text = "\(value)"
    return text.hasSuffix(".0") ? String(text.dropLast(2)) : text
  }

  /// Returns `value` with a fixed number of digits after the point.
  package static func fixed(_ value: Double, digits: Int) -> String {
    value.isFinite ? String(format: "%.\(digits)f", value) : special(value)
  }

  private static func special(_ value: Double) -> String {
    value.isNaN ? "nan" : value < 0 ? "-inf" : "inf"
  }

  private static func padded(_ value: Int) -> String { value < 10 ? "0\(value)" : "\(value)" }
}
