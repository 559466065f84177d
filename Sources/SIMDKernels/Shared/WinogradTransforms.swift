// The transforms of Winograd's minimal filtering with six points: 0, 1, −1, 2, −2 and ∞.
//
// With one image tile of 6×6 they give 4×4 outputs of a 3×3 filter or 2×2 outputs of a 5×5 filter, for 36 products
// instead of 144 or 100. The image's transform Bᵀ is the same for both; those of filters (G) and outputs (Aᵀ) evaluate
// polynomials at the points and differ only in their degree:
//
//     Bᵀ = [4 0 −5 0 1 0; 0 −4 −4 1 1 0; 0 4 −4 −1 1 0; 0 −2 −1 2 1 0; 0 2 −1 −2 1 0; 0 4 0 −5 0 1]
//     G[i,j] = aᵢʲ / fᵢ with f = (4, −6, −6, 24, 24), and [0 … 0 1] for ∞
//     Aᵀ[j,i] = aᵢʲ, and 1 for ∞ in the last row only
//
// Sources: Winograd, "Arithmetic Complexity of Computations", 1980; Lavin & Gray, "Fast Algorithms for Convolutional
// Neural Networks", CVPR 2016, <https://arxiv.org/abs/1509.09308>.
//
// This file is compiled for several instruction sets. It uses raw pointers and SIMD values only, so that a copy of it
// shares no generic code with the others.

internal import VectorIntrinsics

/// Rows and columns of a transformed tile.
let winogradPoints = 6

/// Transforms one tile of images, `[6, 6]` vectors of examples: V = Bᵀ·d·B.
///
/// - Parameters:
///   - source: The tile's first element; it and others may lie outside the image.
///   - rowStep: Elements between two rows.
///   - columnStep: Elements between two columns.
///   - rows: The rows of the tile that lie within the image; the others are zeros.
///   - columns: Its columns that lie within the image.
///   - count: The examples, 1...LANE_COUNT.
///   - scratch: 36 vectors.
///   - target: The first of 36 vectors.
///   - targetStep: Elements between two of them.
func transformImageTile(
  _ source: UnsafePointer<Float>, rowStep: Int, columnStep: Int, rows: Range<Int>, columns: Range<Int>, count: Int,
  scratch: UnsafeMutablePointer<Float>, target: UnsafeMutablePointer<Float>, targetStep: Int
) {
  let lanes = Int(LANE_COUNT)
  for column in 0..<6 {
    let to = scratch + column * lanes
    if column < columns.lowerBound || column >= columns.upperBound {
      for row in 0..<6 { lanes_store(to + row * 6 * lanes, Lanes.zero) }
      continue
    }
    let from = source + column * columnStep
    store(
      transformImage(
        load(from, 0, rowStep, rows, count), load(from, 1, rowStep, rows, count), load(from, 2, rowStep, rows, count),
        load(from, 3, rowStep, rows, count), load(from, 4, rowStep, rows, count), load(from, 5, rowStep, rows, count)),
      to, 6 * lanes, lanes)
  }
  for row in 0..<6 {
    let from = scratch + row * 6 * lanes
    store(
      transformImage(
        lanes_load(from), lanes_load(from + lanes), lanes_load(from + 2 * lanes), lanes_load(from + 3 * lanes),
        lanes_load(from + 4 * lanes), lanes_load(from + 5 * lanes)),
      target + row * 6 * targetStep, targetStep, count)
  }
}

/// Transforms one tile of output gradients, `[size, size]` vectors of examples, as a filter: D = G·∂y·Gᵀ.
///
/// - Parameters:
///   - source: The tile's first element.
///   - size: Rows and columns of a tile, 2 or 4.
///   - rowStep: Elements between two rows.
///   - columnStep: Elements between two columns.
///   - rows: The number of rows that lie within the outputs; the others are zeros.
///   - columns: The number of columns that lie within the outputs.
///   - count: The examples, 1...LANE_COUNT.
///   - scratch: 36 vectors.
///   - target: The first of 36 vectors.
///   - targetStep: Elements between two of them.
func transformGradientTile(
  _ source: UnsafePointer<Float>, size: Int, rowStep: Int, columnStep: Int, rows: Int, columns: Int, count: Int,
  scratch: UnsafeMutablePointer<Float>, target: UnsafeMutablePointer<Float>, targetStep: Int
) {
  let lanes = Int(LANE_COUNT)
  for column in 0..<size {
    let from = source + column * columnStep
    let valid = column < columns ? 0..<rows : 0..<0
    store(
      transformFilter(
        load(from, 0, rowStep, valid, count), load(from, 1, rowStep, valid, count),
        load(from, 2, rowStep, valid, count), load(from, 3, rowStep, valid, count), size),
      scratch + column * lanes, size * lanes, lanes)
  }
  for row in 0..<6 {
    let from = scratch + row * size * lanes
    store(
      transformFilter(
        lanes_load(from), lanes_load(from + lanes), size == 4 ? lanes_load(from + 2 * lanes) : Lanes.zero,
        size == 4 ? lanes_load(from + 3 * lanes) : Lanes.zero, size),
      target + row * 6 * targetStep, targetStep, count)
  }
}

/// Transforms one tile of products, `[6, 6]` vectors of examples, into outputs: y = f(Aᵀ·m·A + bias).
///
/// - Parameters:
///   - source: The first of 36 vectors.
///   - sourceStep: Elements between two of them.
///   - size: Rows and columns of a tile, 2 or 4.
///   - target: The tile's first output.
///   - rowStep: Elements between two rows of outputs.
///   - columnStep: Elements between two columns of outputs.
///   - rows: The number of rows to write.
///   - columns: The number of columns to write.
///   - count: The examples, 1...LANE_COUNT.
///   - bias: What to add.
///   - rectifies: Whether to clip at 0 in the end.
///   - scratch: 24 vectors.
func transformOutputTile(
  _ source: UnsafePointer<Float>, sourceStep: Int, size: Int, target: UnsafeMutablePointer<Float>, rowStep: Int,
  columnStep: Int, rows: Int, columns: Int, count: Int, bias: Float, rectifies: Bool,
  scratch: UnsafeMutablePointer<Float>
) {
  let lanes = Int(LANE_COUNT)
  for column in 0..<6 {
    let from = source + column * sourceStep
    let y = evaluate(
      load(from, count), load(from + 6 * sourceStep, count), load(from + 12 * sourceStep, count),
      load(from + 18 * sourceStep, count), load(from + 24 * sourceStep, count), load(from + 30 * sourceStep, count),
      size)
    let to = scratch + column * lanes
    lanes_store(to, y.0)
    lanes_store(to + 6 * lanes, y.1)
    if size == 4 {
      lanes_store(to + 12 * lanes, y.2)
      lanes_store(to + 18 * lanes, y.3)
    }
  }
  for row in 0..<rows {
    let from = scratch + row * 6 * lanes
    let y = evaluate(
      lanes_load(from), lanes_load(from + lanes), lanes_load(from + 2 * lanes), lanes_load(from + 3 * lanes),
      lanes_load(from + 4 * lanes), lanes_load(from + 5 * lanes), size)
    let to = target + row * rowStep
    finish(y.0, to, count, bias, rectifies)
    if columns > 1 { finish(y.1, to + columnStep, count, bias, rectifies) }
    if columns > 2 { finish(y.2, to + 2 * columnStep, count, bias, rectifies) }
    if columns > 3 { finish(y.3, to + 3 * columnStep, count, bias, rectifies) }
  }
}

/// Transforms LANE_COUNT filters of `[size, size]`: U = G·w·Gᵀ.
///
/// - Parameters:
///   - source: The filters, `[size, size]` vectors.
///   - size: Rows and columns of a filter, 3 or 5.
///   - scratch: 30 vectors.
///   - target: 36 vectors.
func transformFilters(
  _ source: UnsafePointer<Float>, size: Int, scratch: UnsafeMutablePointer<Float>,
  target: UnsafeMutablePointer<Float>
) {
  let lanes = Int(LANE_COUNT)
  for column in 0..<size {
    let from = source + column * lanes
    let step = size * lanes
    store(transformFilter(from, step, size), scratch + column * lanes, step, lanes)
  }
  for row in 0..<6 {
    store(transformFilter(scratch + row * size * lanes, lanes, size), target + row * 6 * lanes, lanes, lanes)
  }
}

/// Transforms LANE_COUNT filters' sums of products, `[6, 6]` vectors, into gradients `[size, size]`: Aᵀ·m·A.
///
/// - Parameters:
///   - source: 36 vectors.
///   - size: Rows and columns of a filter, 3 or 5.
///   - scratch: 30 vectors.
///   - target: `[size, size]` vectors.
func transformFilterGradients(
  _ source: UnsafePointer<Float>, size: Int, scratch: UnsafeMutablePointer<Float>,
  target: UnsafeMutablePointer<Float>
) {
  let lanes = Int(LANE_COUNT)
  for column in 0..<6 {
    let from = source + column * lanes
    let step = 6 * lanes
    let y = evaluate(
      lanes_load(from), lanes_load(from + step), lanes_load(from + 2 * step), lanes_load(from + 3 * step),
      lanes_load(from + 4 * step), lanes_load(from + 5 * step), size)
    store(y, scratch + column * lanes, step, size)
  }
  for row in 0..<size {
    let from = scratch + row * 6 * lanes
    let y = evaluate(
      lanes_load(from), lanes_load(from + lanes), lanes_load(from + 2 * lanes), lanes_load(from + 3 * lanes),
      lanes_load(from + 4 * lanes), lanes_load(from + 5 * lanes), size)
    store(y, target + row * size * lanes, lanes, size)
  }
}

// MARK: One dimension

private typealias Points = (Lanes, Lanes, Lanes, Lanes, Lanes, Lanes)
private typealias Values = (Lanes, Lanes, Lanes, Lanes, Lanes)

/// Bᵀ·d.
@inline(__always)
private func transformImage(
  _ d0: Lanes, _ d1: Lanes, _ d2: Lanes, _ d3: Lanes, _ d4: Lanes, _ d5: Lanes
) -> Points {
  let even = lanes_multiply_add(d4, d2, lanes_broadcast(-4))
  let odd = lanes_multiply_add(d3, d1, lanes_broadcast(-4))
  let evenOfTwos = d4 - d2
  let oddOfTwos = d3 - d1
  return (
    lanes_multiply_add(lanes_multiply_add(d4, d2, lanes_broadcast(-5)), d0, lanes_broadcast(4)),
    even + odd,
    even - odd,
    lanes_multiply_add(evenOfTwos, oddOfTwos, lanes_broadcast(2)),
    lanes_multiply_add(evenOfTwos, oddOfTwos, lanes_broadcast(-2)),
    lanes_multiply_add(lanes_multiply_add(d5, d3, lanes_broadcast(-5)), d1, lanes_broadcast(4))
  )
}

/// G·w for filters of 2 or 4 elements; those beyond are not read.
@inline(__always)
private func transformFilter(_ w0: Lanes, _ w1: Lanes, _ w2: Lanes, _ w3: Lanes, _ size: Int) -> Points {
  size == 2
    ? transformFilter(w0, w1, last: w1)
    : transformFilter(
      even: w0 + w2, odd: w1 + w3, evenOfTwos: lanes_multiply_add(w0, w2, lanes_broadcast(4)),
      oddOfTwos: lanes_multiply_add(w1, w3, lanes_broadcast(4)), first: w0, last: w3)
}

/// G·w for filters of 3 or 5 elements in memory.
@inline(__always)
private func transformFilter(_ source: UnsafePointer<Float>, _ step: Int, _ size: Int) -> Points {
  let w0 = lanes_load(source)
  let w1 = lanes_load(source + step)
  let w2 = lanes_load(source + 2 * step)
  let even = lanes_multiply_add(w0, w2, lanes_broadcast(4))
  if size == 3 {
    return transformFilter(even: w0 + w2, odd: w1, evenOfTwos: even, oddOfTwos: w1, first: w0, last: w2)
  }
  let w3 = lanes_load(source + 3 * step)
  let w4 = lanes_load(source + 4 * step)
  return transformFilter(
    even: w0 + w2 + w4, odd: w1 + w3, evenOfTwos: lanes_multiply_add(even, w4, lanes_broadcast(16)),
    oddOfTwos: lanes_multiply_add(w1, w3, lanes_broadcast(4)), first: w0, last: w4)
}

@inline(__always)
private func transformFilter(_ w0: Lanes, _ w1: Lanes, last: Lanes) -> Points {
  transformFilter(even: w0, odd: w1, evenOfTwos: w0, oddOfTwos: w1, first: w0, last: last)
}

/// G·w from the values of its polynomial's even and odd part at 1 and at 2; `oddOfTwos` is half the latter.
@inline(__always)
private func transformFilter(
  even: Lanes, odd: Lanes, evenOfTwos: Lanes, oddOfTwos: Lanes, first: Lanes, last: Lanes
) -> Points {
  let twelfth = oddOfTwos * lanes_broadcast(1 / 12)
  return (
    first * lanes_broadcast(0.25),
    (even + odd) * lanes_broadcast(-1 / 6),
    (even - odd) * lanes_broadcast(-1 / 6),
    lanes_multiply_add(twelfth, evenOfTwos, lanes_broadcast(1 / 24)),
    lanes_multiply_add(0 - twelfth, evenOfTwos, lanes_broadcast(1 / 24)),
    last
  )
}

/// Aᵀ·m for 2 to 5 outputs; those beyond `count` mean nothing.
@inline(__always)
private func evaluate(
  _ m0: Lanes, _ m1: Lanes, _ m2: Lanes, _ m3: Lanes, _ m4: Lanes, _ m5: Lanes, _ count: Int
) -> Values {
  let sumOfOnes = m1 + m2
  let differenceOfOnes = m1 - m2
  let sumOfTwos = m3 + m4
  let differenceOfTwos = m3 - m4
  let first = lanes_multiply_add(differenceOfOnes, differenceOfTwos, lanes_broadcast(2))
  let second = lanes_multiply_add(sumOfOnes, sumOfTwos, lanes_broadcast(4))
  let third = lanes_multiply_add(differenceOfOnes, differenceOfTwos, lanes_broadcast(8))
  let fourth = lanes_multiply_add(sumOfOnes, sumOfTwos, lanes_broadcast(16))
  return (
    m0 + sumOfOnes + sumOfTwos,
    count == 2 ? first + m5 : first,
    count == 3 ? second + m5 : second,
    count == 4 ? third + m5 : third,
    fourth + m5
  )
}

// MARK: Memory

@inline(__always)
private func load(_ source: UnsafePointer<Float>, _ row: Int, _ step: Int, _ valid: Range<Int>, _ count: Int) -> Lanes {
  row >= valid.lowerBound && row < valid.upperBound ? load(source + row * step, count) : Lanes.zero
}

@inline(__always)
private func load(_ source: UnsafePointer<Float>, _ count: Int) -> Lanes {
  count == Int(LANE_COUNT) ? lanes_load(source) : lanes_load_partial(source, count)
}

@inline(__always)
private func store(_ lanes: Lanes, _ target: UnsafeMutablePointer<Float>, _ count: Int) {
  if count == Int(LANE_COUNT) { lanes_store(target, lanes) } else { lanes_store_partial(target, lanes, count) }
}

@inline(__always)
private func store(_ points: Points, _ target: UnsafeMutablePointer<Float>, _ step: Int, _ count: Int) {
  store(points.0, target, count)
  store(points.1, target + step, count)
  store(points.2, target + 2 * step, count)
  store(points.3, target + 3 * step, count)
  store(points.4, target + 4 * step, count)
  store(points.5, target + 5 * step, count)
}

@inline(__always)
private func store(_ values: Values, _ target: UnsafeMutablePointer<Float>, _ step: Int, _ size: Int) {
  lanes_store(target, values.0)
  lanes_store(target + step, values.1)
  lanes_store(target + 2 * step, values.2)
  if size == 5 {
    lanes_store(target + 3 * step, values.3)
    lanes_store(target + 4 * step, values.4)
  }
}

@inline(__always)
private func finish(_ y: Lanes, _ target: UnsafeMutablePointer<Float>, _ count: Int, _ bias: Float, _ rectifies: Bool) {
  var result = y + lanes_broadcast(bias)
  // The comparison, false for NaN, lets NaN through.
  if rectifies { result.replace(with: 0, where: result .<= 0) }
  store(result, target, count)
}
