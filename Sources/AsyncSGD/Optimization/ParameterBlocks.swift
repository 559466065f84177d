public import NeuralNet

/// How the server cuts the parameters into blocks that stay in a cache while rule and optimizer pass over them.
public struct ParameterBlocks: Sendable {
  /// A stretch of the flat vector that is treated alike.
  public struct Block: Hashable, Sendable {
    /// The parameters of the block.
    public let range: Range<Int>
    /// λ of these parameters.
    public let weightDecay: Float
  }

  /// The most parameters of a block: 8 KiB, so that a rule's result is still in the first-level cache when the
  /// optimizer reads it.
  public static let capacity = 2048

  /// The blocks, in order.
  public let blocks: [Block]
  /// The number of parameters.
  public let count: Int

  /// Cuts a model's parameters.
  ///
  /// Weight decay pulls weights only: biases, and whatever else has a single axis, are left alone, as is usual since
  /// Krizhevsky et al. 2012.
  public init(_ layout: ParameterLayout, weightDecay: Double) {
    self.init(
      tensors: layout.entries.map { ($0.range.count, $0.shape.count > 1 ? Float(weightDecay) : 0) })
  }

  /// Cuts `count` parameters that are all weights.
  public init(count: Int, weightDecay: Float = 0) {
    self.init(tensors: [(count, weightDecay)])
  }

  private init(tensors: [(count: Int, weightDecay: Float)]) {
    var runs: [(range: Range<Int>, weightDecay: Float)] = []
    var end = 0
    for tensor in tensors {
      let range = end..<end + tensor.count
      end = range.upperBound
      if let last = runs.last, last.weightDecay == tensor.weightDecay {
        runs[runs.count - 1].range = last.range.lowerBound..<end
      } else {
        runs.append((range, tensor.weightDecay))
      }
    }
    count = end
    blocks = runs.flatMap { run in
      stride(from: run.range.lowerBound, to: run.range.upperBound, by: Self.capacity).map { start in
        Block(
          range: start..<min(start + Self.capacity, run.range.upperBound), weightDecay: run.weightDecay)
      }
    }
  }

  private init(_ blocks: [Block], count: Int) {
    self.blocks = blocks
    self.count = count
  }

  /// Returns the blocks of a part of the parameters.
  func blocks(in part: Range<Int>) -> [Block] {
    blocks.compactMap { block in
      let range = block.range.clamped(to: part)
      return range.isEmpty ? nil : Block(range: range, weightDecay: block.weightDecay)
    }
  }

  /// Returns a part of the parameters by itself, counted from its first one.
  func part(_ part: Range<Int>) -> ParameterBlocks {
    let pieces = blocks(in: part).map { block in
      Block(
        range: block.range.lowerBound - part.lowerBound..<block.range.upperBound - part.lowerBound,
        weightDecay: block.weightDecay)
    }
    return ParameterBlocks(pieces, count: part.count)
  }

  /// Divides `count` parameters into parts of the same size, or as near to it as can be.
  static func parts(_ parts: Int, of count: Int) -> [Range<Int>] {
    (0..<parts).map { $0 * count / parts..<($0 + 1) * count / parts }
  }
}
