import Foundation

/// Real data beside the checkout, where a machine has them; they are never part of the project.
enum SharedData {
  /// The root of the project.
  static let projectRoot = URL(fileURLWithPath: #filePath).deletingLastPathComponent()
    .deletingLastPathComponent().deletingLastPathComponent()

  /// The directory of MNIST, or `nil` where it is not: beside the project, or where `Tools/fetch-datasets` puts it.
  static let mnist: String? = {
    let candidates = [
      projectRoot.deletingLastPathComponent().appendingPathComponent("shared/data/mnist"),
      projectRoot.appendingPathComponent("Datasets/mnist"),
    ]
    return candidates.map(\.path).first { directory in
      ["", ".gz"].contains { FileManager.default.fileExists(atPath: "\(directory)/train-images-idx3-ubyte\($0)") }
    }
  }()

  /// Whether the checks that take minutes are to run: the gate sets this.
  static let runsSlowTests = ProcessInfo.processInfo.environment["ASGD_SLOW_TESTS"] == "1"

  /// Whether every combination of mode, rule and optimizer is to be trained, and not only every pair.
  static let runsFullMatrix = ProcessInfo.processInfo.environment["ASGD_FULL_MATRIX"] == "1"
}
