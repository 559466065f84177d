internal import Foundation

/// The directory of one data set, and how to find its files: each may be plain or gzip, with or without `.gz`.
struct DatasetDirectory {
  /// The data set's name.
  let dataset: String
  /// The path.
  let path: String
  /// How to get the files, for the error that says they are missing.
  let remedy: String

  /// Returns the paths of `names`, in order.
  ///
  /// - Throws: `filesMissing` with every name that is there neither as it is nor with `.gz`.
  func find(_ names: [String]) throws(DataError) -> [String] {
    let found = names.map { name in [name, name + ".gz"].first(where: exists) }
    let missing = zip(names, found).filter { $1 == nil }.map(\.0)
    guard missing.isEmpty else { throw fault(missing: missing) }
    return found.compactMap { $0.map(location) }
  }

  /// Returns the paths of all files whose names are `prefix`, anything, `suffix`, each perhaps with `.gz`.
  ///
  /// Shorter names come first, and then by their bytes, so that batch 2 comes before batch 10. Where a file is there
  /// both ways, the plain one is taken.
  ///
  /// - Throws: `filesMissing` if there is none.
  func findAll(prefix: String, suffix: String) throws(DataError) -> [String] {
    let entries = (try? FileManager.default.contentsOfDirectory(atPath: path)) ?? []
    let names = Set(entries.map { $0.hasSuffix(".gz") ? String($0.dropLast(3)) : $0 })
      .filter { $0.hasPrefix(prefix) && $0.hasSuffix(suffix) && $0.utf8.count >= prefix.utf8.count + suffix.utf8.count }
      .sorted { ($0.utf8.count, $0) < ($1.utf8.count, $1) }
    guard !names.isEmpty else { throw fault(missing: ["\(prefix)*\(suffix)"]) }
    return try find(names)
  }

  private func exists(_ name: String) -> Bool {
    FileManager.default.fileExists(atPath: location(name))
  }

  private func location(_ name: String) -> String {
    path.hasSuffix("/") ? path + name : path + "/" + name
  }

  private func fault(missing: [String]) -> DataError {
    .filesMissing(dataset: dataset, directory: path, missing: missing, remedy: remedy)
  }
}
