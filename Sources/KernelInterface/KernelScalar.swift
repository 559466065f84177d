internal import Foundation

/// An element of a kernel's buffers.
///
/// Training computes in `Float`. The reference backend also computes in `Double`: it is the oracle of the kernel
/// tests, and it lets every layer's gradient be checked against central differences far below `Float`'s rounding.
public protocol KernelScalar: BinaryFloatingPoint, Codable, SIMDScalar, Sendable {
  /// Returns eˣ.
  static func exponential(_ x: Self) -> Self
  /// Returns the natural logarithm of `x`.
  static func logarithm(_ x: Self) -> Self
  /// Returns the hyperbolic tangent of `x`.
  static func hyperbolicTangent(_ x: Self) -> Self
}

extension Float: KernelScalar {
  /// Returns eˣ.
  public static func exponential(_ x: Float) -> Float { exp(x) }
  /// Returns the natural logarithm of `x`.
  public static func logarithm(_ x: Float) -> Float { log(x) }
  /// Returns the hyperbolic tangent of `x`.
  public static func hyperbolicTangent(_ x: Float) -> Float { tanh(x) }
}

extension Double: KernelScalar {
  /// Returns eˣ.
  public static func exponential(_ x: Double) -> Double { exp(x) }
  /// Returns the natural logarithm of `x`.
  public static func logarithm(_ x: Double) -> Double { log(x) }
  /// Returns the hyperbolic tangent of `x`.
  public static func hyperbolicTangent(_ x: Double) -> Double { tanh(x) }
}
