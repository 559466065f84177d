// Exponentials and what is made of them, eight elements at a time.
//
// This file is compiled for one instruction set. It uses raw pointers and SIMD values only, so that a copy of it
// compiled for another shares no generic code with this one.

internal import KernelInterface

private typealias Lanes = SIMD8<Float>
private typealias LaneBits = SIMD8<Int32>

/// Computes output ← f(input) elementwise; `output` may be `input`.
///
/// Sigmoid and tanh are within 4 units in the last place where the result is a normal number.
func activateVector(
  _ activation: Activation, count: Int, input: UnsafePointer<Float>, output: UnsafeMutablePointer<Float>
) {
  switch activation {
  case .identity:
    if UnsafePointer(output) != input { output.update(from: input, count: count) }
  case .relu:
    // The comparison, false for NaN, lets NaN through.
    map(count, input, output) { $0.replacing(with: 0, where: $0 .<= 0) }
  case .sigmoid: map(count, input, output) { 1 / (1 + exponential(0 - $0)) }
  case .tanh: map(count, input, output) { hyperbolicTangent($0) }
  }
}

/// Computes inputGradient ← outputGradient · f′, with f′ taken from the output; the two gradients may be one buffer.
func differentiateVector(
  _ activation: Activation, count: Int, output: UnsafePointer<Float>, outputGradient: UnsafePointer<Float>,
  inputGradient: UnsafeMutablePointer<Float>
) {
  switch activation {
  case .identity:
    if UnsafePointer(inputGradient) != outputGradient { inputGradient.update(from: outputGradient, count: count) }
  case .relu: map(count, output, outputGradient, inputGradient) { $1.replacing(with: 0, where: $0 .<= 0) }
  case .sigmoid: map(count, output, outputGradient, inputGradient) { $1 * ($0 * (1 - $0)) }
  case .tanh: map(count, output, outputGradient, inputGradient) { $1 * (1 - $0 * $0) }
  }
}

/// Returns Σ exp(input[i] − shift), and stores the terms in `output`, which may be `input`, or `nil`.
func sumOfExponentials(
  count: Int, input: UnsafePointer<Float>, shift: Float, output: UnsafeMutablePointer<Float>?
) -> Float {
  var sum = Lanes.zero
  var index = 0
  while index + Lanes.scalarCount <= count {
    let terms = exponential(load(input + index) - shift)
    if let output { store(terms, output + index) }
    sum += terms
    index += Lanes.scalarCount
  }
  if index < count {
    // The lanes beyond the end add e^−∞ = 0.
    let terms = exponential(load(input + index, count: count - index, filling: -.infinity) - shift)
    if let output { store(terms, output + index, count: count - index) }
    sum += terms
  }
  let half = sum.lowHalf + sum.highHalf
  let quarter = half.lowHalf + half.highHalf
  return quarter[0] + quarter[1]
}

/// Returns eˣ, within 2 units in the last place; exact at the infinities, and NaN for NaN.
///
/// x = n·ln 2 + r with |r| ≤ ln 2 / 2, and eʳ = 1 + r + r²·p(r) with the p of degree 5 that has the least largest
/// relative error of eʳ (found with Lawson's algorithm).
///
/// Sources: the reduction with ln 2 in two parts, Cody & Waite, "Software Manual for the Elementary Functions", 1980.
@inline(__always)
private func exponential(_ x: Lanes) -> Lanes {
  // Beyond these bounds the result overflows, or is 0, all the same.
  var bounded = x.replacing(with: 90, where: x .> 90)
  bounded.replace(with: -105, where: bounded .< -105)
  // Adding 1.5·2²³ leaves the nearest integer in the low bits.
  let rounder = Lanes(repeating: 0x1.8p23)
  let rounded = bounded * 0x1.715476p0 + rounder
  let n = rounded - rounder
  let r = (bounded - n * 0x1.63p-1) + n * 0x1.bd0106p-13
  var p = r * 0x1.9f081p-13 + 0x1.6d8dbp-10
  p = p * r + 0x1.111272p-7
  p = p * r + 0x1.55548ep-5
  p = p * r + 0x1.555554p-3
  p = p * r + 0.5
  let mantissa = (p * (r * r) + r) + 1
  // 2ⁿ in two factors, so that neither overflows where the result is subnormal or infinite.
  let exponent = unsafeBitCast(rounded, to: LaneBits.self) &- unsafeBitCast(rounder, to: LaneBits.self)
  let half = exponent &>> 1
  return mantissa * powerOfTwo(half) * powerOfTwo(exponent &- half)
}

/// Returns 2ⁿ for −126 ≤ n ≤ 127.
@inline(__always)
private func powerOfTwo(_ n: LaneBits) -> Lanes {
  unsafeBitCast((n &+ 127) &<< 23, to: Lanes.self)
}

/// Returns tanh x, within 4 units in the last place; NaN for NaN.
///
/// Near 0 it is x + x·z·p(z) with z = x² and the p of degree 4 that has the least largest relative error (found with
/// Lawson's algorithm), elsewhere ±(1 − 2 / (e^2|x| + 1)).
@inline(__always)
private func hyperbolicTangent(_ x: Lanes) -> Lanes {
  let bits = unsafeBitCast(x, to: LaneBits.self)
  let magnitude = unsafeBitCast(bits & LaneBits(repeating: 0x7FFF_FFFF), to: Lanes.self)
  let tail = 1 - 2 / (exponential(magnitude + magnitude) + 1)
  let sign = bits & LaneBits(repeating: .min)
  let signedTail = unsafeBitCast(unsafeBitCast(tail, to: LaneBits.self) | sign, to: Lanes.self)
  let z = x * x
  var p = z * -0.0057049864 + 0.020639086
  p = p * z - 0.053739715
  p = p * z + 0.13331442
  p = p * z - 0.3333328
  let center = x + x * (z * p)
  return signedTail.replacing(with: center, where: magnitude .< 0.625)
}

@inline(__always)
private func map(
  _ count: Int, _ input: UnsafePointer<Float>, _ output: UnsafeMutablePointer<Float>, _ transform: (Lanes) -> Lanes
) {
  var index = 0
  while index + Lanes.scalarCount <= count {
    store(transform(load(input + index)), output + index)
    index += Lanes.scalarCount
  }
  if index < count {
    store(transform(load(input + index, count: count - index)), output + index, count: count - index)
  }
}

@inline(__always)
private func map(
  _ count: Int, _ one: UnsafePointer<Float>, _ other: UnsafePointer<Float>, _ output: UnsafeMutablePointer<Float>,
  _ transform: (Lanes, Lanes) -> Lanes
) {
  var index = 0
  while index + Lanes.scalarCount <= count {
    store(transform(load(one + index), load(other + index)), output + index)
    index += Lanes.scalarCount
  }
  if index < count {
    let rest = count - index
    store(transform(load(one + index, count: rest), load(other + index, count: rest)), output + index, count: rest)
  }
}

@inline(__always)
private func load(_ pointer: UnsafePointer<Float>) -> Lanes {
  UnsafeRawPointer(pointer).loadUnaligned(as: Lanes.self)
}

@inline(__always)
private func load(_ pointer: UnsafePointer<Float>, count: Int, filling: Float = 0) -> Lanes {
  var lanes = Lanes(repeating: filling)
  for lane in 0..<count { lanes[lane] = pointer[lane] }
  return lanes
}

@inline(__always)
private func store(_ lanes: Lanes, _ pointer: UnsafeMutablePointer<Float>) {
  UnsafeMutableRawPointer(pointer).storeBytes(of: lanes, as: Lanes.self)
}

@inline(__always)
private func store(_ lanes: Lanes, _ pointer: UnsafeMutablePointer<Float>, count: Int) {
  for lane in 0..<count { pointer[lane] = lanes[lane] }
}
