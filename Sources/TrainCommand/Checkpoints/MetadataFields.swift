internal import AsyncSGD

/// The fields of a checkpoint's metadata, read without trusting them.
struct MetadataFields {
  private let fields: [String: String]
  private let prefix: String
  private let path: String

  /// Creates a reader of those of `fields` whose names begin with `prefix`.
  init(_ fields: [String: String], prefix: String, path: String) {
    self.fields = fields
    self.prefix = prefix
    self.path = path
  }

  /// Returns a field's text.
  func text(_ name: String) throws(CheckpointError) -> String {
    guard let value = fields[prefix + name] else { throw .missingField(path: path, field: prefix + name) }
    return value
  }

  /// Returns a field's text, `nil` if it is not there.
  func optionalText(_ name: String) -> String? {
    fields[prefix + name]
  }

  /// Returns a field that is an integer in `range`.
  func integer(_ name: String, in range: ClosedRange<Int>) throws(CheckpointError) -> Int {
    guard let number = Int(try text(name)), range.contains(number) else {
      let bounds = range.upperBound == .max ? "of at least \(range.lowerBound)" : "in \(range)"
      throw malformed(name, "an integer \(bounds)")
    }
    return number
  }

  /// Returns a field that is an integer of 64 bits without sign.
  func unsigned(_ name: String) throws(CheckpointError) -> UInt64 {
    guard let number = UInt64(try text(name)) else {
      throw malformed(name, "an integer of 64 bits without sign")
    }
    return number
  }

  /// Returns a field that is a finite number in `range`.
  func number(_ name: String, in range: some RangeExpression<Double>) throws(CheckpointError) -> Double {
    guard let number = Double(try text(name)), number.isFinite, range.contains(number) else {
      throw malformed(name, "a number in \(range)")
    }
    return number
  }

  /// Returns a field that is the name of one of `values`.
  func choice<Value: RawRepresentable & CaseIterable>(
    _ name: String, among values: [Value] = Array(Value.allCases)
  ) throws(CheckpointError) -> Value where Value.RawValue == String {
    let text = try text(name)
    guard let value = values.first(where: { $0.rawValue == text }) else {
      throw malformed(name, "one of " + values.map(\.rawValue).joined(separator: ", "))
    }
    return value
  }

  /// Returns a field that is one of `names`.
  func name(_ name: String, among names: [String]) throws(CheckpointError) -> String {
    let value = try text(name)
    guard names.contains(value) else { throw malformed(name, "one of " + names.joined(separator: ", ")) }
    return value
  }

  /// Returns a field that is a value in `domain`.
  func value(
    _ name: String, in domain: Hyperparameter.Domain
  ) throws(CheckpointError) -> Hyperparameter.Value {
    let text = try text(name)
    let value: Hyperparameter.Value? =
      switch domain {
      case .integer: Int(text).map { .integer($0) }
      case .number: Double(text).map { .number($0) }
      case .choice: .choice(text)
      }
    guard let value, domain.contains(value) else { throw malformed(name, "\(domain)") }
    return value
  }

  /// Returns the names of the fields that begin with `start`, sorted.
  func names(beginningWith start: String) -> [String] {
    fields.keys.filter { $0.hasPrefix(prefix + start) }.map { String($0.dropFirst(prefix.count)) }.sorted()
  }

  /// Returns a field that is a list of names with commas between them.
  func list(_ name: String) throws(CheckpointError) -> [String] {
    try text(name).split(separator: ",").map(String.init)
  }

  /// Returns a field that is units of hidden layers with commas between them.
  func hiddenLayers(_ name: String) throws(CheckpointError) -> HiddenLayers {
    guard let layers = HiddenLayers(try text(name)) else {
      throw malformed(
        name, "up to \(HiddenLayers.mostLayers) integers in 1...\(HiddenLayers.mostUnits) with commas between them")
    }
    return layers
  }

  /// Returns a field that is positive extents with crosses between them.
  func shape(_ name: String) throws(CheckpointError) -> [Int] {
    let extents = try text(name).split(separator: "x", omittingEmptySubsequences: false).map { Int($0) ?? 0 }
    guard !extents.isEmpty, extents.allSatisfy({ (1...1 << 20).contains($0) }) else {
      throw malformed(name, "extents such as 1x28x28")
    }
    return extents
  }

  /// The error of a field that this program does not know, though it would have to.
  func unknown(_ name: String) -> CheckpointError {
    .unknownField(path: path, field: prefix + name)
  }

  /// The error of fields that do not go together.
  func contradictory(_ conflict: Conflict) -> CheckpointError {
    .contradiction(path: path, conflict: conflict)
  }

  /// The error of a field that is there, but is not `expected`.
  func malformed(_ name: String, _ expected: String) -> CheckpointError {
    .malformedField(path: path, field: prefix + name, value: fields[prefix + name] ?? "", expected: expected)
  }
}
