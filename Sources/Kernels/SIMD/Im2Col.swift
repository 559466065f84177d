// Lowering of one image to the matrix of its patches, and the adjoint of it.
//
// This file is compiled for one instruction set. It uses raw pointers and SIMD values only, so that a copy of it
// compiled for another shares no generic code with this one.

private typealias Lanes = SIMD8<Float>

/// The extents that lowering one image needs.
///
/// The image is copied between its zeros first, so that every patch row is a run of neighbours and no position needs a
/// test.
struct PatchExtents {
  let channels: Int
  let height: Int
  let width: Int
  let filterHeight: Int
  let filterWidth: Int
  let stride: Int
  let padding: Int
  let outputHeight: Int
  let outputWidth: Int

  /// Columns of the image with its zeros.
  var paddedWidth: Int { width + 2 * padding }
  /// Elements of one channel of the image with its zeros.
  var paddedPlaneCount: Int { (height + 2 * padding) * paddedWidth }
  /// Elements of the padded image and of the slack behind it that whole vectors may read.
  var paddedCount: Int { channels * paddedPlaneCount + PatchExtents.slack }
  /// Elements of the patch matrix and of the slack behind it that whole vectors may write.
  var patchMatrixCount: Int {
    channels * filterHeight * filterWidth * outputHeight * outputWidth + PatchExtents.slack
  }

  /// Elements behind a buffer that rounding a row up to whole vectors can touch.
  private static let slack = 8
}

/// Copies an image between zeros: `[C, H + 2·padding, W + 2·padding]`.
func padImage(_ e: borrowing PatchExtents, image: UnsafePointer<Float>, padded: UnsafeMutablePointer<Float>) {
  padded.update(repeating: 0, count: e.paddedCount)
  for c in 0..<e.channels {
    for row in 0..<e.height {
      (padded + (c * e.paddedPlaneCount + (row + e.padding) * e.paddedWidth + e.padding))
        .update(from: image + (c * e.height + row) * e.width, count: e.width)
    }
  }
}

/// Writes the patch matrix `[C·R·S, P·Q]` of a padded image.
func im2col(_ e: borrowing PatchExtents, padded: UnsafePointer<Float>, patches: UnsafeMutablePointer<Float>) {
  var target = patches
  for c in 0..<e.channels {
    for r in 0..<e.filterHeight {
      for s in 0..<e.filterWidth {
        var source = padded + (c * e.paddedPlaneCount + r * e.paddedWidth + s)
        for _ in 0..<e.outputHeight {
          if e.stride == 1 {
            // Whole vectors: what they write beyond the row is overwritten by the next row, or lands in the slack.
            var q = 0
            while q < e.outputWidth {
              store(load(source + q), target + q)
              q += Lanes.scalarCount
            }
          } else {
            for q in 0..<e.outputWidth { target[q] = source[q * e.stride] }
          }
          target += e.outputWidth
          source += e.stride * e.paddedWidth
        }
      }
    }
  }
}

/// Adds every element of a patch matrix to where im2col took it from, and cuts the padding off.
///
/// - Parameters:
///   - e: The extents.
///   - patches: `[C·R·S, P·Q]`.
///   - padded: Room for the padded image; its contents are lost.
///   - image: `[C, H, W]`, overwritten.
func col2im(
  _ e: borrowing PatchExtents, patches: UnsafePointer<Float>, padded: UnsafeMutablePointer<Float>,
  image: UnsafeMutablePointer<Float>
) {
  padded.update(repeating: 0, count: e.paddedCount)
  var source = patches
  for c in 0..<e.channels {
    for r in 0..<e.filterHeight {
      for s in 0..<e.filterWidth {
        var target = padded + (c * e.paddedPlaneCount + r * e.paddedWidth + s)
        for _ in 0..<e.outputHeight {
          if e.stride == 1 {
            add(source, target, count: e.outputWidth)
          } else {
            for q in 0..<e.outputWidth { target[q * e.stride] += source[q] }
          }
          source += e.outputWidth
          target += e.stride * e.paddedWidth
        }
      }
    }
  }
  for c in 0..<e.channels {
    for row in 0..<e.height {
      (image + (c * e.height + row) * e.width)
        .update(
          from: padded + (c * e.paddedPlaneCount + (row + e.padding) * e.paddedWidth + e.padding), count: e.width)
    }
  }
}

@inline(__always)
private func add(_ source: UnsafePointer<Float>, _ target: UnsafeMutablePointer<Float>, count: Int) {
  var q = 0
  while q + Lanes.scalarCount <= count {
    store(load(target + q) + load(source + q), target + q)
    q += Lanes.scalarCount
  }
  if q + 4 <= count {
    let sum =
      UnsafeRawPointer(target + q).loadUnaligned(as: SIMD4<Float>.self)
      + UnsafeRawPointer(source + q).loadUnaligned(as: SIMD4<Float>.self)
    UnsafeMutableRawPointer(target + q).storeBytes(of: sum, as: SIMD4<Float>.self)
    q += 4
  }
  while q < count {
    target[q] += source[q]
    q += 1
  }
}

@inline(__always)
private func load(_ pointer: UnsafePointer<Float>) -> Lanes {
  UnsafeRawPointer(pointer).loadUnaligned(as: Lanes.self)
}

@inline(__always)
private func store(_ lanes: Lanes, _ pointer: UnsafeMutablePointer<Float>) {
  UnsafeMutableRawPointer(pointer).storeBytes(of: lanes, as: Lanes.self)
}
