import DataPipeline
import Testing

@Suite("Normalization")
struct NormalizationTests {
  private let one = ImageShape(channels: 1, height: 2, width: 2)

  @Test("coefficients turn a byte into (p/255 − mean) / deviation")
  func coefficients() {
    let normalization = Normalization(mean: [0.5, 0.25], deviation: [0.5, 0.2])
    for channel in 0..<2 {
      for pixel in 0...255 {
        let product = Float(pixel) * normalization.scale[channel]
        let value = Double(product + normalization.offset[channel])
        let exact =
          (Double(pixel) / 255 - Double(normalization.mean[channel])) / Double(normalization.deviation[channel])
        // Each coefficient, the product and the sum are rounded once, by at most 2⁻²⁴ of their size.
        let bound = (2 * abs(Double(product)) + abs(Double(normalization.offset[channel])) + abs(exact)) * 0x1p-24
        #expect(abs(value - exact) <= bound * 1.000_001, "channel \(channel), pixel \(pixel)")
      }
    }
  }

  @Test("measuring gives the mean and the population deviation of each channel")
  func measuring() {
    // Channel 0 holds 0, 255, 255, 0 and channel 1 holds 51, 51, 102, 102, in two images of two pixels each.
    let shape = ImageShape(channels: 2, height: 1, width: 2)
    let normalization = Normalization(measuring: [0, 255, 51, 51, 255, 0, 102, 102], shape: shape)
    #expect(normalization.mean == [0.5, 0.3])
    #expect(normalization.deviation == [0.5, 0.1])
  }

  @Test("a measured set has mean 0 and deviation 1 once it is normalized")
  func standardizes() {
    let images = (0..<400).map { UInt8(truncatingIfNeeded: $0 * $0 * 7) }
    let normalization = Normalization(measuring: images, shape: one)
    let values = images.map { Double(Float($0) * normalization.scale[0] + normalization.offset[0]) }
    let mean = values.reduce(0, +) / 400
    let variance = values.reduce(0) { $0 + $1 * $1 } / 400 - mean * mean
    // Mean and deviation are rounded to Float: relative errors of 2⁻²⁴, over a deviation of about 0.3.
    #expect(abs(mean) <= 1e-6)
    #expect(abs(variance - 1) <= 1e-6)
  }

  @Test("a channel of one value has the deviation of one grey level", arguments: [0, 17, 255] as [UInt8])
  func constant(_ value: UInt8) {
    let normalization = Normalization(measuring: [UInt8](repeating: value, count: 8), shape: one)
    #expect(normalization.mean == [Float(Double(value) / 255)])
    #expect(normalization.deviation == [1 / 255])
  }

  @Test("senseless statistics are a programming error")
  func preconditions() async {
    await #expect(processExitsWith: .failure) { _ = Normalization(mean: [0], deviation: [0]) }
    await #expect(processExitsWith: .failure) { _ = Normalization(mean: [.nan], deviation: [1]) }
    await #expect(processExitsWith: .failure) { _ = Normalization(mean: [0, 0], deviation: [1]) }
    await #expect(processExitsWith: .failure) { _ = Normalization(mean: [], deviation: []) }
  }
}
