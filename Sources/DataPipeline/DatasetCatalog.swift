/// The data sets that can be named, and how to load them.
public enum DatasetCatalog {
  /// One data set of the catalogue.
  public struct Entry: Hashable, Sendable {
    /// What `--dataset` calls it.
    public let name: String
    /// One line about it.
    public let summary: String
    /// The extents of its images.
    public let shape: ImageShape
    /// What each label stands for, by label.
    public let classNames: [String]
    /// Whether it is made by the program itself, so that it needs no files.
    public let isEmbedded: Bool
    /// Where its files are looked for if no directory is given, relative to the current directory.
    public var defaultDirectory: String { "Datasets/\(name)" }

    let source: Source
    /// `nil` if it is measured on the training images.
    let normalization: Normalization?
  }

  /// Where a data set's bytes come from.
  enum Source: Hashable, Sendable {
    /// Strokes drawn by the program.
    case strokes
    /// Four IDX files.
    case idx(IDXLayout)
    /// Any number of `data_batch_*.bin`, and `test_batch.bin`.
    case cifar
  }

  /// What distinguishes one data set of IDX files from another.
  struct IDXLayout: Hashable, Sendable {
    /// What the names of the training and of the test files begin with.
    let training: String
    let test: String
    /// Labels as the files have them; the first becomes 0.
    let labelRange: ClosedRange<Int>
    /// Whether the files store images column by column.
    let isTransposed: Bool
    /// How to get the files.
    let remedy: String

    /// Images and labels of the training set, then of the test set.
    var fileNames: [String] {
      [training, test].flatMap { ["\($0)-images-idx3-ubyte", "\($0)-labels-idx1-ubyte"] }
    }
  }

  /// Every data set, in the order in which they are listed.
  public static let all: [Entry] = [digits, mnist, fashionMNIST, emnistLetters, cifar10]

  /// Returns the paths of the files that ``load(_:directory:)`` would read, as far as they are there.
  public static func files(of name: String, directory: String? = nil) -> [String] {
    guard let entry = all.first(where: { $0.name == name }) else { return [] }
    let files = DatasetDirectory(dataset: name, path: directory ?? entry.defaultDirectory, remedy: "")
    switch entry.source {
    case .strokes: return []
    case .idx(let layout): return layout.fileNames.compactMap { try? files.find([$0]).first }
    case .cifar:
      return ((try? files.find(["test_batch.bin"])) ?? [])
        + ((try? files.findAll(prefix: "data_batch_", suffix: ".bin")) ?? [])
    }
  }

  /// Loads both splits of a data set.
  ///
  /// Files may be plain or gzip, with `.gz` behind their names or not. Everything about them is checked before
  /// anything is returned. Blocks the calling thread.
  ///
  /// - Parameters:
  ///   - name: A name of ``all``.
  ///   - directory: The directory of the files, or `nil` for ``Entry/defaultDirectory``. An embedded data set has no
  ///     files, and ignores it.
  /// - Returns: The training and the test split.
  /// - Throws: ``DataError``: `unknownDataset`, with the names that there are; `filesMissing`, with the files that were
  ///   looked for and how to get them; or what is wrong with a file.
  public static func load(_ name: String, directory: String? = nil) throws(DataError) -> DatasetPair {
    guard let entry = all.first(where: { $0.name == name }) else {
      throw .unknownDataset(name: name, known: all.map(\.name))
    }
    let path = directory ?? entry.defaultDirectory
    switch entry.source {
    case .strokes:
      return SyntheticDigits.generate()
    case .idx(let layout):
      return try load(entry, layout, from: DatasetDirectory(dataset: name, path: path, remedy: layout.remedy))
    case .cifar:
      let files = DatasetDirectory(dataset: name, path: path, remedy: fetchRemedy("cifar10"))
      let test = try files.find(["test_batch.bin"])
      let training = try files.findAll(prefix: "data_batch_", suffix: ".bin")
      return pair(entry, training: try CIFARDecoder.decode(training), test: try CIFARDecoder.decode(test))
    }
  }

  private static func load(
    _ entry: Entry, _ layout: IDXLayout, from files: DatasetDirectory
  ) throws(DataError) -> DatasetPair {
    let paths = try files.find(layout.fileNames)
    func split(_ imagesFile: String, _ labelsFile: String) throws(DataError) -> (images: [UInt8], labels: [UInt8]) {
      var split = try IDXDecoder.decode(
        imagesFile: imagesFile, labelsFile: labelsFile, height: entry.shape.height, width: entry.shape.width,
        labelRange: layout.labelRange)
      if layout.isTransposed { transpose(&split.images, side: entry.shape.height) }
      return split
    }
    return pair(entry, training: try split(paths[0], paths[1]), test: try split(paths[2], paths[3]))
  }

  private static func pair(
    _ entry: Entry, training: (images: [UInt8], labels: [UInt8]), test: (images: [UInt8], labels: [UInt8])
  ) -> DatasetPair {
    let normalization = entry.normalization ?? Normalization(measuring: training.images, shape: entry.shape)
    func dataset(_ split: (images: [UInt8], labels: [UInt8])) -> Dataset {
      Dataset(
        name: entry.name, shape: entry.shape, classNames: entry.classNames, normalization: normalization,
        images: split.images, labels: split.labels)
    }
    return DatasetPair(training: dataset(training), test: dataset(test))
  }

  /// Exchanges rows and columns of every square image, in place.
  static func transpose(_ images: inout [UInt8], side: Int) {
    images.withUnsafeMutableBufferPointer { pixels in
      for start in stride(from: 0, to: pixels.count, by: side * side) {
        for row in 0..<side {
          for column in 0..<row {
            pixels.swapAt(start + row * side + column, start + column * side + row)
          }
        }
      }
    }
  }

  static func fetchRemedy(_ name: String) -> String {
    "To download it into Datasets/\(name), run: Tools/fetch-datasets \(name)"
  }
}
