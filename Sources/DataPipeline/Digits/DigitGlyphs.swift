/// A stroke of a glyph: control points in a box one unit wide and high, x to the right and y down.
struct GlyphStroke: Sendable {
  /// How the control points are joined.
  enum Path: Sendable {
    /// By straight lines.
    case straight
    /// By a curve through all of them.
    case curve
    /// By a curve through all of them that returns to the first.
    case loop
  }

  let path: Path
  let points: [SIMD2<Float>]

  private init(_ path: Path, _ coordinates: [Float]) {
    precondition(coordinates.count.isMultiple(of: 2) && coordinates.count >= 4, "a stroke needs two points")
    self.path = path
    points = stride(from: 0, to: coordinates.count, by: 2).map { SIMD2(coordinates[$0], coordinates[$0 + 1]) }
  }

  static func straight(_ coordinates: Float...) -> GlyphStroke { GlyphStroke(.straight, coordinates) }
  static func curve(_ coordinates: Float...) -> GlyphStroke { GlyphStroke(.curve, coordinates) }
  static func loop(_ coordinates: Float...) -> GlyphStroke { GlyphStroke(.loop, coordinates) }
}

/// The ways in which people write each digit.
enum DigitGlyphs {
  /// The variants of each digit, by digit; each variant is one or more strokes.
  static let variants: [[[GlyphStroke]]] = [
    zero, one, two, three, four, five, six, seven, eight, nine,
  ]

  private static let zero: [[GlyphStroke]] = [
    // An oval.
    [.loop(0.50, 0.02, 0.22, 0.18, 0.15, 0.50, 0.22, 0.82, 0.50, 0.98, 0.78, 0.82, 0.85, 0.50, 0.78, 0.18)],
    // Narrow and pointed.
    [.loop(0.52, 0.02, 0.34, 0.25, 0.28, 0.55, 0.34, 0.85, 0.48, 0.98, 0.64, 0.80, 0.70, 0.48, 0.66, 0.20)],
    // Round, with ends that cross at the top.
    [
      .curve(
        0.62, 0.12, 0.40, 0.08, 0.18, 0.28, 0.12, 0.58, 0.26, 0.88, 0.52, 0.96, 0.80, 0.80, 0.88, 0.48, 0.74, 0.18,
        0.48, 0.04)
    ],
  ]

  private static let one: [[GlyphStroke]] = [
    // A bare stem.
    [.straight(0.50, 0.02, 0.50, 0.98)],
    // A stem with a flag.
    [.straight(0.28, 0.24, 0.54, 0.02, 0.54, 0.98)],
    // A stem with a flag and a foot.
    [.straight(0.30, 0.22, 0.52, 0.02, 0.52, 0.96), .straight(0.28, 0.97, 0.76, 0.97)],
    // A slightly bent stem.
    [.curve(0.56, 0.02, 0.51, 0.35, 0.49, 0.65, 0.50, 0.98)],
  ]

  private static let two: [[GlyphStroke]] = [
    // A hook and a straight foot.
    [
      .curve(0.18, 0.26, 0.30, 0.07, 0.54, 0.02, 0.78, 0.14, 0.80, 0.36, 0.62, 0.60, 0.36, 0.82, 0.16, 0.96),
      .straight(0.16, 0.96, 0.86, 0.96),
    ],
    // A loop at the foot.
    [
      .curve(
        0.20, 0.22, 0.40, 0.04, 0.68, 0.08, 0.76, 0.30, 0.62, 0.58, 0.40, 0.82, 0.22, 0.92, 0.16, 0.82, 0.28, 0.76,
        0.48, 0.88, 0.66, 0.96, 0.88, 0.88)
    ],
    // Angular, like a Z with a round shoulder.
    [
      .curve(0.16, 0.12, 0.40, 0.04, 0.66, 0.06, 0.80, 0.18, 0.72, 0.40, 0.46, 0.68, 0.18, 0.95),
      .curve(0.18, 0.95, 0.50, 0.92, 0.84, 0.97),
    ],
  ]

  private static let three: [[GlyphStroke]] = [
    // Two bows.
    [
      .curve(0.20, 0.16, 0.40, 0.03, 0.66, 0.06, 0.76, 0.24, 0.64, 0.42, 0.42, 0.48),
      .curve(0.42, 0.48, 0.70, 0.54, 0.82, 0.74, 0.68, 0.93, 0.40, 0.98, 0.16, 0.85),
    ],
    // A flat roof.
    [
      .straight(0.18, 0.04, 0.78, 0.04, 0.46, 0.40),
      .curve(0.46, 0.40, 0.72, 0.48, 0.82, 0.70, 0.66, 0.93, 0.38, 0.97, 0.16, 0.84),
    ],
    // A small loop in the middle.
    [
      .curve(
        0.22, 0.10, 0.48, 0.03, 0.72, 0.14, 0.70, 0.34, 0.48, 0.46, 0.38, 0.52, 0.46, 0.54, 0.72, 0.60, 0.80, 0.78,
        0.62, 0.95, 0.36, 0.97, 0.18, 0.88)
    ],
  ]

  private static let four: [[GlyphStroke]] = [
    // Open at the top.
    [.straight(0.28, 0.04, 0.18, 0.56, 0.84, 0.56), .straight(0.70, 0.10, 0.66, 0.98)],
    // Closed, a triangle.
    [.straight(0.66, 0.98, 0.66, 0.03, 0.14, 0.66, 0.88, 0.66)],
    // Open and round.
    [.curve(0.26, 0.04, 0.20, 0.34, 0.28, 0.54, 0.50, 0.56, 0.74, 0.48), .straight(0.76, 0.06, 0.70, 0.98)],
    // Closed, with a short stem.
    [.straight(0.60, 0.04, 0.12, 0.60, 0.86, 0.60), .straight(0.62, 0.30, 0.60, 0.97)],
  ]

  private static let five: [[GlyphStroke]] = [
    // A straight roof and back.
    [
      .straight(0.80, 0.04, 0.28, 0.04, 0.24, 0.44),
      .curve(0.24, 0.44, 0.50, 0.36, 0.76, 0.48, 0.82, 0.70, 0.66, 0.93, 0.38, 0.97, 0.16, 0.84),
    ],
    // A slanted back, and the roof drawn apart.
    [
      .straight(0.34, 0.08, 0.84, 0.03),
      .curve(0.34, 0.08, 0.28, 0.28, 0.24, 0.46),
      .curve(0.24, 0.46, 0.54, 0.40, 0.74, 0.56, 0.72, 0.80, 0.48, 0.97, 0.18, 0.92),
    ],
    // In one sweep, like an S.
    [
      .curve(
        0.80, 0.05, 0.52, 0.04, 0.32, 0.10, 0.26, 0.28, 0.32, 0.42, 0.58, 0.48, 0.78, 0.64, 0.72, 0.88, 0.44, 0.98,
        0.18, 0.90)
    ],
  ]

  private static let six: [[GlyphStroke]] = [
    // A long curved back.
    [
      .curve(
        0.70, 0.04, 0.42, 0.20, 0.24, 0.48, 0.20, 0.74, 0.34, 0.95, 0.58, 0.97, 0.78, 0.82, 0.74, 0.60, 0.52, 0.52,
        0.30, 0.62, 0.22, 0.74)
    ],
    // A straight back.
    [
      .curve(
        0.46, 0.02, 0.34, 0.32, 0.26, 0.62, 0.32, 0.90, 0.56, 0.98, 0.76, 0.84, 0.72, 0.64, 0.50, 0.58, 0.28, 0.72)
    ],
    // A hooked top.
    [
      .curve(
        0.78, 0.16, 0.60, 0.03, 0.36, 0.12, 0.20, 0.42, 0.18, 0.70, 0.32, 0.94, 0.58, 0.98, 0.80, 0.80, 0.76, 0.58,
        0.52, 0.48, 0.30, 0.56, 0.20, 0.72)
    ],
  ]

  private static let seven: [[GlyphStroke]] = [
    // Plain.
    [.straight(0.16, 0.05, 0.84, 0.05, 0.40, 0.98)],
    // With a bar.
    [.straight(0.16, 0.05, 0.82, 0.05, 0.40, 0.98), .straight(0.34, 0.50, 0.78, 0.48)],
    // With a serif and a bent stem.
    [.straight(0.16, 0.20, 0.18, 0.05, 0.84, 0.06), .curve(0.84, 0.06, 0.64, 0.36, 0.50, 0.66, 0.46, 0.98)],
    // A wavy roof.
    [.curve(0.14, 0.12, 0.34, 0.05, 0.56, 0.10, 0.82, 0.04), .curve(0.82, 0.04, 0.62, 0.40, 0.46, 0.70, 0.36, 0.98)],
  ]

  private static let eight: [[GlyphStroke]] = [
    // In one sweep that crosses itself.
    [
      .loop(
        0.50, 0.48, 0.26, 0.34, 0.26, 0.13, 0.50, 0.02, 0.74, 0.13, 0.74, 0.34, 0.50, 0.48, 0.22, 0.66, 0.22, 0.87,
        0.50, 0.98, 0.78, 0.87, 0.78, 0.66)
    ],
    // Two rings.
    [
      .loop(0.50, 0.03, 0.30, 0.12, 0.28, 0.32, 0.50, 0.45, 0.72, 0.32, 0.70, 0.12),
      .loop(0.50, 0.45, 0.24, 0.58, 0.20, 0.80, 0.50, 0.97, 0.80, 0.80, 0.76, 0.58),
    ],
    // From the upper right, an S closed by an upstroke.
    [
      .curve(
        0.76, 0.14, 0.52, 0.03, 0.28, 0.14, 0.32, 0.36, 0.56, 0.52, 0.74, 0.72, 0.66, 0.92, 0.42, 0.97, 0.24, 0.84,
        0.30, 0.64, 0.52, 0.46, 0.72, 0.30, 0.76, 0.14)
    ],
  ]

  private static let nine: [[GlyphStroke]] = [
    // A ring on a straight stem.
    [
      .loop(0.52, 0.03, 0.28, 0.12, 0.22, 0.32, 0.40, 0.50, 0.66, 0.44, 0.76, 0.22),
      .straight(0.76, 0.16, 0.72, 0.98),
    ],
    // A ring with a curved tail.
    [
      .curve(
        0.76, 0.28, 0.60, 0.46, 0.36, 0.46, 0.24, 0.26, 0.38, 0.06, 0.64, 0.05, 0.78, 0.26, 0.76, 0.58, 0.60, 0.86,
        0.30, 0.97)
    ],
    // A ring and a slanted stem in one sweep.
    [
      .curve(
        0.74, 0.12, 0.50, 0.02, 0.26, 0.16, 0.26, 0.38, 0.48, 0.48, 0.70, 0.34, 0.76, 0.12, 0.68, 0.50, 0.56, 0.98)
    ],
  ]
}
