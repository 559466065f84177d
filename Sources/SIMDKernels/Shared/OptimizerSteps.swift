// The steps of the optimizers, a register at a time.
//
// This file is compiled for several instruction sets. It uses raw pointers and vectors only, so that a copy of it compiled
// for another shares no code with this one.

internal import VectorIntrinsics

/// Computes one step of SGD, as ``OptimizerKernels/sgdStep(_:count:parameters:gradient:velocity:updated:)`` says.
///
/// Each of the formula's lines is one multiply-add. Neither unrolling nor a variant without weight decay would be faster:
/// the loop waits for the memory.
func sgdStepOfVector(
  learningRate: Float, momentum: Float, weightDecay: Float, isNesterov: Bool, count: Int,
  parameters: UnsafePointer<Float>, gradient: UnsafePointer<Float>, velocity: UnsafeMutablePointer<Float>?,
  updated: UnsafeMutablePointer<Float>
) {
  let descent = lanes_broadcast(-learningRate)
  let momenta = lanes_broadcast(momentum)
  let decay = lanes_broadcast(weightDecay)
  @inline(always)
  func decayedGradient(_ old: Lanes, _ index: Int, _ lanes: Int) -> Lanes {
    lanes_multiply_add(lanes_load_partial(gradient + index, lanes), decay, old)
  }
  @inline(always)
  func step(_ index: Int, _ lanes: Int) {
    let old = lanes_load_partial(parameters + index, lanes)
    let direction = decayedGradient(old, index, lanes)
    lanes_store_partial(updated + index, lanes_multiply_add(old, descent, direction), lanes)
  }
  guard let velocity else {
    forEachRegister(of: count, step)
    return
  }
  @inline(always)
  func stepWithMomentum(_ index: Int, _ lanes: Int) {
    let old = lanes_load_partial(parameters + index, lanes)
    let direction = lanes_multiply_add(
      decayedGradient(old, index, lanes), momenta, lanes_load_partial(velocity + index, lanes))
    lanes_store_partial(velocity + index, direction, lanes)
    lanes_store_partial(updated + index, lanes_multiply_add(old, descent, direction), lanes)
  }
  @inline(always)
  func stepAhead(_ index: Int, _ lanes: Int) {
    let old = lanes_load_partial(parameters + index, lanes)
    let slope = decayedGradient(old, index, lanes)
    let moved = lanes_multiply_add(slope, momenta, lanes_load_partial(velocity + index, lanes))
    lanes_store_partial(velocity + index, moved, lanes)
    let direction = lanes_multiply_add(slope, momenta, moved)
    lanes_store_partial(updated + index, lanes_multiply_add(old, descent, direction), lanes)
  }
  if isNesterov { forEachRegister(of: count, stepAhead) } else { forEachRegister(of: count, stepWithMomentum) }
}

/// Computes one adaptive step, as
/// ``OptimizerKernels/adaptiveStep(_:count:parameters:gradient:first:second:updated:)`` says.
///
/// The square root and the division are the instruction set's exact ones: beside five streams of memory they cost little.
func adaptiveStepOfVector(
  stepSize: Float, weightDecay: Float, shrinkage: Float, firstDecay: Float, firstWeight: Float, secondDecay: Float,
  secondWeight: Float, secondScale: Float, epsilon: Float, count: Int, parameters: UnsafePointer<Float>,
  gradient: UnsafePointer<Float>, first: UnsafeMutablePointer<Float>?, second: UnsafeMutablePointer<Float>,
  updated: UnsafeMutablePointer<Float>
) {
  let descent = lanes_broadcast(-stepSize)
  let decay = lanes_broadcast(weightDecay)
  let shrinkages = lanes_broadcast(shrinkage)
  let (firstDecays, firstWeights) = (lanes_broadcast(firstDecay), lanes_broadcast(firstWeight))
  let (secondDecays, secondWeights) = (lanes_broadcast(secondDecay), lanes_broadcast(secondWeight))
  let (scales, epsilons) = (lanes_broadcast(secondScale), lanes_broadcast(epsilon))
  @inline(always)
  func decayedGradient(_ old: Lanes, _ index: Int, _ lanes: Int) -> Lanes {
    lanes_multiply_add(lanes_load_partial(gradient + index, lanes), decay, old)
  }
  /// Updates the second moment, and moves the parameters along `direction`.
  @inline(always)
  func move(_ old: Lanes, _ slope: Lanes, along direction: Lanes, _ index: Int, _ lanes: Int) {
    let squares = lanes_multiply_add(
      lanes_load_partial(second + index, lanes) * secondDecays, secondWeights, slope * slope)
    lanes_store_partial(second + index, squares, lanes)
    let size = lanes_multiply_add(epsilons, scales, lanes_square_root(squares))
    lanes_store_partial(updated + index, lanes_multiply_add(old * shrinkages, descent, direction / size), lanes)
  }
  @inline(always)
  func step(_ index: Int, _ lanes: Int) {
    let old = lanes_load_partial(parameters + index, lanes)
    let slope = decayedGradient(old, index, lanes)
    move(old, slope, along: slope, index, lanes)
  }
  guard let first else {
    forEachRegister(of: count, step)
    return
  }
  @inline(always)
  func stepWithMean(_ index: Int, _ lanes: Int) {
    let old = lanes_load_partial(parameters + index, lanes)
    let slope = decayedGradient(old, index, lanes)
    let mean = lanes_multiply_add(lanes_load_partial(first + index, lanes) * firstDecays, firstWeights, slope)
    lanes_store_partial(first + index, mean, lanes)
    move(old, slope, along: mean, index, lanes)
  }
  forEachRegister(of: count, stepWithMean)
}

/// Replaces a gradient by the direction that momentum makes of it, with the same operations as the step of SGD.
func accumulateMomentumOfVector(
  momentum: Float, isNesterov: Bool, count: Int, gradient: UnsafeMutablePointer<Float>,
  velocity: UnsafeMutablePointer<Float>
) {
  let momenta = lanes_broadcast(momentum)
  @inline(always)
  func movedVelocity(_ slope: Lanes, _ index: Int, _ lanes: Int) -> Lanes {
    let moved = lanes_multiply_add(slope, momenta, lanes_load_partial(velocity + index, lanes))
    lanes_store_partial(velocity + index, moved, lanes)
    return moved
  }
  @inline(always)
  func accumulate(_ index: Int, _ lanes: Int) {
    lanes_store_partial(
      gradient + index, movedVelocity(lanes_load_partial(gradient + index, lanes), index, lanes), lanes)
  }
  @inline(always)
  func accumulateAhead(_ index: Int, _ lanes: Int) {
    let slope = lanes_load_partial(gradient + index, lanes)
    let moved = movedVelocity(slope, index, lanes)
    lanes_store_partial(gradient + index, lanes_multiply_add(slope, momenta, moved), lanes)
  }
  if isNesterov { forEachRegister(of: count, accumulateAhead) } else { forEachRegister(of: count, accumulate) }
}

/// Returns Σ values².
///
/// In two chains of additions, which is as fast as the conversions to `Double` are.
func squaredNormOfVector(count: Int, values: UnsafePointer<Float>) -> Double {
  let lanes = Lanes.scalarCount
  var one = WideLanes.zero
  var two = WideLanes.zero
  var index = 0
  while index <= count - 2 * lanes {
    one = wide_lanes_add_squares(one, lanes_load(values + index))
    two = wide_lanes_add_squares(two, lanes_load(values + index + lanes))
    index += 2 * lanes
  }
  while index < count {
    one = wide_lanes_add_squares(one, lanes_load_partial(values + index, min(lanes, count - index)))
    index += lanes
  }
  return wide_lanes_sum(wide_lanes_add(one, two))
}

/// Calls `body` for each whole register of a vector, and for the partial one at its end: with the index of the first
/// element and the number of lanes.
///
/// Both do the same operations, so a result does not depend on where in a vector it stands.
@inline(always)
private func forEachRegister(of count: Int, _ body: (_ index: Int, _ lanes: Int) -> Void) {
  let lastWhole = count - Lanes.scalarCount
  var index = 0
  while index <= lastWhole {
    body(index, Lanes.scalarCount)
    index += Lanes.scalarCount
  }
  if index < count { body(index, count - index) }
}
