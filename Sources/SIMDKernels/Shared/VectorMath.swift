// Exponentials and what is made of them, a register at a time.
//
// This file is compiled for several instruction sets. It uses raw pointers and vectors only, so that a copy of it compiled
// for another shares no code with this one.
//
// A loop's body is a function that is inlined twice: for whole registers, and for the partial one at the end. Both do
// the same operations, so a result does not depend on where in a vector it stands.

internal import KernelInterface
internal import VectorIntrinsics

/// Computes output ← f(input) elementwise; `output` may be `input`.
func activateVector(
  _ activation: Activation, count: Int, input: UnsafePointer<Float>, output: UnsafeMutablePointer<Float>
) {
  switch activation {
  case .identity: if UnsafePointer(output) != input { map(count, input, output, same) }
  case .relu: map(count, input, output, rectified)
  case .sigmoid: map(count, input, output, sigmoid)
  case .tanh: map(count, input, output, hyperbolicTangent)
  }
}

/// Computes inputGradient ← outputGradient · f′, with f′ taken from the output; the two gradients may be one buffer.
func differentiateVector(
  _ activation: Activation, count: Int, output: UnsafePointer<Float>, outputGradient: UnsafePointer<Float>,
  inputGradient: UnsafeMutablePointer<Float>
) {
  switch activation {
  case .identity:
    if UnsafePointer(inputGradient) != outputGradient { map(count, outputGradient, inputGradient, same) }
  case .relu: map(count, output, outputGradient, inputGradient, throughRectifier)
  case .sigmoid: map(count, output, outputGradient, inputGradient, throughSigmoid)
  case .tanh: map(count, output, outputGradient, inputGradient, throughHyperbolicTangent)
  }
}

// MARK: Functions
//
// The bounds are the largest errors over all floats, with SSE2, AVX2 and AVX-512, against the C library's in double
// precision.

/// Returns eˣ for x ≤ 88, within 1.04 units in the last place.
///
/// Results too small for a normal number are 0, and NaN stays NaN.
@inline(always)
func exponential(_ x: Lanes) -> Lanes {
  let (power, remainder) = reduced(x)
  // power · eʳ; the sum is rounded before the product, which is exact.
  return power * (1 + remainder)
}

/// Returns 1 / (1 + e⁻ˣ), within 2.49 units in the last place.
///
/// Results too small for a normal number may be 0, and NaN stays NaN.
@inline(always)
private func sigmoid(_ x: Lanes) -> Lanes {
  1 / (1 + exponential(0 - x))
}

/// Returns tanh x, within 2.61 units in the last place; NaN stays NaN.
///
/// It is ±t / (t + 2) with t = e^2|x| − 1 = 2ⁿ·(eʳ − 1) + (2ⁿ − 1), which cancels nothing near 0.
@inline(always)
private func hyperbolicTangent(_ x: Lanes) -> Lanes {
  let signBit = LaneIntegers(repeating: .min)
  let bits = unsafeBitCast(x, to: LaneIntegers.self)
  let magnitude = unsafeBitCast(bits & ~signBit, to: Lanes.self)
  // Beyond 10 the result is 1.
  let bounded = magnitude.replacing(with: 10, where: magnitude .> 10)
  let (power, remainder) = reduced(bounded + bounded)
  let t = lanes_multiply_add(power - 1, power, remainder)
  let result = unsafeBitCast(t / (t + 2), to: LaneIntegers.self)
  return unsafeBitCast(result | (bits & signBit), to: Lanes.self)
}

/// Returns 2ⁿ and eʳ − 1 with x = n·ln 2 + r, |r| ≤ ln 2 / 2, for −88 ≤ x ≤ 89, and for the nearest bound otherwise.
///
/// 2ⁿ is 0 for n = −127 and infinite for n = 128. eʳ − 1 is r + r²·p(r) with the p of degree 4 that has the least
/// largest relative error, 2⁻²⁶ (found with Lawson's algorithm).
///
/// Sources: the reduction with ln 2 in two parts, Cody & Waite, "Software Manual for the Elementary Functions", 1980.
@inline(always)
private func reduced(_ x: Lanes) -> (power: Lanes, remainder: Lanes) {
  // The comparisons, false for NaN, let NaN through.
  var bounded = x.replacing(with: 89, where: x .> 89)
  bounded.replace(with: -88, where: bounded .< -88)
  // Adding 1.5·2²³ leaves the nearest integer in the low bits, and 127 makes it the exponent of 2ⁿ as it is stored.
  let rounder = Lanes(repeating: 0x1.8p23 + 127)
  let rounded = lanes_multiply_add(rounder, bounded, lanes_broadcast(0x1.715476p0))
  let n = rounded - rounder
  let power = unsafeBitCast(unsafeBitCast(rounded, to: LaneIntegers.self) &<< 23, to: Lanes.self)
  let coarse = lanes_multiply_add(bounded, n, lanes_broadcast(-0x1.63p-1))
  let r = lanes_multiply_add(coarse, n, lanes_broadcast(0x1.bd0106p-13))
  var p = lanes_multiply_add(lanes_broadcast(0x1.12254ap-7), r, lanes_broadcast(0x1.6b9c68p-10))
  p = lanes_multiply_add(lanes_broadcast(0x1.5556f2p-5), r, p)
  p = lanes_multiply_add(lanes_broadcast(0x1.5554b4p-3), r, p)
  p = lanes_multiply_add(lanes_broadcast(0x1.fffffep-2), r, p)
  return (power, lanes_multiply_add(r, r * r, p))
}

/// Returns x.
@inline(always)
private func same(_ x: Lanes) -> Lanes { x }

/// Returns max(x, 0); NaN for NaN, because the comparison is false for it.
@inline(always)
private func rectified(_ x: Lanes) -> Lanes { x.replacing(with: 0, where: x .<= 0) }

// MARK: Derivatives

/// Returns dy where y > 0, or is NaN.
@inline(always)
private func throughRectifier(_ y: Lanes, _ dy: Lanes) -> Lanes { dy.replacing(with: 0, where: y .<= 0) }

/// Returns dy · y·(1 − y).
@inline(always)
private func throughSigmoid(_ y: Lanes, _ dy: Lanes) -> Lanes { dy * (y * (1 - y)) }

/// Returns dy · (1 − y²).
@inline(always)
private func throughHyperbolicTangent(_ y: Lanes, _ dy: Lanes) -> Lanes { dy * (1 - y * y) }

// MARK: Loops

/// Computes output[i] ← transform(input[i]).
@inline(always)
private func map(
  _ count: Int, _ input: UnsafePointer<Float>, _ output: UnsafeMutablePointer<Float>, _ transform: (Lanes) -> Lanes
) {
  let lastWhole = count - Lanes.scalarCount
  var index = 0
  while index <= lastWhole {
    lanes_store(output + index, transform(lanes_load(input + index)))
    index += Lanes.scalarCount
  }
  if index < count {
    let rest = count - index
    lanes_store_partial(output + index, transform(lanes_load_partial(input + index, rest)), rest)
  }
}

/// Computes output[i] ← transform(one[i], other[i]).
@inline(always)
private func map(
  _ count: Int, _ one: UnsafePointer<Float>, _ other: UnsafePointer<Float>, _ output: UnsafeMutablePointer<Float>,
  _ transform: (Lanes, Lanes) -> Lanes
) {
  let lastWhole = count - Lanes.scalarCount
  var index = 0
  while index <= lastWhole {
    lanes_store(output + index, transform(lanes_load(one + index), lanes_load(other + index)))
    index += Lanes.scalarCount
  }
  if index < count {
    let rest = count - index
    let result = transform(lanes_load_partial(one + index, rest), lanes_load_partial(other + index, rest))
    lanes_store_partial(output + index, result, rest)
  }
}
