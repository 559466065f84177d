import Kernels

/// A geometry and a number of images, chosen for what can go wrong.
struct ConvolutionShape: CustomStringConvertible {
  let geometry: ConvolutionGeometry
  let images: Int

  /// The extents in the order of the formula, such as `3×5×7→4@3×3 stride 2 padding 1, 8 images`.
  var description: String {
    let g = geometry
    return "\(g.channels)×\(g.height)×\(g.width)→\(g.filters)@\(g.filterHeight)×\(g.filterWidth) "
      + "stride \(g.stride) padding \(g.padding), \(images) images"
  }

  init(
    _ images: Int, _ channels: Int, _ height: Int, _ width: Int, _ filters: Int, _ filterHeight: Int,
    _ filterWidth: Int, stride: Int = 1, padding: Int = 0
  ) throws(GeometryError) {
    self.images = images
    geometry = try ConvolutionGeometry(
      channels: channels, height: height, width: width, filters: filters, filterHeight: filterHeight,
      filterWidth: filterWidth, stride: stride, padding: padding)
  }

  /// Everything about the window: filters of all forms, strides that leave a remainder, and padding up to and beyond
  /// where a patch is nothing but zeros.
  static func windows() throws(GeometryError) -> [ConvolutionShape] {
    var shapes = [
      try ConvolutionShape(1, 1, 1, 1, 1, 1, 1),
      // The filter is the whole image, the whole padded image, or larger than the image.
      try ConvolutionShape(5, 2, 4, 6, 3, 4, 6),
      try ConvolutionShape(3, 2, 2, 1, 2, 5, 5, padding: 2),
      try ConvolutionShape(4, 2, 3, 3, 2, 3, 3, padding: 2),
      // A stride beyond the filter: inputs that no output depends on.
      try ConvolutionShape(3, 1, 9, 9, 2, 2, 2, stride: 3),
      try ConvolutionShape(9, 2, 8, 7, 3, 1, 1, stride: 3),
      // Images of one row or one column.
      try ConvolutionShape(5, 1, 12, 1, 2, 3, 1),
      try ConvolutionShape(5, 1, 1, 12, 2, 1, 3),
    ]
    for (filterHeight, filterWidth) in [(1, 1), (3, 3), (5, 5), (2, 4), (7, 1)] {
      for stride in 1...3 {
        for padding in 0..<max(filterHeight, 3) {
          // Odd and even extents by turns, so that every stride meets a remainder.
          shapes.append(
            try ConvolutionShape(
              4 + padding, 2, 7 + padding % 2, 9 - stride % 2, 3, filterHeight, filterWidth, stride: stride,
              padding: padding))
        }
      }
    }
    return shapes
  }

  /// Numbers of images around the widths of the registers, in geometries that differ in how the window meets the edges.
  static func exampleCounts() throws(GeometryError) -> [ConvolutionShape] {
    var shapes: [ConvolutionShape] = []
    for images in KernelsTests.exampleCounts {
      shapes.append(try ConvolutionShape(images, 3, 5, 7, 5, 3, 3, padding: 1))
      shapes.append(try ConvolutionShape(images, 1, 6, 5, 6, 5, 5))
      shapes.append(try ConvolutionShape(images, 6, 3, 3, 4, 1, 1))
      shapes.append(try ConvolutionShape(images, 2, 7, 5, 3, 3, 3, stride: 2, padding: 1))
    }
    return shapes
  }

  /// Channels and filters around the heights of the register tiles.
  static func channelCounts() throws(GeometryError) -> [ConvolutionShape] {
    var shapes: [ConvolutionShape] = []
    for channels in [1, 3, 6, 16, 17] {
      for (index, filters) in [1, 5, 6, 7, 13, 14, 15, 16, 29].enumerated() {
        let images = [1, 4, 8, 9, 16, 17][(index + channels) % 6]
        shapes.append(try ConvolutionShape(images, channels, 4, 5, filters, 3, 3, padding: 1))
        shapes.append(try ConvolutionShape(images, channels, 3, 4, filters, 2, 2, stride: 2))
      }
    }
    return shapes
  }

  /// Many channels and filters of the sizes that can be transformed, with outputs around multiples of a tile of 2 or 4 rows,
  /// every padding, and numbers of images that fill vectors of tiles or do not.
  static func transformable() throws(GeometryError) -> [ConvolutionShape] {
    var shapes: [ConvolutionShape] = []
    for (filterSize, tile, sizes) in [(3, 4, 5), (5, 2, 3)] {
      for padding in 0..<filterSize {
        for extra in 0..<sizes {
          // The least output of which at least one row lies within the image, and some larger.
          let outputSize = max(tile, 2 * padding - filterSize + 2) + extra
          let size = outputSize + filterSize - 1 - 2 * padding
          shapes.append(
            try ConvolutionShape(
              [1, 3, 8, 15, 17][(padding + extra) % 5], 16 + extra % 2, size, size + extra % 3, 16 + padding,
              filterSize, filterSize, padding: padding))
        }
      }
    }
    for images in KernelsTests.exampleCounts {
      shapes.append(try ConvolutionShape(images, 16, 5, 5, 17, 3, 3, padding: 1))
    }
    for images in [7, 16, 33] { shapes.append(try ConvolutionShape(images, 17, 4, 4, 16, 5, 5, padding: 2)) }
    // More tiles than a block of columns holds; more channels and filters than tiles of rows and columns.
    shapes.append(try ConvolutionShape(64, 16, 9, 9, 16, 3, 3, padding: 1))
    shapes.append(try ConvolutionShape(2, 29, 6, 6, 45, 3, 3, padding: 1))
    return shapes
  }

  /// The convolutions of the models, narrowed where the oracle would take long.
  static func models() throws(GeometryError) -> [ConvolutionShape] {
    [
      // lenet5
      try ConvolutionShape(4, 1, 28, 28, 6, 5, 5, padding: 2),
      try ConvolutionShape(64, 1, 14, 14, 6, 5, 5, padding: 2),
      try ConvolutionShape(16, 6, 14, 14, 16, 5, 5),
      // hogwild
      try ConvolutionShape(8, 1, 28, 28, 10, 5, 5),
      try ConvolutionShape(33, 10, 8, 8, 20, 5, 5),
      // cnn
      try ConvolutionShape(4, 1, 28, 28, 32, 5, 5, padding: 2),
      try ConvolutionShape(4, 32, 7, 7, 64, 5, 5, padding: 2),
      // Residual networks and VGG.
      try ConvolutionShape(4, 3, 32, 32, 16, 3, 3, padding: 1),
      try ConvolutionShape(16, 16, 10, 10, 16, 3, 3, padding: 1),
      try ConvolutionShape(4, 16, 32, 32, 16, 3, 3, padding: 1),
      try ConvolutionShape(32, 16, 8, 8, 32, 3, 3, stride: 2, padding: 1),
      try ConvolutionShape(17, 16, 8, 8, 32, 1, 1, stride: 2),
      try ConvolutionShape(8, 64, 4, 4, 64, 3, 3, padding: 1),
    ]
  }
}
