extension Dataset {
  /// Writes a minibatch: gathers `examples`, in that order, and normalizes their pixels.
  ///
  ///     images[c, y, x, n] = Float(pixel[examples[n], c, y, x]) · scale[c] + offset[c]
  ///
  /// with the coefficients of ``normalization``. The examples come last, as the kernels want them. It runs on the calling
  /// thread and allocates nothing. The product is rounded before the addition, so the values are the same on every
  /// instruction set.
  ///
  /// - Parameters:
  ///   - examples: Indices into this split, each in `0..<count`; one may occur more than once.
  ///   - images: Room for `examples.count · shape.count` values, `[C, H, W, N]`; every one is written.
  ///   - labels: Room for `examples.count` labels; every one is written.
  /// - Precondition: Every index is in range.
  /// - Complexity: O(`examples.count · shape.count`).
  public func write(
    _ examples: UnsafeBufferPointer<Int32>, images: UnsafeMutablePointer<Float>, labels: UnsafeMutablePointer<Int32>
  ) {
    let count = count
    self.labels.withUnsafeBufferPointer { source in
      for (position, example) in examples.enumerated() {
        precondition(example >= 0 && Int(example) < count, "example \(example) is not in 0..<\(count)")
        labels[position] = Int32(source[Int(example)])
      }
    }
    let plane = shape.planeCount
    self.images.withUnsafeBufferPointer { source in
      guard let pixels = source.baseAddress, let indices = examples.baseAddress else { return }
      for channel in 0..<shape.channels {
        let gather = PlaneGather(
          pixels: pixels + channel * plane, imageCount: shape.count, count: plane, indices: indices,
          examples: examples.count, output: images + channel * plane * examples.count,
          scale: normalization.scale[channel], offset: normalization.offset[channel])
        gather.run()
      }
    }
  }
}

/// One channel of a minibatch on its way from a row of bytes an image to a row of normalized numbers a pixel.
///
/// Bytes are transposed in tiles of 16 images and 16 pixels, so that whole vectors are read and written. The last tile of
/// an axis overlaps the one before it, and writes the same numbers again; only minibatches and images smaller than a tile
/// go value by value.
private struct PlaneGather {
  /// The channel in the first image of the data set.
  let pixels: UnsafePointer<UInt8>
  /// Bytes from one image to the next.
  let imageCount: Int
  /// Values of the channel in one image.
  let count: Int
  /// The images, by their index in the data set.
  let indices: UnsafePointer<Int32>
  /// N, the number of images.
  let examples: Int
  /// `[count, N]`.
  let output: UnsafeMutablePointer<Float>
  let scale: Float
  let offset: Float

  /// A row of a tile.
  private typealias Row = SIMD16<UInt8>
  /// Rows and columns of a tile.
  private static var side: Int { 16 }

  func run() {
    guard examples >= Self.side && count >= Self.side else { return writeSingly() }
    for first in stride(from: 0, to: examples, by: Self.side) {
      writeImages(from: min(first, examples - Self.side))
    }
  }

  private func row(_ position: Int) -> UnsafePointer<UInt8> {
    pixels + Int(indices[position]) * imageCount
  }

  private func writeSingly() {
    for position in 0..<examples {
      let source = row(position)
      for pixel in 0..<count { output[pixel * examples + position] = Float(source[pixel]) * scale + offset }
    }
  }

  /// Writes all pixels of 16 images.
  ///
  /// Tile after tile of the same images: their bytes arrive as 16 streams, which the processor fetches ahead.
  private func writeImages(from position: Int) {
    withUnsafeTemporaryAllocation(of: UnsafePointer<UInt8>.self, capacity: Self.side) { rows in
      for image in 0..<Self.side { rows.initializeElement(at: image, to: row(position + image)) }
      withUnsafeTemporaryAllocation(of: Row.self, capacity: 2 * Self.side) { tiles in
        guard let tile = tiles.baseAddress else { return }
        let other = tile + Self.side
        for first in stride(from: 0, to: count, by: Self.side) {
          let pixel = min(first, count - Self.side)
          for image in 0..<Self.side {
            tile[image] = UnsafeRawPointer(rows[image] + pixel).loadUnaligned(as: Row.self)
          }
          // Four perfect shuffles of the 256 bytes transpose them.
          shuffle(tile, into: other)
          shuffle(other, into: tile)
          shuffle(tile, into: other)
          shuffle(other, into: tile)
          normalize(tile, into: output + pixel * examples + position)
        }
      }
    }
  }

  /// Interleaves the bytes of the first 8 rows with those of the last 8.
  @inline(__always)
  private func shuffle(_ source: UnsafePointer<Row>, into target: UnsafeMutablePointer<Row>) {
    for index in 0..<Self.side / 2 {
      var pair = SIMD32<UInt8>()
      pair.evenHalf = source[index]
      pair.oddHalf = source[index + Self.side / 2]
      target[2 * index] = pair.lowHalf
      target[2 * index + 1] = pair.highHalf
    }
  }

  /// Writes 16 rows of bytes to 16 rows of `output`.
  @inline(__always)
  private func normalize(_ tile: UnsafePointer<Row>, into target: UnsafeMutablePointer<Float>) {
    let bytes = UnsafeRawPointer(tile)
    for pixel in 0..<Self.side {
      let row = target + pixel * examples
      for image in 0..<Self.side {
        row[image] = Float(bytes.load(fromByteOffset: pixel * Self.side + image, as: UInt8.self)) * scale + offset
      }
    }
  }
}
