/// Why a gradient is not the derivative that it should be, or why the check proves nothing.
public enum GradientMismatch: Error, Hashable, Sendable, CustomStringConvertible {
  /// No element was checked.
  case empty
  /// The gradient has another number of elements than the point.
  case countMismatch(gradient: Int, point: Int)
  /// An index to check is not one of the point's.
  case indexOutOfRange(index: Int, count: Int)
  /// `roughness` is negative, infinite or NaN.
  case senselessRoughness(Double)
  /// The derivative is not the gradient's element, or one of them is NaN or infinite.
  case valueMismatch(index: Int, gradient: Double, difference: Double, tolerance: Double)
  /// Every derivative is so close to 0 that a wrong sign or factor would pass.
  case allNegligible(checked: Int, largest: Double)

  /// A sentence that names the element and both values.
  public var description: String {
    switch self {
    case .empty:
      "no element of the gradient was checked"
    case .countMismatch(let gradient, let point):
      "the gradient has \(gradient) elements, but the point has \(point)"
    case .indexOutOfRange(let index, let count):
      "index \(index) is not in 0..<\(count)"
    case .senselessRoughness(let roughness):
      "the roughness is \(roughness), but must be finite and not negative"
    case .valueMismatch(let index, let gradient, let difference, let tolerance):
      "element \(index) of the gradient is \(gradient), but the central difference is \(difference) ± \(tolerance)"
    case .allNegligible(let checked, let largest):
      "none of the \(checked) derivatives exceeds \(largest) in magnitude, too little to find a wrong one"
    }
  }
}

/// Comparison of a gradient with central differences, in `Double`.
///
///     ∂L/∂x[i] ≈ (L(x + h·e[i]) − L(x − h·e[i])) / 2h,    h = ∛ε · max(1, |x[i]|)
///
/// This h balances the truncation, of order h², against the rounding of L, of order ε/h: both are ε^⅔ ≈ 4·10⁻¹¹
/// where L and its third derivative are of order 1.
public enum GradientCheck {
  /// Checks elements of `gradient` against central differences of `loss` around `point`.
  ///
  /// - Parameters:
  ///   - gradient: The gradient under test, one value an element of `point`.
  ///   - point: Where the gradient was taken. Its elements are moved one at a time and put back, to the bit.
  ///   - indices: The elements to check; `nil` for all. Choose the point so that no kink, such as that of a rectifier
  ///     or a change of the maximum of a pooling window, is within h of it.
  ///   - roughness: How many times ε^⅔ · max(1, |L|) the difference may be off: the size of the third derivative, and
  ///     the length of the sums behind L.
  ///   - loss: Returns L for the present elements of `point`; it must depend on nothing else that changes.
  /// - Returns: The number of elements checked, at least 1.
  /// - Throws: ``GradientMismatch``; also if all derivatives checked are negligible, as nothing is proven then.
  @discardableResult
  public static func check(
    _ gradient: [Double], at point: UnsafeMutableBufferPointer<Double>, indices: [Int]? = nil,
    roughness: Double = 1000, loss: () -> Double
  ) throws(GradientMismatch) -> Int {
    guard roughness >= 0, roughness.isFinite else { throw .senselessRoughness(roughness) }
    guard gradient.count == point.count else {
      throw .countMismatch(gradient: gradient.count, point: point.count)
    }
    let indices = indices ?? Array(point.indices)
    guard !indices.isEmpty else { throw .empty }
    let tolerance = roughness * Self.cubeRootOfEpsilon * Self.cubeRootOfEpsilon * max(1, abs(loss()))
    var largest = 0.0
    for index in indices {
      guard point.indices.contains(index) else { throw .indexOutOfRange(index: index, count: point.count) }
      let saved = point[index]
      let step = Self.cubeRootOfEpsilon * max(1, abs(saved))
      point[index] = saved + step
      let above = (argument: point[index], loss: loss())
      point[index] = saved - step
      let below = (argument: point[index], loss: loss())
      point[index] = saved
      // The arguments are rounded: divide by the distance that was really gone.
      let difference = (above.loss - below.loss) / (above.argument - below.argument)
      guard abs(gradient[index] - difference) <= tolerance else {
        throw .valueMismatch(
          index: index, gradient: gradient[index], difference: difference, tolerance: tolerance)
      }
      largest = max(largest, abs(difference))
    }
    guard largest > 2 * tolerance else { throw .allNegligible(checked: indices.count, largest: largest) }
    return indices.count
  }

  /// ∛ε of `Double`, where ε = 2⁻⁵².
  private static let cubeRootOfEpsilon = 6.055454452393343e-06
}
