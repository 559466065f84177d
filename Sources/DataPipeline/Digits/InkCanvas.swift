/// A grey image under construction: strokes are laid on it as distances, and become ink at the end.
///
/// Each pixel holds the largest `half width − distance` of any segment drawn, in pixels: positive inside a stroke. A
/// pixel therefore gets the union of the strokes, with no seam where segments meet.
struct InkCanvas {
  /// Rows and columns.
  static let side = 28
  /// The width of the softest edge, in pixels.
  static let largestSoftness: Float = 1.8
  /// The value of a pixel that no segment comes near.
  private static let blank: Float = -8

  private let depth: UnsafeMutableBufferPointer<Float>

  /// Clears `depth`, which must hold `side²` values, and draws on it.
  init(on depth: UnsafeMutableBufferPointer<Float>) {
    precondition(depth.count == Self.side * Self.side, "room for \(depth.count) pixels")
    depth.update(repeating: Self.blank)
    self.depth = depth
  }

  /// Draws a segment with round ends; `start`, `end` and `halfWidth` are in pixels.
  func draw(from start: SIMD2<Float>, to end: SIMD2<Float>, halfWidth: Float) {
    let direction = end - start
    let squaredLength = direction.x * direction.x + direction.y * direction.y
    let inverse = squaredLength > 0 ? 1 / squaredLength : 0
    // Beyond this distance a pixel gets no ink, even from the softest edge.
    let reach = halfWidth + Self.largestSoftness / 2
    let columns = pixels(from: min(start.x, end.x) - reach, to: max(start.x, end.x) + reach)
    let rows = pixels(from: min(start.y, end.y) - reach, to: max(start.y, end.y) + reach)
    for row in rows {
      let y = Float(row) + 0.5 - start.y
      for column in columns {
        let x = Float(column) + 0.5 - start.x
        let along = min(max((x * direction.x + y * direction.y) * inverse, 0), 1)
        let dx = x - along * direction.x
        let dy = y - along * direction.y
        let value = halfWidth - (dx * dx + dy * dy).squareRoot()
        let index = row * Self.side + column
        depth[index] = max(depth[index], value)
      }
    }
  }

  /// Returns the ink at a pixel, 0…1: it rises smoothly over an edge of `softness` pixels, at most `largestSoftness`.
  func ink(at index: Int, softness: Float) -> Float {
    let along = min(max(depth[index] / softness + 0.5, 0), 1)
    return along * along * (3 - 2 * along)
  }

  private func pixels(from low: Float, to high: Float) -> Range<Int> {
    let first = Int(min(max(low, 0), Float(Self.side)))
    return first..<max(first, Int(min(max(high + 1, 0), Float(Self.side))))
  }
}
