internal import Randomness

/// The elements of a tensor whose absolute values exceed a threshold, as they are.
///
/// Strom sends each as the sign of ± threshold and keeps the rest of it in the residual; like later implementations, this
/// sends the values themselves.
///
/// Sources: Strom, "Scalable Distributed DNN Training Using Commodity GPU Cloud Computing", Interspeech 2015.
struct ThresholdCodec: TensorCodec {
  private let threshold: Float
  private let selector = MagnitudeSelector()

  /// Creates a codec with a threshold of at least 0.
  init(threshold: Float) {
    precondition(threshold >= 0 && threshold.isFinite, "a threshold is at least 0, not \(threshold)")
    self.threshold = threshold
  }

  func capacity(count: Int) -> Int { SparseFormat.bytes(count, of: count) }

  func encode(_ values: UnsafePointer<Float>, count: Int, random: inout RandomStream, into payload: Payload) {
    // The magnitudes above the threshold are those from the next number on.
    let bits = threshold.nextUp.bitPattern
    let number = selector.number(of: values, count: count, atLeast: bits)
    let cut = MagnitudeSelector.Cut(bits: threshold.bitPattern, ties: 0)
    SparseFormat.encode(cut, number: number, of: values, count: count, into: payload)
  }

  func decode(_ payload: Payload, count: Int, random: inout RandomStream, into values: UnsafeMutablePointer<Float>) {
    SparseFormat.decode(payload, count: count, into: values)
  }
}
