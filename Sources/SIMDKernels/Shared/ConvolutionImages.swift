internal import KernelInterface
internal import VectorIntrinsics

/// Images with zeros around them, as a convolution reads them: `[C, H + top + bottom, W + left + right, N]`.
struct PaddedImages {
  let channels: Int
  let height: Int
  let width: Int
  let images: Int
  /// Rows of zeros above and below.
  let top: Int
  let bottom: Int
  /// Columns of zeros to the left and to the right.
  let left: Int
  let right: Int

  init(
    channels: Int, height: Int, width: Int, images: Int, top: Int = 0, bottom: Int = 0, left: Int = 0, right: Int = 0
  ) {
    self.channels = channels
    self.height = height
    self.width = width
    self.images = images
    self.top = top
    self.bottom = bottom
    self.left = left
    self.right = right
  }

  /// Elements of a row, zeros included.
  var rowCount: Int { (left + width + right) * images }
  /// Elements of a channel, zeros included.
  var planeCount: Int { (top + height + bottom) * rowCount }
  /// Whether there is anything to pad.
  var isPadded: Bool { top + bottom + left + right > 0 }
  /// Elements of the copy; 0 if the images can be read where they are.
  var workspaceCount: Int { isPadded ? channels * planeCount : 0 }

  /// Copies images between zeros, or returns them as they are if there is nothing to pad.
  func pad(_ source: UnsafePointer<Float>, into workspace: UnsafeMutablePointer<Float>) -> UnsafePointer<Float> {
    guard isPadded else { return source }
    let sourceRow = width * images
    var from = source
    var to = workspace
    for _ in 0..<channels {
      clearVector(count: top * rowCount, output: to)
      to += top * rowCount
      for _ in 0..<height {
        clearVector(count: left * images, output: to)
        copy(from, to + left * images, count: sourceRow)
        clearVector(count: right * images, output: to + left * images + sourceRow)
        from += sourceRow
        to += rowCount
      }
      clearVector(count: bottom * rowCount, output: to)
      to += bottom * rowCount
    }
    return UnsafePointer(workspace)
  }
}

@inline(__always)
private func copy(_ source: UnsafePointer<Float>, _ target: UnsafeMutablePointer<Float>, count: Int) {
  var index = 0
  while index + Int(LANE_COUNT) <= count {
    lanes_store(target + index, lanes_load(source + index))
    index += Int(LANE_COUNT)
  }
  if index < count {
    lanes_store_partial(target + index, lanes_load_partial(source + index, count - index), count - index)
  }
}
