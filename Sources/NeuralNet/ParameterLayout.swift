/// Where each parameter tensor lies in the flat vector of a model's parameters.
///
/// The vector holds the tensors one after another without gaps, in the order of the model's layers, each row-major.
/// Server, replica, gradient and checkpoint share it.
public struct ParameterLayout: Hashable, Sendable {
  /// One parameter tensor.
  public struct Entry: Hashable, Sendable {
    /// The dotted name, such as `conv1.weight`.
    public let name: String
    /// The extents, outermost first, as PyTorch has them: `[K, C, R, S]`, `[outputs, inputs]`, `[outputs]`.
    public let shape: [Int]
    /// The tensor's elements in the flat vector.
    public let range: Range<Int>
  }

  /// The tensors, in the order of the vector.
  public let entries: [Entry]
  /// The number of elements of the vector.
  public let count: Int

  /// Creates a layout of tensors that follow one another.
  ///
  /// - Parameter tensors: Names and extents, in the order of the vector.
  public init(_ tensors: [(name: String, shape: [Int])]) {
    var end = 0
    entries = tensors.map { tensor in
      let start = end
      end += tensor.shape.reduce(1, *)
      return Entry(name: tensor.name, shape: tensor.shape, range: start..<end)
    }
    count = end
  }

  /// Returns the name of the tensor that element `index` of the vector belongs to.
  ///
  /// - Precondition: `index` is in `0..<count`.
  public func name(containing index: Int) -> String {
    guard let entry = entries.first(where: { $0.range.contains(index) }) else {
      preconditionFailure("index \(index) is outside the \(count) parameters")
    }
    return entry.name
  }
}
