// The arithmetic of the update rules, a register at a time.
//
// This file is compiled for several instruction sets. It uses raw pointers and vectors only, so that a copy of it compiled
// for another shares no code with this one.
//
// What each function computes, and the sources, are in `RuleKernels`. The formulas are arranged for few divisions and
// roots, which are the instruction set's exact ones.

internal import VectorIntrinsics

/// Compensates the delay of a gradient, with a constant weight.
func compensateDelayOfVector(
  weight: Float, step: PlainStep?, count: Int, gradient: UnsafePointer<Float>, parameters: UnsafePointer<Float>,
  pulled: UnsafePointer<Float>, result: UnsafeMutablePointer<Float>
) {
  let weights = lanes_broadcast(weight)
  @inline(always)
  func compensated(_ index: Int, _ lanes: Int) -> Lanes {
    let old = lanes_load_partial(parameters + index, lanes)
    let slope = lanes_load_partial(gradient + index, lanes)
    let way = old - lanes_load_partial(pulled + index, lanes)
    return lanes_multiply_add(slope, slope, weights * slope * way)
  }
  forEachCorrection(compensated, of: parameters, step: step, count: count, result: result)
}

/// Compensates the delay of a gradient, with a weight that falls with the size of the gradients.
func compensateDelayOfVector(
  weight: Float, decay: Float, freshWeight: Float, epsilon: Float, step: PlainStep?, count: Int,
  gradient: UnsafePointer<Float>, parameters: UnsafePointer<Float>, pulled: UnsafePointer<Float>,
  meanSquare: UnsafeMutablePointer<Float>, result: UnsafeMutablePointer<Float>
) {
  let (weights, epsilons) = (lanes_broadcast(weight), lanes_broadcast(epsilon))
  let (decays, freshWeights) = (lanes_broadcast(decay), lanes_broadcast(freshWeight))
  @inline(always)
  func compensated(_ index: Int, _ lanes: Int) -> Lanes {
    let old = lanes_load_partial(parameters + index, lanes)
    let slope = lanes_load_partial(gradient + index, lanes)
    let squares = lanes_multiply_add(
      lanes_load_partial(meanSquare + index, lanes) * decays, freshWeights, slope * slope)
    lanes_store_partial(meanSquare + index, squares, lanes)
    let way = old - lanes_load_partial(pulled + index, lanes)
    let adapted = weights / lanes_square_root(squares + epsilons)
    return lanes_multiply_add(slope, slope, adapted * slope * way)
  }
  forEachCorrection(compensated, of: parameters, step: step, count: count, result: result)
}

/// Divides a gradient, with weight decay, by how many average steps each parameter has gone meanwhile, and one.
///
/// C / (|θ − θ′| + C) is one division less than 1 / (|θ − θ′| / C + 1), and exactly 1 as well where nothing has moved.
func divideByGapOfVector(
  decay: Float, freshWeight: Float, scale: Float, floor: Float, weightDecay: Float, step: PlainStep?, count: Int,
  gradient: UnsafePointer<Float>, parameters: UnsafePointer<Float>, pulled: UnsafePointer<Float>,
  meanSquare: UnsafeMutablePointer<Float>, result: UnsafeMutablePointer<Float>
) {
  let (decays, freshWeights) = (lanes_broadcast(decay), lanes_broadcast(freshWeight))
  let (scales, floors) = (lanes_broadcast(scale), lanes_broadcast(floor))
  let shrinkages = lanes_broadcast(weightDecay)
  @inline(always)
  func divided(_ slope: Lanes, _ squares: Lanes, _ old: Lanes, _ index: Int, _ lanes: Int) -> Lanes {
    let distance = lanes_magnitude(old - lanes_load_partial(pulled + index, lanes))
    let step = lanes_multiply_add(floors, scales, lanes_square_root(squares))
    return lanes_multiply_add(slope, shrinkages, old) * (step / (distance + step))
  }
  @inline(always)
  func onlyDivided(_ index: Int, _ lanes: Int) -> Lanes {
    let squares = lanes_load_partial(meanSquare + index, lanes)
    let old = lanes_load_partial(parameters + index, lanes)
    return divided(lanes_load_partial(gradient + index, lanes), squares, old, index, lanes)
  }
  @inline(always)
  func accumulatedAndDivided(_ index: Int, _ lanes: Int) -> Lanes {
    let old = lanes_load_partial(parameters + index, lanes)
    let slope = lanes_load_partial(gradient + index, lanes)
    let squares = lanes_multiply_add(
      lanes_load_partial(meanSquare + index, lanes) * decays, freshWeights, slope * slope)
    lanes_store_partial(meanSquare + index, squares, lanes)
    return divided(slope, squares, old, index, lanes)
  }
  if freshWeight == 0 {
    forEachCorrection(onlyDivided, of: parameters, step: step, count: count, result: result)
  } else {
    forEachCorrection(accumulatedAndDivided, of: parameters, step: step, count: count, result: result)
  }
}

/// Adds the squares of a step to a moving mean.
func accumulateStepOfVector(
  decay: Float, freshWeight: Float, count: Int, before: UnsafePointer<Float>, after: UnsafePointer<Float>,
  meanSquare: UnsafeMutablePointer<Float>
) {
  let (decays, freshWeights) = (lanes_broadcast(decay), lanes_broadcast(freshWeight))
  @inline(always)
  func accumulate(_ index: Int, _ lanes: Int) {
    let step = lanes_load_partial(before + index, lanes) - lanes_load_partial(after + index, lanes)
    let squares = lanes_multiply_add(
      lanes_load_partial(meanSquare + index, lanes) * decays, freshWeights, step * step)
    lanes_store_partial(meanSquare + index, squares, lanes)
  }
  forEachRegister(of: count, accumulate)
}

/// Divides a gradient by a moving mean of its own standard deviation.
func divideByDeviationOfVector(
  decay: Float, freshWeight: Float, epsilon: Float, step: PlainStep?, count: Int, gradient: UnsafePointer<Float>,
  parameters: UnsafePointer<Float>, mean: UnsafeMutablePointer<Float>, meanSquare: UnsafeMutablePointer<Float>,
  deviation: UnsafeMutablePointer<Float>, result: UnsafeMutablePointer<Float>
) {
  let (decays, freshWeights) = (lanes_broadcast(decay), lanes_broadcast(freshWeight))
  let epsilons = lanes_broadcast(epsilon)
  /// Moves a mean towards `fresh`.
  @inline(always)
  func moved(_ state: UnsafeMutablePointer<Float>, _ fresh: Lanes, _ index: Int, _ lanes: Int) -> Lanes {
    let moved = lanes_multiply_add(lanes_load_partial(state + index, lanes) * decays, freshWeights, fresh)
    lanes_store_partial(state + index, moved, lanes)
    return moved
  }
  @inline(always)
  func divided(_ index: Int, _ lanes: Int) -> Lanes {
    let slope = lanes_load_partial(gradient + index, lanes)
    let squares = moved(meanSquare, slope * slope, index, lanes)
    let center = moved(mean, slope, index, lanes)
    // Rounding may leave a little less than nothing.
    let variance = lanes_not_negative(squares - center * center)
    return slope / moved(deviation, lanes_square_root(variance + epsilons), index, lanes)
  }
  forEachCorrection(divided, of: parameters, step: step, count: count, result: result)
}

/// Divides a gradient by a moving mean of its own magnitude.
func divideByMagnitudeOfVector(
  decay: Float, freshWeight: Float, epsilon: Float, step: PlainStep?, count: Int, gradient: UnsafePointer<Float>,
  parameters: UnsafePointer<Float>, magnitude: UnsafeMutablePointer<Float>, result: UnsafeMutablePointer<Float>
) {
  let (decays, freshWeights) = (lanes_broadcast(decay), lanes_broadcast(freshWeight))
  let epsilons = lanes_broadcast(epsilon)
  @inline(always)
  func divided(_ index: Int, _ lanes: Int) -> Lanes {
    let slope = lanes_load_partial(gradient + index, lanes)
    let size = lanes_multiply_add(
      lanes_load_partial(magnitude + index, lanes) * decays, freshWeights, lanes_magnitude(slope))
    lanes_store_partial(magnitude + index, size, lanes)
    return slope / (size + epsilons)
  }
  forEachCorrection(divided, of: parameters, step: step, count: count, result: result)
}

/// Takes a step with the velocity of one of many workers, and keeps the sum of all velocities.
func workerMomentumStepOfVector(
  learningRate: Float, momentum: Float, weightDecay: Float, count: Int, parameters: UnsafePointer<Float>,
  gradient: UnsafePointer<Float>, velocity: UnsafeMutablePointer<Float>, velocitySum: UnsafeMutablePointer<Float>,
  updated: UnsafeMutablePointer<Float>, distance: Float, ahead: UnsafeMutablePointer<Float>?
) {
  let descent = lanes_broadcast(-learningRate)
  let (momenta, shrinkages) = (lanes_broadcast(momentum), lanes_broadcast(weightDecay))
  /// Returns the parameters after the step, and the sum of the velocities.
  @inline(always)
  func moved(_ index: Int, _ lanes: Int) -> (parameters: Lanes, velocities: Lanes) {
    let old = lanes_load_partial(parameters + index, lanes)
    let direction = lanes_multiply_add(lanes_load_partial(gradient + index, lanes), shrinkages, old)
    let before = lanes_load_partial(velocity + index, lanes)
    let after = lanes_multiply_add(direction, momenta, before)
    lanes_store_partial(velocity + index, after, lanes)
    let sum = lanes_load_partial(velocitySum + index, lanes) + (after - before)
    lanes_store_partial(velocitySum + index, sum, lanes)
    let new = lanes_multiply_add(old, descent, after)
    lanes_store_partial(updated + index, new, lanes)
    return (new, sum)
  }
  @inline(always)
  func step(_ index: Int, _ lanes: Int) { _ = moved(index, lanes) }
  guard let ahead else {
    forEachRegister(of: count, step)
    return
  }
  let ways = lanes_broadcast(-distance)
  @inline(always)
  func stepAndLook(_ index: Int, _ lanes: Int) {
    let now = moved(index, lanes)
    lanes_store_partial(ahead + index, lanes_multiply_add(now.parameters, ways, now.velocities), lanes)
  }
  forEachRegister(of: count, stepAndLook)
}

/// Takes a step along a velocity that changes only once in a cycle of several gradients.
func cyclicMomentumStepOfVector(
  learningRate: Float, momentum: Float, weightDecay: Float, meanWeight: Float, endsCycle: Bool, count: Int,
  parameters: UnsafePointer<Float>, gradient: UnsafePointer<Float>, velocity: UnsafeMutablePointer<Float>,
  accumulator: UnsafeMutablePointer<Float>, updated: UnsafeMutablePointer<Float>, distance: Float,
  accumulatorDistance: Float, ahead: UnsafeMutablePointer<Float>?
) {
  let (descent, meanWeights) = (lanes_broadcast(-learningRate), lanes_broadcast(meanWeight))
  let (momenta, shrinkages) = (lanes_broadcast(momentum), lanes_broadcast(weightDecay))
  /// Moves the parameters, and returns them and what the accumulator is now.
  @inline(always)
  func moved(_ drift: Lanes, _ index: Int, _ lanes: Int) -> (parameters: Lanes, sum: Lanes) {
    let old = lanes_load_partial(parameters + index, lanes)
    let direction = lanes_multiply_add(lanes_load_partial(gradient + index, lanes), shrinkages, old)
    let new = lanes_multiply_add(old, descent, lanes_multiply_add(direction, momenta, drift))
    lanes_store_partial(updated + index, new, lanes)
    return (new, lanes_load_partial(accumulator + index, lanes) + direction)
  }
  /// Makes a step within a cycle, and returns the parameters, the velocity, and the accumulator.
  @inline(always)
  func within(_ index: Int, _ lanes: Int) -> (parameters: Lanes, velocity: Lanes, sum: Lanes) {
    let drift = lanes_load_partial(velocity + index, lanes)
    let now = moved(drift, index, lanes)
    lanes_store_partial(accumulator + index, now.sum, lanes)
    return (now.parameters, drift, now.sum)
  }
  /// Makes the last step of a cycle, and returns the parameters and the velocity.
  @inline(always)
  func last(_ index: Int, _ lanes: Int) -> (parameters: Lanes, velocity: Lanes) {
    let drift = lanes_load_partial(velocity + index, lanes)
    let now = moved(drift, index, lanes)
    let new = lanes_multiply_add(momenta * drift, meanWeights, now.sum)
    lanes_store_partial(velocity + index, new, lanes)
    lanes_store_partial(accumulator + index, Lanes.zero, lanes)
    return (now.parameters, new)
  }
  @inline(always)
  func step(_ index: Int, _ lanes: Int) { _ = within(index, lanes) }
  @inline(always)
  func lastStep(_ index: Int, _ lanes: Int) { _ = last(index, lanes) }
  guard let ahead else {
    if endsCycle { forEachRegister(of: count, lastStep) } else { forEachRegister(of: count, step) }
    return
  }
  let (ways, accumulatorWays) = (lanes_broadcast(-distance), lanes_broadcast(-accumulatorDistance))
  @inline(always)
  func stepAndLook(_ index: Int, _ lanes: Int) {
    let now = within(index, lanes)
    let along = lanes_multiply_add(now.parameters, ways, now.velocity)
    lanes_store_partial(ahead + index, lanes_multiply_add(along, accumulatorWays, now.sum), lanes)
  }
  @inline(always)
  func lastStepAndLook(_ index: Int, _ lanes: Int) {
    let now = last(index, lanes)
    lanes_store_partial(ahead + index, lanes_multiply_add(now.parameters, ways, now.velocity), lanes)
  }
  if endsCycle { forEachRegister(of: count, lastStepAndLook) } else { forEachRegister(of: count, stepAndLook) }
}

/// Takes a step with a momentum that a late gradient joins with the weight that it would have by now.
func orderedMomentumStepOfVector(
  openingWeight: Float, momentumDecay: Float, momentumWeight: Float, stepWeight: Float, weightDecay: Float, count: Int,
  parameters: UnsafePointer<Float>, gradient: UnsafePointer<Float>, momentum: UnsafeMutablePointer<Float>,
  updated: UnsafeMutablePointer<Float>
) {
  let (openings, descent) = (lanes_broadcast(-openingWeight), lanes_broadcast(-stepWeight))
  let (decays, weights) = (lanes_broadcast(momentumDecay), lanes_broadcast(momentumWeight))
  let shrinkages = lanes_broadcast(weightDecay)
  @inline(always)
  func step(_ index: Int, _ lanes: Int) {
    let old = lanes_load_partial(parameters + index, lanes)
    let drift = lanes_load_partial(momentum + index, lanes)
    let direction = lanes_multiply_add(lanes_load_partial(gradient + index, lanes), shrinkages, old)
    let opened = lanes_multiply_add(old, openings, drift)
    lanes_store_partial(updated + index, lanes_multiply_add(opened, descent, direction), lanes)
    lanes_store_partial(momentum + index, lanes_multiply_add(decays * drift, weights, direction), lanes)
  }
  forEachRegister(of: count, step)
}

/// Computes where parameters will be.
func lookAheadOfVector(
  distance: Float, accumulatorDistance: Float, count: Int, parameters: UnsafePointer<Float>,
  velocity: UnsafePointer<Float>, accumulator: UnsafePointer<Float>?, ahead: UnsafeMutablePointer<Float>
) {
  let (ways, accumulatorWays) = (lanes_broadcast(-distance), lanes_broadcast(-accumulatorDistance))
  @inline(always)
  func look(_ index: Int, _ lanes: Int) -> Lanes {
    lanes_multiply_add(
      lanes_load_partial(parameters + index, lanes), ways, lanes_load_partial(velocity + index, lanes))
  }
  @inline(always)
  func lookAlong(_ index: Int, _ lanes: Int) {
    lanes_store_partial(ahead + index, look(index, lanes), lanes)
  }
  guard let accumulator else {
    forEachRegister(of: count, lookAlong)
    return
  }
  @inline(always)
  func lookAlongBoth(_ index: Int, _ lanes: Int) {
    let sum = lanes_load_partial(accumulator + index, lanes)
    lanes_store_partial(ahead + index, lanes_multiply_add(look(index, lanes), accumulatorWays, sum), lanes)
  }
  forEachRegister(of: count, lookAlongBoth)
}

/// The coefficients of plain SGD's step.
struct PlainStep {
  let learningRate: Float
  let weightDecay: Float
}

/// Writes corrected gradients, or takes plain SGD's step along them, with the operations of the step by itself.
@inline(always)
private func forEachCorrection(
  _ corrected: (_ index: Int, _ lanes: Int) -> Lanes, of parameters: UnsafePointer<Float>, step: PlainStep?,
  count: Int, result: UnsafeMutablePointer<Float>
) {
  guard let step else {
    forEachRegister(of: count) { index, lanes in
      lanes_store_partial(result + index, corrected(index, lanes), lanes)
    }
    return
  }
  let (descent, decay) = (lanes_broadcast(-step.learningRate), lanes_broadcast(step.weightDecay))
  forEachRegister(of: count) { index, lanes in
    let old = lanes_load_partial(parameters + index, lanes)
    let direction = lanes_multiply_add(corrected(index, lanes), decay, old)
    lanes_store_partial(result + index, lanes_multiply_add(old, descent, direction), lanes)
  }
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
