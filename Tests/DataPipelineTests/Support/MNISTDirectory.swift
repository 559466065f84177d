import DataPipeline

/// A directory with the four files of a data set of IDX files: three training and two test images unless told
/// otherwise, and any of the files replaced.
struct MNISTDirectory {
  let directory: TemporaryDirectory

  init(
    prefixes: (training: String, test: String) = ("train", "t10k"),
    labels: (training: [UInt8], test: [UInt8]) = ([7, 0, 9], [1, 2]), replacing: [String: [UInt8]] = [:]
  ) throws {
    directory = try TemporaryDirectory()
    for (prefix, labels) in [(prefixes.training, labels.training), (prefixes.test, labels.test)] {
      let count = UInt32(labels.count)
      try directory.write("\(prefix)-images-idx3-ubyte", idx([count, 28, 28], Self.images(count: labels.count)))
      try directory.write("\(prefix)-labels-idx1-ubyte", idx([count], labels))
    }
    for (name, bytes) in replacing { try directory.write(name, bytes) }
  }

  /// Pixels in which neighbours, transposed positions and images differ.
  static func images(count: Int) -> [UInt8] {
    (0..<count * 784).map { UInt8(truncatingIfNeeded: $0 * 31 + $0 / 784) }
  }

  /// Loads the directory, and returns what is wrong with it, or `nil`.
  func fault(_ dataset: String = "mnist") -> DataError? {
    do throws(DataError) {
      _ = try DatasetCatalog.load(dataset, directory: directory.path)
      return nil
    } catch {
      return error
    }
  }
}
