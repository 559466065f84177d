/// A named array of numbers with a shape, as it lies in a safetensors file.
///
/// The values are a slice, so that the tensors of a model can share one flat vector: neither building the tensors of
/// a file nor reading them copies a value twice. A slice keeps the whole vector alive; its indices are those of the
/// vector, not `0..<count`.
public struct NamedTensor: Sendable {
  /// The name, such as `conv1.weight`.
  public let name: String
  /// The extents, outermost first; `[]` is a scalar.
  public let shape: [Int]
  /// The values in row-major order, as many as the product of ``shape``.
  public let values: ArraySlice<Float>

  /// Creates a tensor.
  ///
  /// - Precondition: `values` has as many elements as the product of `shape`, no extent is negative, and `name` is
  ///   not `__metadata__`, which the format reserves.
  public init(name: String, shape: [Int], values: ArraySlice<Float>) {
    precondition(name != SafetensorsFile.metadataKey, "a tensor cannot be named \(SafetensorsFile.metadataKey)")
    precondition(
      elementCount(of: shape) == values.count, "tensor \(name) of shape \(shape) cannot have \(values.count) values")
    self.name = name
    self.shape = shape
    self.values = values
  }

  /// Creates a tensor from an array of its own.
  ///
  /// - Precondition: As for ``init(name:shape:values:)-(_,_,ArraySlice<Float>)``.
  public init(name: String, shape: [Int], values: [Float]) {
    self.init(name: name, shape: shape, values: values[...])
  }
}

/// Returns the product of `shape`, or `nil` if it overflows or an extent is negative.
func elementCount(of shape: [Int]) -> Int? {
  var product = 1
  for extent in shape {
    let (next, overflows) = product.multipliedReportingOverflow(by: extent)
    if overflows || extent < 0 { return nil }
    product = next
  }
  return product
}
