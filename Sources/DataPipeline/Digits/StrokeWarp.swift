internal import Randomness

/// A random smooth map from the unit box of a glyph to the pixels of an image.
///
/// A point is first displaced by an elastic field, and then goes through an affine map: aspect, shear, rotation,
/// translation. The field holds one random vector at each knot of a 4×4 grid and blends between knots with
/// 3t² − 2t³, so neighbouring points move alike and lines stay unbroken.
///
/// Only +, −, ×, ÷ are used, so the result is the same on every platform: a rotation comes from its half-angle tangent
/// t, cos = (1 − t²)/(1 + t²) and sin = 2t/(1 + t²).
struct StrokeWarp {
  private static let knots = 4
  /// The largest displacement of a knot along each axis, in glyph boxes.
  private static let elasticity: Float = 0.085

  private var field: InlineArray<16, SIMD2<Float>> = InlineArray(repeating: .zero)
  private let column0: SIMD2<Float>
  private let column1: SIMD2<Float>
  private let centre: SIMD2<Float>

  /// Draws a map.
  init(using stream: inout RandomStream) {
    for index in field.indices {
      field[index] = SIMD2(
        stream.uniform(in: -Self.elasticity...Self.elasticity), stream.uniform(in: -Self.elasticity...Self.elasticity))
    }
    // 0.15 is the tangent of half of 17°.
    let tangent = stream.uniform(in: -0.15...0.15)
    let cosine = (1 - tangent * tangent) / (1 + tangent * tangent)
    let sine = 2 * tangent / (1 + tangent * tangent)
    let shear = stream.uniform(in: -0.30...0.30)
    let width = stream.uniform(in: 12.5...18.5)
    let height = stream.uniform(in: 17.0...21.5)
    // Rotation · shear · scale, by columns.
    column0 = SIMD2(cosine, sine) * width
    column1 = SIMD2(cosine * shear - sine, sine * shear + cosine) * height
    centre = SIMD2(14 + stream.uniform(in: -2.2...2.2), 14 + stream.uniform(in: -2.0...2.0))
  }

  /// Returns where `point` of the unit box lies, in pixels; pixel (0, 0) covers 0…1 along each axis.
  func apply(to point: SIMD2<Float>) -> SIMD2<Float> {
    let last = Float(Self.knots - 1)
    let scaled = (point * last).clamped(lowerBound: .zero, upperBound: SIMD2(repeating: last - 0x1p-10))
    let column = Int(scaled.x)
    let row = Int(scaled.y)
    let along = scaled - SIMD2(Float(column), Float(row))
    let blend = along * along * (3 - 2 * along)
    let corner = row * Self.knots + column
    let upper = field[corner] + (field[corner + 1] - field[corner]) * blend.x
    let lower = field[corner + Self.knots] + (field[corner + Self.knots + 1] - field[corner + Self.knots]) * blend.x
    let moved = point + upper + (lower - upper) * blend.y - 0.5
    return centre + column0 * moved.x + column1 * moved.y
  }
}
