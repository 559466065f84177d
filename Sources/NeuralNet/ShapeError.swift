public import Kernels

/// Why a model does not fit an input shape: which layer, which axis, and both values.
///
/// A layer throws one from ``Layer/shaped(for:)`` with the ``reason`` alone. What contains the layer adds where it was:
/// ``Sequential`` the layer's name, ``Model/shaped(for:)`` the model's.
public struct ShapeError: Error, Hashable, Sendable {
  /// What is wrong.
  public enum Reason: Hashable, Sendable {
    /// The layer needs `[C, H, W]`.
    case needsImage
    /// The layer needs a flat list of values.
    case needsFlatInput
    /// A window does not fit, or an extent is out of its domain.
    case geometry(GeometryError)
    /// An extent is less than 1.
    case emptyAxis(index: Int, extent: Int)
    /// There are more values than `maximum`.
    case tooLarge(what: String, maximum: Int)
    /// The model's output is no list of logits.
    case outputIsNotFlat(Shape)
    /// The model has no parameters.
    case nothingToTrain
  }

  /// What is wrong.
  public let reason: Reason
  /// The input of the layer that does not fit, or of the model if it is no single layer's fault.
  public let input: Shape
  /// The dotted path of the layer, such as `conv2`, or `nil` if it is no single layer's fault.
  public private(set) var layer: String?
  /// The hyperparameters of the layer in words.
  public private(set) var layerSummary: String?
  /// The name of the model and its input, once known.
  public private(set) var model: String?
  /// The input of the model, once known.
  public private(set) var modelInput: Shape?

  /// Creates an error that names no layer yet.
  ///
  /// - Parameters:
  ///   - reason: What is wrong.
  ///   - input: The input that the layer was asked to take.
  public init(_ reason: Reason, input: Shape) {
    self.reason = reason
    self.input = input
  }

  /// Returns this error with `name` put in front of the layer's path.
  ///
  /// - Parameters:
  ///   - name: The name of the layer inside its container.
  ///   - summary: The layer's ``Layer/summary``; kept only if the error names no layer inside it.
  /// - Returns: The error with the longer path.
  public func located(in name: String, summary: String) -> ShapeError {
    var located = self
    located.layer = layer.map { "\(name).\($0)" } ?? name
    located.layerSummary = layerSummary ?? summary
    return located
  }

  /// Returns this error as one of the model named `name` for `input`.
  func located(inModel name: String, input: Shape) -> ShapeError {
    var located = self
    located.model = name
    located.modelInput = input
    return located
  }
}

extension ShapeError: CustomStringConvertible {
  /// A sentence that names model, layer, axis and both values.
  public var description: String {
    var sentence = ""
    if let model, let modelInput { sentence += "model \(model) does not take inputs of \(modelInput): " }
    if let layer { sentence += "layer \(layer) (\(layerSummary ?? "")): " }
    switch reason {
    case .needsImage:
      sentence += "it takes images of channels×height×width, but its input is \(input)"
    case .needsFlatInput:
      sentence += "it takes a flat list of values, but its input is \(input)"
    case .geometry(let error):
      sentence += "\(error.description); its input is \(input)"
    case .emptyAxis(let index, let extent):
      sentence += "axis \(index) has extent \(extent), but must have at least 1"
    case .tooLarge(let what, let maximum):
      sentence += "\(what) has more than \(maximum) values"
    case .outputIsNotFlat(let output):
      sentence += "its output is \(output), but a classifier's output is one flat list of logits"
    case .nothingToTrain:
      sentence += "it has no parameters to train"
    }
    return sentence
  }
}
