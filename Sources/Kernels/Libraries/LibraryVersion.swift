/// The version of a library.
package struct LibraryVersion: Comparable, CustomStringConvertible, Sendable {
  private let major: Int
  private let minor: Int
  private let patch: Int

  /// Creates a version.
  package init(_ major: Int, _ minor: Int, _ patch: Int) {
    self.major = major
    self.minor = minor
    self.patch = patch
  }

  /// Reads the version in a text such as `0.3.21` or `0.3.30.dev`; `nil` if it does not begin with three numbers.
  package init?(_ text: some StringProtocol) {
    let numbers = text.split(separator: ".", omittingEmptySubsequences: false).prefix(3).map { Int($0) }
    guard numbers.count == 3, let major = numbers[0], let minor = numbers[1], let patch = numbers[2] else { return nil }
    self.init(major, minor, patch)
  }

  /// The version, such as `0.3.21`.
  package var description: String { "\(major).\(minor).\(patch)" }

  /// Whether one version came before the other.
  package static func < (left: Self, right: Self) -> Bool {
    (left.major, left.minor, left.patch) < (right.major, right.minor, right.patch)
  }
}
