internal import Randomness

/// The k elements of a tensor with the largest absolute values, as they are; k is a share of the tensor, at least 1.
///
/// Among elements of equal magnitude the first are taken, so that k is exact.
///
/// Sources: Aji & Heafield, "Sparse Communication for Distributed Gradient Descent", EMNLP 2017,
/// <https://arxiv.org/abs/1704.05021>; Stich, Cordonnier & Jaggi, "Sparsified SGD with Memory", NeurIPS 2018.
struct TopKCodec: TensorCodec {
  private let ratio: Double
  private let selector = MagnitudeSelector()

  /// Creates a codec that keeps a share of 0 < `ratio` ≤ 1.
  init(ratio: Double) {
    self.ratio = ratio
  }

  func capacity(count: Int) -> Int { SparseFormat.bytes(kept(ratio, of: count), of: count) }

  func encode(_ values: UnsafePointer<Float>, count: Int, random: inout RandomStream, into payload: Payload) {
    let number = kept(ratio, of: count)
    let cut = selector.cut(values, count: count, largest: number)
    SparseFormat.encode(cut, number: number, of: values, count: count, into: payload)
  }

  func decode(_ payload: Payload, count: Int, random: inout RandomStream, into values: UnsafeMutablePointer<Float>) {
    SparseFormat.decode(payload, count: count, into: values)
  }
}

/// Returns how many elements a share of `count` is: the nearest whole number, and at least 1.
///
/// - Precondition: 0 < `ratio` ≤ 1.
func kept(_ ratio: Double, of count: Int) -> Int {
  precondition(ratio > 0 && ratio <= 1, "a share of elements lies above 0 and up to 1, not at \(ratio)")
  return min(count, max(1, Int((ratio * Double(count)).rounded())))
}
