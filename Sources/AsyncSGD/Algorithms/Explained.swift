/// A choice that lists and help explain: a mode, a rule, an optimizer, a compressor.
public protocol Explained: RawRepresentable<String>, CaseIterable, Sendable {
  /// One line for lists and help.
  var summary: String { get }
  /// Where it was published: authors and year.
  var source: String { get }
  /// Its hyperparameters.
  var hyperparameters: [Hyperparameter] { get }
}
