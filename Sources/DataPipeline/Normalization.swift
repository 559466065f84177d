/// How a data set's bytes become the numbers that a model sees: one mean and one deviation per channel.
///
/// A pixel of byte `p` in channel `c` becomes
///
///     x = (p / 255 − mean[c]) / deviation[c]
///
/// computed as `p · scale[c] + offset[c]`, one multiplication and one addition in `Float`.
public struct Normalization: Hashable, Sendable {
  /// The mean of pixel / 255, by channel.
  public let mean: [Float]
  /// The standard deviation of pixel / 255, by channel; greater than 0.
  public let deviation: [Float]
  /// 1 / (255 · deviation), by channel.
  public let scale: [Float]
  /// −mean / deviation, by channel.
  public let offset: [Float]

  /// Creates a normalization.
  ///
  /// - Precondition: There is one finite mean and one finite deviation above 0 for each channel, at least one of each.
  public init(mean: [Float], deviation: [Float]) {
    precondition(
      !mean.isEmpty && mean.count == deviation.count,
      "\(mean.count) means and \(deviation.count) deviations are not one of each per channel")
    precondition(mean.allSatisfy(\.isFinite), "every mean must be finite: \(mean)")
    precondition(
      deviation.allSatisfy { $0 > 0 && $0.isFinite }, "every deviation must be finite and greater than 0: \(deviation)")
    self.mean = mean
    self.deviation = deviation
    self.scale = deviation.map { Float(1 / (255 * Double($0))) }
    self.offset = zip(mean, deviation).map { Float(-Double($0) / Double($1)) }
  }

  /// Measures images: the mean and the (population) standard deviation of each channel.
  ///
  /// The sums are exact integers, so the result does not depend on the order of the images. A channel of one value
  /// throughout has no deviation; it gets that of one grey level, 1/255.
  ///
  /// - Parameters:
  ///   - images: Pixels of shape `[N, C, H, W]`, N at least 1.
  ///   - shape: `C×H×W`.
  public init(measuring images: [UInt8], shape: ImageShape) {
    precondition(
      !images.isEmpty && images.count.isMultiple(of: shape.count),
      "\(images.count) pixels are not a whole number of \(shape) images, at least one")
    var sums = [UInt64](repeating: 0, count: shape.channels)
    var squares = [UInt64](repeating: 0, count: shape.channels)
    let plane = shape.planeCount
    images.withUnsafeBufferPointer { pixels in
      for start in stride(from: 0, to: pixels.count, by: plane) {
        var sum: UInt64 = 0
        var square: UInt64 = 0
        for index in start..<start + plane {
          let pixel = UInt64(pixels[index])
          sum &+= pixel
          square &+= pixel &* pixel
        }
        let channel = start / plane % shape.channels
        sums[channel] += sum
        squares[channel] += square
      }
    }
    let count = Double(images.count / shape.channels)
    var mean: [Float] = []
    var deviation: [Float] = []
    for channel in 0..<shape.channels {
      let first = Double(sums[channel]) / count
      let variance = Double(squares[channel]) / count - first * first
      mean.append(Float(first / 255))
      deviation.append(sums[channel] == 0 || variance < 1e-6 ? 1 / 255 : Float(variance.squareRoot() / 255))
    }
    self.init(mean: mean, deviation: deviation)
  }
}
