internal import Foundation

/// The text form of a model: `gamma`, `gamma:shape=32,mean=10ms`, `constant:mean=5ms`, `times.csv:column=seconds`.
extension ComputeTimeModel: CustomStringConvertible {
  /// The families that have a name, with the number that they take beside the mean, if they take one.
  static let families: [(name: String, key: String?, summary: String)] = [
    ("constant", nil, "always the mean"),
    ("exponential", nil, "memoryless"),
    ("gamma", "shape", "a sum of so many exponential stages; shape 32 if none is given"),
    ("lognormal", "cv", "the logarithm is normal; coefficient of variation 0.5 if none is given"),
    ("pareto", "shape", "a power-law tail; shape 2.5 if none is given"),
    ("shifted-exponential", "shift", "a share of the mean, and an exponential rest; a half if none is given"),
  ]

  /// Creates the model that a text describes.
  ///
  /// - Parameters:
  ///   - text: A family and its numbers, `FAMILY:KEY=VALUE,…`, or a file of measured durations.
  ///   - readFile: Returns the bytes of a file.
  /// - Throws: ``DescriptionError`` that says what would be right.
  public init(
    parsing text: String, readFile: (String) throws -> [UInt8] = Self.contents
  ) throws(DescriptionError) {
    let (name, settings) = try Self.split(text)
    guard let family = Self.families.first(where: { $0.name == name }) else {
      guard name.contains(".") || name.contains("/") else {
        let names = Self.families.map(\.name).joined(separator: ", ")
        throw DescriptionError("'\(name)' is no compute-time model: choose \(names), or a file of durations")
      }
      let durations = try MeasuredDurations(
        path: name, column: settings["column"], unit: settings["unit"], readFile: readFile)
      try Self.check(settings, of: name, among: ["column", "unit", "mean"])
      self.init(.measured(durations), mean: try Self.mean(settings["mean"]))
      return
    }
    try Self.check(settings, of: name, among: [family.key, "mean"].compactMap(\.self))
    func number(_ key: String, default standard: Double, _ domain: String, _ isValid: (Double) -> Bool)
      throws(DescriptionError) -> Double
    {
      guard let word = settings[key] else { return standard }
      guard let number = Quantity.number(word), isValid(number) else {
        throw DescriptionError("'\(word)' is no \(key) of \(name): it is \(domain)")
      }
      return number
    }
    let shape: Family =
      switch name {
      case "constant": .constant
      case "exponential": .exponential
      case "gamma":
        .gamma(
          shape: try number("shape", default: Self.defaultShape, "a number from 0.001 to 1e12") {
            Self.gammaShapes.contains($0)
          })
      case "lognormal":
        .logNormal(
          cv: try number("cv", default: 0.5, "a number above 0, up to 1000") { $0 > 0 && $0 <= Self.mostVariation })
      case "pareto":
        .pareto(shape: try number("shape", default: 2.5, "a number above 1, up to 1e12") { $0 > 1 && $0 <= 1e12 })
      default:
        .shiftedExponential(shift: try number("shift", default: 0.5, "a share from 0 to 1") { (0...1).contains($0) })
      }
    self.init(shape, mean: try Self.mean(settings["mean"]))
  }

  /// The shapes of gamma distributions: beyond them nearly all durations are 0, or all are the same.
  static let gammaShapes = 0.001...1e12

  /// The largest coefficient of variation of log-normal distributions.
  static let mostVariation = 1000.0

  /// A text that ``init(parsing:readFile:)`` makes the same model of.
  public var description: String {
    let mean = "mean=" + Quantity.duration.text(mean)
    switch family {
    case .constant: return "constant:\(mean)"
    case .exponential: return "exponential:\(mean)"
    case .gamma(let shape): return "gamma:shape=\(Quantity.text(shape)),\(mean)"
    case .logNormal(let cv): return "lognormal:cv=\(Quantity.text(cv)),\(mean)"
    case .pareto(let shape): return "pareto:shape=\(Quantity.text(shape)),\(mean)"
    case .shiftedExponential(let shift): return "shifted-exponential:shift=\(Quantity.text(shift)),\(mean)"
    case .measured(let durations):
      return durations.source + (durations.source.contains(":") ? "," : ":") + mean
    }
  }

  /// The bytes of a file.
  public static func contents(of path: String) throws -> [UInt8] {
    [UInt8](try Data(contentsOf: URL(fileURLWithPath: path)))
  }

  /// Cuts `NAME:KEY=VALUE,…` apart.
  private static func split(_ text: String) throws(DescriptionError) -> (name: String, settings: [String: String]) {
    let parts = text.split(separator: ":", maxSplits: 1, omittingEmptySubsequences: false)
    var settings: [String: String] = [:]
    for setting in parts.count > 1 ? parts[1].split(separator: ",", omittingEmptySubsequences: false) : [] {
      let pair = setting.split(separator: "=", maxSplits: 1)
      guard pair.count == 2 else {
        throw DescriptionError("'\(setting)' in '\(text)' is no setting: write it as KEY=VALUE")
      }
      guard settings.updateValue(String(pair[1]), forKey: String(pair[0])) == nil else {
        throw DescriptionError("'\(pair[0])' is given twice in '\(text)'")
      }
    }
    return (String(parts[0]), settings)
  }

  private static func check(
    _ settings: [String: String], of name: String, among keys: [String]
  ) throws(DescriptionError) {
    guard let unknown = settings.keys.sorted().first(where: { !keys.contains($0) }) else { return }
    throw DescriptionError("'\(name)' has no '\(unknown)': it has \(keys.joined(separator: " and "))")
  }

  private static func mean(_ word: String?) throws(DescriptionError) -> Double? {
    guard let word else { return nil }
    return try Quantity.duration.read(word, as: "mean")
  }
}
