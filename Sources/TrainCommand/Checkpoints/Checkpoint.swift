internal import AsyncSGD
internal import Interchange
internal import Kernels
internal import NeuralNet

/// A saved run: what was trained, and where it stands.
///
/// The file is safetensors. Each parameter is a tensor under its dotted name with the shape that PyTorch has it in
/// (`conv1.weight`, `[6, 1, 5, 5]`), so that other tools can load the model. Beside them, `optimizer.<vector>.<name>`
/// holds each vector of the optimizer's state and `rule.<vector>.<name>` the rule's, and the metadata under `asgd.` their
/// numbers, the settings and the position of the run.
struct Checkpoint {
  /// The settings that the run was made with.
  var settings: RunSettings
  /// The model of `settings`, shaped for the images of its data set.
  var model: ShapedModel
  /// The parameters and the position, laid out by `model`.
  var state: TrainerState

  /// The version of the metadata's format.
  private static let formatVersion = 1
  private static let prefix = "asgd."
  /// The largest count that a position may have; sums of a few of them are far from overflowing.
  private static let largestCount = 1 << 53
  private static let largestScalar = Double.greatestFiniteMagnitude

  init(settings: RunSettings, model: ShapedModel, state: TrainerState) {
    self.settings = settings
    self.model = model
    self.state = state
  }

  /// Reads a checkpoint that ``write(to:)`` wrote.
  ///
  /// - Throws: ``CheckpointError``; a file that is no safetensors file is an error of `Interchange`.
  init(reading path: String) throws {
    let file = try SafetensorsFile(reading: path)
    let fields = MetadataFields(file.metadata, prefix: Self.prefix, path: path)
    let version = try fields.integer("format", in: 1...Int.max)
    guard version == Self.formatVersion else {
      throw CheckpointError.unknownFormat(path: path, version: version, supported: Self.formatVersion)
    }
    settings = try RunSettings(fields)
    let inputShape = try fields.shape("inputShape")
    let classes = try fields.integer("classes", in: SummaryOptions.classRange)
    do {
      model = try settings.shapedModel(input: inputShape, classes: classes)
    } catch {
      throw CheckpointError.impossibleModel(path: path, reason: "\(error)")
    }
    let names = try fields.list("optimizerState")
    let needed = settings.configuration.neededState
    if let missing = needed.vectors.first(where: { !names.contains($0) }) {
      throw fields.malformed(
        "optimizerState", "a list with '\(missing)', which '\(settings.configuration.optimizer.rawValue)' needs")
    }
    let parameters = try Self.vector(from: file, prefix: "", layout: model.layout, path: path)
    var carried = CarriedState()
    for name in names {
      carried.vectors[name] = try Self.vector(
        from: file, prefix: Self.tensorPrefix(of: name), layout: model.layout, path: path)
    }
    for field in Set(fields.names(beginningWith: Self.scalarPrefix) + needed.scalars.map { Self.scalarPrefix + $0 }) {
      let name = String(field.dropFirst(Self.scalarPrefix.count))
      carried.scalars[name] = try fields.number(field, in: -Self.largestScalar...Self.largestScalar)
    }
    let counts = 0...Self.largestCount
    let trainingExamples = try fields.integer("trainingExamples", in: 1...Self.largestCount)
    let minibatches = (trainingExamples - 1) / settings.configuration.batchSize + 1
    state = TrainerState(
      parameters: parameters, carried: carried,
      version: try fields.integer("updates", in: counts),
      epoch: try fields.integer("epoch", in: 0...settings.configuration.epochs),
      nextMinibatch: try fields.integer("nextMinibatch", in: 0...minibatches - 1), trainingExamples: trainingExamples,
      examples: try fields.integer("examples", in: counts))
  }

  /// Checks that the run can go on with the data that there are.
  ///
  /// - Parameters:
  ///   - model: The model, shaped for the data.
  ///   - trainingExamples: The number of examples in the training set.
  ///   - path: The file that this checkpoint was read from.
  /// - Throws: ``CheckpointError/otherData(path:made:found:)``.
  func check(fits model: ShapedModel, trainingExamples: Int, path: String) throws(CheckpointError) {
    func data(_ model: ShapedModel, _ examples: Int) -> String {
      "\(examples) images of \(model.inputShape) in \(model.classes) classes"
    }
    let made = data(self.model, state.trainingExamples)
    let found = data(model, trainingExamples)
    guard made == found else { throw .otherData(path: path, made: made, found: found) }
  }

  /// Writes the checkpoint beside `path`, syncs it, and renames it to `path`.
  ///
  /// - Parameter path: The file, replaced whole or not at all.
  /// - Throws: `AtomicFileError`; what was at `path` before is still there.
  func write(to path: String) throws {
    var tensors = Self.tensors(of: state.parameters, prefix: "", layout: model.layout)
    let vectors = state.carried.vectors.sorted { $0.key < $1.key }
    for (name, vector) in vectors {
      tensors += Self.tensors(of: vector, prefix: Self.tensorPrefix(of: name), layout: model.layout)
    }
    var metadata = settings.metadata
    metadata["format"] = "\(Self.formatVersion)"
    metadata["version"] = Program.version
    metadata["inputShape"] = model.inputShape.dimensions.map(String.init).joined(separator: "x")
    metadata["classes"] = "\(model.classes)"
    metadata["optimizerState"] = vectors.map(\.key).joined(separator: ",")
    for (name, number) in state.carried.scalars { metadata[Self.scalarPrefix + name] = "\(number)" }
    metadata["updates"] = "\(state.version)"
    metadata["epoch"] = "\(state.epoch)"
    metadata["nextMinibatch"] = "\(state.nextMinibatch)"
    metadata["trainingExamples"] = "\(state.trainingExamples)"
    metadata["examples"] = "\(state.examples)"
    let prefixed = Dictionary(uniqueKeysWithValues: metadata.map { (Self.prefix + $0.key, $0.value) })
    try SafetensorsFile(tensors: tensors, metadata: prefixed).write(to: path)
  }

  /// Before the names of numbers that optimizer and rule carry over.
  private static let scalarPrefix = "state."

  /// What the names of a vector's tensors begin with: a vector whose name says whose it is has that name.
  private static func tensorPrefix(of vector: String) -> String {
    vector.contains(".") ? "\(vector)." : "optimizer.\(vector)."
  }

  private static func tensors(of vector: [Float], prefix: String, layout: ParameterLayout) -> [NamedTensor] {
    layout.entries.map { entry in
      NamedTensor(name: prefix + entry.name, shape: entry.shape, values: vector[entry.range])
    }
  }

  /// Gathers the tensors of `layout` into one flat vector.
  private static func vector(
    from file: SafetensorsFile, prefix: String, layout: ParameterLayout, path: String
  ) throws(CheckpointError) -> [Float] {
    var slices: [ArraySlice<Float>] = []
    for entry in layout.entries {
      let name = prefix + entry.name
      guard let tensor = file[name] else { throw .missingTensor(path: path, tensor: name) }
      guard tensor.shape == entry.shape else {
        throw .shapeMismatch(path: path, tensor: name, expected: entry.shape, actual: tensor.shape)
      }
      if let index = tensor.values.firstIndex(where: { !$0.isFinite }) {
        throw .nonFiniteValue(path: path, tensor: name, index: index - tensor.values.startIndex)
      }
      slices.append(tensor.values)
    }
    return Array(slices.joined())
  }
}
