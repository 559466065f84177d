import Foundation

/// The four files of a data set like MNIST, with few images, so that a run of many epochs takes no time.
struct TinyMNIST {
  static let trainingExamples = 80
  static let testExamples = 20

  let directory: TemporaryDirectory
  /// The path, for `--data-dir`.
  var path: String { directory.path }

  /// Writes the files; the last part of the directory's name is `suffix`.
  init(suffix: String = "") throws {
    directory = try TemporaryDirectory(suffix: suffix)
    for (prefix, count) in [("train", Self.trainingExamples), ("t10k", Self.testExamples)] {
      try directory.write(
        "\(prefix)-images-idx3-ubyte", Self.header([count, 28, 28]) + (0..<count).flatMap(Self.image))
      try directory.write("\(prefix)-labels-idx1-ubyte", Self.header([count]) + (0..<count).map { UInt8($0 % 10) })
    }
  }

  /// The beginning of an IDX file of unsigned bytes.
  static func header(_ extents: [Int]) -> [UInt8] {
    [0, 0, 8, UInt8(extents.count)] + extents.flatMap { [0, 0, UInt8($0 >> 8), UInt8($0 & 255)] }
  }

  /// A bar whose place tells the label, over noise that tells the images of a label apart.
  private static func image(_ index: Int) -> [UInt8] {
    (0..<784).map { pixel in
      let isBar = pixel / 28 / 2 == index % 10 + 2
      return isBar ? 220 : UInt8((pixel * 37 + index * 101) % 89)
    }
  }
}
