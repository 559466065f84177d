internal import AsyncSGD
internal import Interchange
internal import Kernels
internal import NeuralNet

/// A saved run: what was trained, and where it stands.
///
/// The file is safetensors. Each parameter is a tensor under its dotted name with the shape that PyTorch has it in
/// (`conv1.weight`, `[6, 1, 5, 5]`), so that other tools can load the model. Beside them, `optimizer.<vector>.<name>`
/// holds each vector of the optimizer's state, and the metadata under `asgd.` the settings and the position of the run.
struct Checkpoint {
  /// The settings that the run was made with.
  var settings: RunSettings
  /// The parameters and the position, laid out by the model of `settings`.
  var state: TrainerState

  /// The version of the metadata's format.
  private static let formatVersion = 1
  private static let prefix = "asgd."

  init(settings: RunSettings, state: TrainerState) {
    self.settings = settings
    self.state = state
  }

  /// Reads a checkpoint that ``write(to:layout:)`` wrote.
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
    let layout = try settings.shapedModel(
      input: try fields.shape("inputShape"), classes: try fields.integer("classes", in: 1...Int.max)
    )
    .layout
    let vectors = try fields.list("optimizerState")
    let parameters = try Self.vector(from: file, prefix: "", layout: layout, path: path)
    var optimizerState: [String: [Float]] = [:]
    for vector in vectors {
      optimizerState[vector] = try Self.vector(
        from: file, prefix: "optimizer.\(vector).", layout: layout, path: path)
    }
    state = TrainerState(
      parameters: parameters, optimizerState: optimizerState, version: try fields.integer("updates", in: 0...Int.max),
      epoch: try fields.integer("epoch", in: 0...Int.max),
      nextMinibatch: try fields.integer("nextMinibatch", in: 0...Int.max),
      examples: try fields.integer("examples", in: 0...Int.max))
  }

  /// Writes the checkpoint beside `path`, syncs it, and renames it to `path`.
  ///
  /// - Parameters:
  ///   - path: The file, replaced whole or not at all.
  ///   - model: The model that the state is laid out by.
  /// - Throws: `AtomicFileError`; what was at `path` before is still there.
  func write(to path: String, model: ShapedModel) throws {
    var tensors = Self.tensors(of: state.parameters, prefix: "", layout: model.layout)
    let vectors = state.optimizerState.sorted { $0.key < $1.key }
    for (name, vector) in vectors {
      tensors += Self.tensors(of: vector, prefix: "optimizer.\(name).", layout: model.layout)
    }
    var metadata = settings.metadata
    metadata["format"] = "\(Self.formatVersion)"
    metadata["version"] = Program.version
    metadata["inputShape"] = model.inputShape.dimensions.map(String.init).joined(separator: "x")
    metadata["classes"] = "\(model.classes)"
    metadata["optimizerState"] = vectors.map(\.key).joined(separator: ",")
    metadata["updates"] = "\(state.version)"
    metadata["epoch"] = "\(state.epoch)"
    metadata["nextMinibatch"] = "\(state.nextMinibatch)"
    metadata["examples"] = "\(state.examples)"
    let prefixed = Dictionary(uniqueKeysWithValues: metadata.map { (Self.prefix + $0.key, $0.value) })
    try SafetensorsFile(tensors: tensors, metadata: prefixed).write(to: path)
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
    var vector: [Float] = []
    vector.reserveCapacity(layout.count)
    for entry in layout.entries {
      let name = prefix + entry.name
      guard let tensor = file[name] else { throw .missingTensor(path: path, tensor: name) }
      guard tensor.shape == entry.shape else {
        throw .shapeMismatch(path: path, tensor: name, expected: entry.shape, actual: tensor.shape)
      }
      if let index = tensor.values.firstIndex(where: { !$0.isFinite }) {
        throw .nonFiniteValue(path: path, tensor: name, index: index - tensor.values.startIndex)
      }
      vector += tensor.values
    }
    return vector
  }
}

/// Why a safetensors file is no checkpoint to resume.
enum CheckpointError: Error, Hashable, CustomStringConvertible {
  /// The metadata lack a field.
  case missingField(path: String, field: String)
  /// A field of the metadata has a value that it cannot have.
  case malformedField(path: String, field: String, value: String, expected: String)
  /// The checkpoint was written by a later version of the program.
  case unknownFormat(path: String, version: Int, supported: Int)
  /// A tensor of the model is not in the file.
  case missingTensor(path: String, tensor: String)
  /// A tensor has another shape than the model's.
  case shapeMismatch(path: String, tensor: String, expected: [Int], actual: [Int])
  /// A tensor holds a NaN or an infinity.
  case nonFiniteValue(path: String, tensor: String, index: Int)

  var description: String {
    switch self {
    case .missingField(let path, let field):
      "'\(path)' is no checkpoint of asgd-train: its metadata have no '\(field)'"
    case .malformedField(let path, let field, let value, let expected):
      "'\(path)': '\(field)' of the metadata is '\(value)', and must be \(expected)"
    case .unknownFormat(let path, let version, let supported):
      "'\(path)' has checkpoint format \(version), and this program reads format \(supported)"
    case .missingTensor(let path, let tensor):
      "'\(path)' has no tensor '\(tensor)', which its model needs"
    case .shapeMismatch(let path, let tensor, let expected, let actual):
      "'\(path)': tensor '\(tensor)' has shape \(actual), but its model needs \(expected)"
    case .nonFiniteValue(let path, let tensor, let index):
      "'\(path)': element \(index) of tensor '\(tensor)' is not finite"
    }
  }
}
