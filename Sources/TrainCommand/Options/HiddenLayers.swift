/// The hidden layers of a model, written as their numbers of units with commas between them.
public struct HiddenLayers: Hashable, Sendable, CustomStringConvertible {
  /// The most layers that there may be.
  static let mostLayers = 8
  /// The most units of a layer.
  static let mostUnits = 65_536

  /// Units of each layer, first to last.
  public let units: [Int]

  /// Creates layers.
  ///
  /// - Parameter units: Of each layer, first to last.
  /// - Precondition: There are 1 to 8 layers of 1 to 65,536 units.
  public init(_ units: [Int]) {
    precondition(Self.areValid(units), "there cannot be hidden layers of \(units) units")
    self.units = units
  }

  /// Reads numbers with commas between them, such as `500` or `1000,2000,1000`; `nil` if `text` is no such thing.
  init?(_ text: String) {
    let units = text.split(separator: ",", omittingEmptySubsequences: false).map { Int(digits: $0) ?? 0 }
    guard Self.areValid(units) else { return nil }
    self.units = units
  }

  /// The units with commas between them.
  public var description: String { units.map(String.init).joined(separator: ",") }

  private static func areValid(_ units: [Int]) -> Bool {
    (1...mostLayers).contains(units.count) && units.allSatisfy { (1...mostUnits).contains($0) }
  }
}
