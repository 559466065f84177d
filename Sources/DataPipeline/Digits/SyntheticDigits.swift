internal import Dispatch
internal import Randomness

/// The embedded data set `digits`: grey images of digits, 1×28×28, drawn from strokes.
///
/// Image `i` is a pure function of `i`: it has a random stream of its own, and is computed with +, −, ×, ÷ and √ only.
/// The bytes are therefore the same on every platform, at any number of threads, and however many images are made.
/// Its class is `i mod 10`, so every prefix is balanced.
public enum SyntheticDigits {
  /// The seed of the images; it is part of the data set, not of a run.
  private static let seed: UInt64 = 0x6469_6769_7473
  /// The index of the first test image; no training index reaches it, so the splits share no stream.
  static let firstTestIndex = 1 << 24

  static let shape = ImageShape(channels: 1, height: InkCanvas.side, width: InkCanvas.side)

  /// The mean and deviation of the default training set, rounded to four digits.
  static let normalization = Normalization(mean: [0.1791], deviation: [0.2728])

  /// Draws the data set, on all cores.
  ///
  /// - Parameters:
  ///   - training: The number of training images, less than 2²⁴.
  ///   - test: The number of test images, less than 2²⁴.
  /// - Returns: Both splits, the first images of an endless row each.
  public static func generate(training: Int = 12_000, test: Int = 2_000) -> DatasetPair {
    precondition((0..<firstTestIndex).contains(training), "\(training) training images; the limit is \(firstTestIndex)")
    precondition((0..<firstTestIndex).contains(test), "\(test) test images; the limit is \(firstTestIndex)")
    return DatasetPair(
      training: split(count: training, firstIndex: 0), test: split(count: test, firstIndex: firstTestIndex))
  }

  private static func split(count: Int, firstIndex: Int) -> Dataset {
    var images = [UInt8](repeating: 0, count: count * shape.count)
    images.withUnsafeMutableBufferPointer { pixels in
      // Each iteration writes its own images, and nothing reads them before all are done.
      nonisolated(unsafe) let pixels = pixels
      let block = 125
      DispatchQueue.concurrentPerform(iterations: (count + block - 1) / block) { iteration in
        withUnsafeTemporaryAllocation(of: Float.self, capacity: shape.count) { depth in
          depth.initialize(repeating: 0)
          for position in iteration * block..<min(count, (iteration + 1) * block) {
            let image = UnsafeMutableBufferPointer(
              rebasing: pixels[position * shape.count..<(position + 1) * shape.count])
            draw(index: firstIndex + position, digit: position % 10, on: depth, into: image)
          }
        }
      }
    }
    return Dataset(
      name: "digits", shape: shape, classNames: DatasetCatalog.digits.classNames, normalization: normalization,
      images: images, labels: (0..<count).map { UInt8($0 % 10) })
  }

  /// Draws one image: `side²` bytes, 0 for paper and 255 for the darkest ink.
  static func draw(
    index: Int, digit: Int, on depth: UnsafeMutableBufferPointer<Float>, into image: UnsafeMutableBufferPointer<UInt8>
  ) {
    var stream = RandomStream(seed: seed, purpose: .syntheticDigits, step: index)
    let canvas = InkCanvas(on: depth)
    let variants = DigitGlyphs.variants[digit]
    let glyph = variants[Int(stream.uniform(below: UInt32(variants.count)))]
    let warp = StrokeWarp(using: &stream)
    let halfWidth = stream.uniform(in: 0.95...2.0)
    for stroke in glyph {
      draw(stroke, warp: warp, halfWidth: halfWidth * stream.uniform(in: 0.85...1.15), on: canvas, using: &stream)
    }
    let softness = stream.uniform(in: 0.8...InkCanvas.largestSoftness)
    let strength = stream.uniform(in: 0.70...1.0)
    let paper = stream.uniform(in: 0...0.10)
    let grain = stream.uniform(in: 0.02...0.08)
    for pixel in image.indices {
      let ink = canvas.ink(at: pixel, softness: softness)
      let value = paper + (strength - paper) * ink + grain * noise(stream.nextWord())
      image[pixel] = UInt8(min(max(value, 0), 1) * 255 + 0.5)
    }
  }

  /// Draws a stroke whose control points are each moved a little at random.
  private static func draw(
    _ stroke: GlyphStroke, warp: StrokeWarp, halfWidth: Float, on canvas: InkCanvas, using stream: inout RandomStream
  ) {
    let jitter: Float = 0.022
    withUnsafeTemporaryAllocation(of: SIMD2<Float>.self, capacity: stroke.points.count) { points in
      for (index, point) in stroke.points.enumerated() {
        let moved = point + SIMD2(stream.uniform(in: -jitter...jitter), stream.uniform(in: -jitter...jitter))
        points.initializeElement(at: index, to: moved)
      }
      let count = points.count
      var previous = warp.apply(to: points[0])
      for index in 0..<(stroke.path == .loop ? count : count - 1) {
        // The neighbours that a Catmull–Rom curve looks at; an open curve repeats its ends.
        let before = stroke.path == .loop ? points[(index + count - 1) % count] : points[max(index - 1, 0)]
        let after = stroke.path == .loop ? points[(index + 2) % count] : points[min(index + 2, count - 1)]
        let from = points[index]
        let to = points[(index + 1) % count]
        let pieces = 4
        for piece in 1...pieces {
          let t = Float(piece) / Float(pieces)
          let point =
            stroke.path == .straight
            ? from + (to - from) * t : catmullRom(before, from, to, after, at: t)
          let next = warp.apply(to: point)
          canvas.draw(from: previous, to: next, halfWidth: halfWidth)
          previous = next
        }
      }
    }
  }

  /// A point between `p1` (t = 0) and `p2` (t = 1) of the cubic through them with tangents (p2 − p0)/2 and (p3 − p1)/2.
  ///
  /// Sources: Catmull & Rom, "A Class of Local Interpolating Splines", Computer Aided Geometric Design, 1974.
  private static func catmullRom(
    _ p0: SIMD2<Float>, _ p1: SIMD2<Float>, _ p2: SIMD2<Float>, _ p3: SIMD2<Float>, at t: Float
  ) -> SIMD2<Float> {
    let linear = p2 - p0
    let square = 2 * p0 - 5 * p1 + 4 * p2 - p3
    let cube = 3 * (p1 - p2) + p3 - p0
    return p1 + (linear + (square + cube * t) * t) * (0.5 * t)
  }

  /// The sum of a word's four bytes, moved and scaled to mean 0 and deviation 1: nearly a normal distribution.
  private static func noise(_ word: UInt32) -> Float {
    let sum = (word & 0xFF) + (word >> 8 & 0xFF) + (word >> 16 & 0xFF) + (word >> 24)
    // Four uniform bytes have mean 510 and variance 4·(256² − 1)/12.
    return (Float(sum) - 510) * (1 / 147.8)
  }
}
