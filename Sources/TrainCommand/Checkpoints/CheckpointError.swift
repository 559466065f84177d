internal import AsyncSGD

/// Why a safetensors file is no checkpoint to resume.
enum CheckpointError: Error, Hashable, CustomStringConvertible {
  /// The metadata lack a field.
  case missingField(path: String, field: String)
  /// A field of the metadata has a value that it cannot have.
  case malformedField(path: String, field: String, value: String, expected: String)
  /// The metadata have a field that would change the run, but that this program does not know.
  case unknownField(path: String, field: String)
  /// The settings mean nothing together.
  case contradiction(path: String, conflict: Conflict)
  /// The checkpoint was written by a later version of the program.
  case unknownFormat(path: String, version: Int, supported: Int)
  /// The model that the settings ask for does not exist.
  case impossibleModel(path: String, reason: String)
  /// The run was made with another number of images, or with images of another shape or other classes.
  case otherData(path: String, made: String, found: String)
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
    case .unknownField(let path, let field):
      "'\(path)': this program knows no '\(field)', which the metadata have"
    case .contradiction(let path, let conflict):
      "'\(path)' has settings that mean nothing together: \(conflict.message(isGiven: false))"
    case .unknownFormat(let path, let version, let supported):
      "'\(path)' has checkpoint format \(version), and this program reads format \(supported)"
    case .impossibleModel(let path, let reason):
      "'\(path)' describes a model that cannot be: \(reason)"
    case .otherData(let path, let made, let found):
      "'\(path)' was made with \(made), but the data set has \(found)"
    case .missingTensor(let path, let tensor):
      "'\(path)' has no tensor '\(tensor)', which its model needs"
    case .shapeMismatch(let path, let tensor, let expected, let actual):
      "'\(path)': tensor '\(tensor)' has shape \(actual), but its model needs \(expected)"
    case .nonFiniteValue(let path, let tensor, let index):
      "'\(path)': element \(index) of tensor '\(tensor)' is not finite"
    }
  }
}
