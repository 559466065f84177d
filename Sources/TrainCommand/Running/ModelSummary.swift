internal import DataPipeline
internal import Foundation
internal import Kernels
internal import NeuralNet

/// What `summary` prints: the layers of a model, their outputs and their parameters.
struct ModelSummary {
  private let model: ShapedModel
  private let isJSON: Bool

  /// Fits the model to the input.
  ///
  /// - Throws: ``ShapeError`` if it does not fit.
  init(_ options: SummaryOptions) throws {
    let modelOptions = ModelOptions(
      classes: options.classes, hidden: options.hidden?.units, activation: options.activation)
    let input = Shape([options.input.channels, options.input.height, options.input.width])
    model = try ModelZoo.make(options.model, options: modelOptions).shaped(for: input)
    isJSON = options.isJSON
  }

  /// A table, or a line of JSON.
  var text: String {
    isJSON ? json : table
  }

  private var table: String {
    var rows = [["layer", "kind", "output", "parameters"], ["input", "", "\(model.inputShape)", ""]]
    for layer in model.layers {
      rows.append([
        layer.name, layer.summary, "\(layer.outputShape)",
        layer.parameterCount == 0 ? "" : "\(layer.parameterCount)",
      ])
    }
    rows.append(["total", "", "", "\(model.layout.count)"])
    let widths = (0..<4).map { column in rows.map { $0[column].count }.max() ?? 0 }
    return rows.map { row in
      let cells = row.enumerated().map { column, cell in
        let space = String(repeating: " ", count: widths[column] - cell.count)
        return column == 3 ? space + cell : cell + space
      }
      return cells.joined(separator: "  ").trimmingTrailingSpaces() + "\n"
    }.joined()
  }

  private struct Record: Encodable {
    struct Layer: Encodable {
      let name: String
      let kind: String
      let output: [Int]
      let parameters: Int
    }
    let model: String
    let input: [Int]
    let classes: Int
    let parameters: Int
    let layers: [Layer]
  }

  private var json: String {
    let record = Record(
      model: model.model.name, input: model.inputShape.dimensions, classes: model.classes,
      parameters: model.layout.count,
      layers: model.layers.map {
        Record.Layer(
          name: $0.name, kind: $0.summary, output: $0.outputShape.dimensions, parameters: $0.parameterCount)
      })
    let encoder = JSONEncoder()
    encoder.outputFormatting = [.sortedKeys]
    do {
      return String(decoding: try encoder.encode(record), as: UTF8.self) + "\n"
    } catch {
      preconditionFailure("integers and strings do not encode: \(error)")
    }
  }
}

extension String {
  fileprivate func trimmingTrailingSpaces() -> String {
    var text = self
    while text.last == " " { text.removeLast() }
    return text
  }
}
