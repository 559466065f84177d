internal import Randomness

/// k elements of a tensor that are drawn at random, all sets of k alike; k is a share of the tensor, at least 1.
///
/// The receiver draws the same positions from the same stream, so that only the values are sent, four bytes each.
///
/// Without error feedback each value is multiplied by n/k, which makes the result the gradient on average. With feedback
/// it must not be: the residual already brings back what was not sent, and both together diverge.
///
/// Sources: Stich, Cordonnier & Jaggi, "Sparsified SGD with Memory", NeurIPS 2018, <https://arxiv.org/abs/1809.07599>.
struct RandomKCodec: TensorCodec {
  private let ratio: Double
  private let isUnbiased: Bool
  private let shuffle: PartialShuffle

  /// Creates a codec of tensors with at most `capacity` elements.
  ///
  /// - Parameters:
  ///   - ratio: k/n, above 0 and up to 1.
  ///   - isUnbiased: Whether to multiply by n/k: without error feedback.
  ///   - capacity: The elements of the largest tensor.
  init(ratio: Double, isUnbiased: Bool, capacity: Int) {
    self.ratio = ratio
    self.isUnbiased = isUnbiased
    shuffle = PartialShuffle(capacity: capacity)
  }

  func capacity(count: Int) -> Int { 4 * kept(ratio, of: count) }

  func encode(_ values: UnsafePointer<Float>, count: Int, random: inout RandomStream, into payload: Payload) {
    let number = kept(ratio, of: count)
    let factor = isUnbiased ? Float(count) / Float(number) : 1
    let start = payload.append(4 * number)
    shuffle.draw(number, of: count, random: &random)
    for index in 0..<number {
      start.storeBytes(of: factor * values[shuffle[index]], toByteOffset: 4 * index, as: Float.self)
    }
    shuffle.undo()
  }

  func decode(_ payload: Payload, count: Int, random: inout RandomStream, into values: UnsafeMutablePointer<Float>) {
    let number = kept(ratio, of: count)
    let start = payload.take(4 * number)
    values.update(repeating: 0, count: count)
    shuffle.draw(number, of: count, random: &random)
    for index in 0..<number {
      values[shuffle[index]] = start.loadUnaligned(fromByteOffset: 4 * index, as: Float.self)
    }
    shuffle.undo()
  }
}

/// Draws k of n numbers without replacement, in time proportional to k: the first k places of a Fisher–Yates shuffle,
/// which is undone afterwards.
private final class PartialShuffle {
  private let places: UnsafeMutablePointer<UInt32>
  private let partners: UnsafeMutablePointer<UInt32>
  private var drawn = 0

  init(capacity: Int) {
    places = .allocate(capacity: max(1, capacity))
    partners = .allocate(capacity: max(1, capacity))
    for index in 0..<capacity { places[index] = UInt32(index) }
  }

  deinit {
    places.deallocate()
    partners.deallocate()
  }

  subscript(index: Int) -> Int { Int(places[index]) }

  /// Draws `number` of `0..<count`.
  ///
  /// A place is as likely as another to within `count`/2³².
  func draw(_ number: Int, of count: Int, random: inout RandomStream) {
    for index in 0..<number {
      let offset = (UInt64(random.nextWord()) * UInt64(count - index)) >> 32
      exchange(index, index + Int(offset))
      partners[index] = UInt32(index + Int(offset))
    }
    drawn = number
  }

  /// Puts everything back in its place.
  func undo() {
    for index in (0..<drawn).reversed() { exchange(index, Int(partners[index])) }
    drawn = 0
  }

  private func exchange(_ one: Int, _ other: Int) {
    let place = places[one]
    places[one] = places[other]
    places[other] = place
  }
}
