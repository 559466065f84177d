import Foundation
import Randomness

/// What PyTorch computed; `Tools/make-golden` writes the files and says how.
enum Golden {
  struct Layers: Decodable {
    let stream: Stream
    let layers: [Layer]
    let loss: Loss
  }

  /// The random stream of the dropout masks.
  struct Stream: Decodable {
    let seed: UInt64
    let purpose: UInt32
    let worker: Int
    let step: Int

    func makeStream() throws -> RandomStream {
      guard let purpose = RandomStream.Purpose(rawValue: purpose) else { throw CocoaError(.coderInvalidValue) }
      return RandomStream(seed: seed, purpose: purpose, worker: worker, step: step)
    }
  }

  /// One layer on a minibatch of waves: input of phase 1, parameters half of phase 2, output gradient of phase 3.
  struct Layer: Decodable {
    let name: String
    let input: [Int]
    let examples: Int
    let output: [Double]
    let inputGradient: [Double]
    let parameterGradient: [Double]
  }

  struct Loss: Decodable {
    let classes: Int
    let labels: [Int32]
    let logits: [Double]
    let loss: Double
    let correct: Int
    let gradient: [Double]
  }

  struct Models: Decodable {
    let stream: Stream
    let models: [Model]
  }

  /// One model of the zoo with the initial parameters of a seed, on a minibatch of waves of phase 1.
  struct Model: Decodable {
    struct Tensor: Decodable {
      let name: String
      let shape: [Int]
      let first: Double
      let gradientNorm: Double
    }

    let name: String
    let input: [Int]
    let seed: UInt64
    let labels: [Int32]
    let parameterCount: Int
    let tensors: [Tensor]
    let logits: [Double]
    let trainingLoss: Double
    let probeStride: Int
    let gradientProbes: [Double]
  }

  /// Ten steps of plain SGD of `lenet5`.
  struct LossCurve: Decodable {
    let examples: Int
    let learningRate: Double
    let lossSums: [Double]
    let correct: [Int]
    let finalNorms: [Double]
  }

  /// Returns a file of the fixtures.
  static func load<Content: Decodable>(_ file: String, as type: Content.Type = Content.self) throws -> Content {
    let folder = Bundle.module.bundleURL.appendingPathComponent("Fixtures")
    return try JSONDecoder().decode(type, from: Data(contentsOf: folder.appendingPathComponent(file)))
  }

  /// Returns sin(1.7·i + 1.3·phase), rounded to `Float`.
  static func wave(_ count: Int, phase: Int) -> [Double] {
    (0..<count).map { Double(Float(sin(1.7 * Double($0) + 1.3 * Double(phase)))) }
  }
}
