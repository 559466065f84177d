import TestSupport
import Testing

@Suite("GradientCheck")
struct GradientCheckTests {
  /// L(x) = Σ x[i]³ and its gradient 3·x[i]², at a fixed point.
  private static let point: [Double] = [0.5, -1.25, 2]
  private static let gradient = point.map { 3 * $0 * $0 }

  private func check(_ gradient: [Double], indices: [Int]? = nil, roughness: Double = 1000) throws -> Int {
    var point = Self.point
    let checked = try point.withUnsafeMutableBufferPointer { x in
      try GradientCheck.check(gradient, at: x, indices: indices, roughness: roughness) {
        x.reduce(0) { $0 + $1 * $1 * $1 }
      }
    }
    #expect(point == Self.point)
    return checked
  }

  @Test("the right gradient passes, and the number of elements checked is returned")
  func correct() throws {
    #expect(try check(Self.gradient) == 3)
    #expect(try check(Self.gradient, indices: [2]) == 1)
  }

  @Test("a wrong sign, a factor of 2, a swap and a relative error of 10⁻⁶ are found")
  func mutants() {
    let g = Self.gradient
    for mutant in [g.map { -$0 }, g.map { 2 * $0 }, [g[1], g[0], g[2]], g.map { $0 * (1 + 1e-6) }] {
      #expect(throws: GradientMismatch.self) { try check(mutant) }
    }
  }

  @Test("a single wrong element is found, and is the one reported")
  func singleElement() {
    var mutant = Self.gradient
    mutant[1] += 0.001
    #expect {
      try check(mutant)
    } throws: { error in
      guard case .valueMismatch(1, mutant[1], _, _) = error as? GradientMismatch else { return false }
      return true
    }
  }

  @Test("a gradient or a loss that is not finite is found", arguments: [Double.nan, .infinity])
  func nonFinite(value: Double) {
    var gradient = Self.gradient
    gradient[0] = value
    #expect(throws: GradientMismatch.self) { try check(gradient) }
    var point = Self.point
    point.withUnsafeMutableBufferPointer { x in
      _ = #expect(throws: GradientMismatch.self) { try GradientCheck.check(Self.gradient, at: x) { value } }
    }
  }

  @Test("no elements, another length, an index out of range and a senseless roughness are refused")
  func senseless() {
    #expect(throws: GradientMismatch.empty) { try check(Self.gradient, indices: []) }
    #expect(throws: GradientMismatch.countMismatch(gradient: 2, point: 3)) { try check([1, 2]) }
    #expect(throws: GradientMismatch.indexOutOfRange(index: 3, count: 3)) { try check(Self.gradient, indices: [3]) }
    #expect(throws: GradientMismatch.senselessRoughness(-1)) { try check(Self.gradient, roughness: -1) }
    #expect(throws: GradientMismatch.self) { try check(Self.gradient, roughness: .nan) }
  }

  @Test("a check in which every derivative is negligible proves nothing, and fails")
  func negligible() {
    var point = Self.point
    point.withUnsafeMutableBufferPointer { x in
      _ = #expect(throws: GradientMismatch.allNegligible(checked: 3, largest: 0)) {
        try GradientCheck.check([0, 0, 0], at: x) { 1 }
      }
    }
  }
}
