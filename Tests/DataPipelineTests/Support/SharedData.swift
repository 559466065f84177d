import Foundation

/// Real data sets that may lie beside the project, in `../shared/data`.
enum SharedData {
  static let mnist = directory("mnist")
  static let cifar10Subset = directory("cifar10-subset")

  /// The path of a data set, or `nil` if it is not there.
  private static func directory(_ name: String) -> String? {
    // This file is at Tests/DataPipelineTests/Support/SharedData.swift below the project's root.
    var root = URL(fileURLWithPath: #filePath)
    for _ in 0..<4 { root.deleteLastPathComponent() }
    let path = root.deletingLastPathComponent().appendingPathComponent("shared/data/\(name)").path
    return FileManager.default.fileExists(atPath: path) ? path : nil
  }
}
