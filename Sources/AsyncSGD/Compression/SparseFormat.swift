/// Some elements of a tensor with their positions: their number, the positions, the values, four bytes each.
enum SparseFormat {
  /// Returns the bytes that `number` elements take.
  static func bytes(_ number: Int) -> Int { 4 + 8 * number }

  /// Writes the elements on the large side of a cut.
  ///
  /// - Parameters:
  ///   - cut: Which elements.
  ///   - number: How many they are.
  ///   - values: The tensor.
  ///   - count: The number of its elements.
  ///   - payload: Where the bytes are appended.
  static func encode(
    _ cut: MagnitudeSelector.Cut, number: Int, of values: UnsafePointer<Float>, count: Int, into payload: Payload
  ) {
    let start = payload.append(bytes(number))
    start.storeBytes(of: UInt32(number), as: UInt32.self)
    let positions = start + 4
    var found = 0
    var ties = cut.ties
    for index in 0..<count where found < number {
      let magnitude = values[index].magnitude.bitPattern
      guard magnitude >= cut.bits else { continue }
      if magnitude == cut.bits {
        guard ties > 0 else { continue }
        ties -= 1
      }
      positions.storeBytes(of: UInt32(index), toByteOffset: 4 * found, as: UInt32.self)
      positions.storeBytes(of: values[index], toByteOffset: 4 * (number + found), as: Float.self)
      found += 1
    }
    precondition(found == number, "\(found) elements were found of \(number)")
  }

  /// Reads what ``encode(_:number:of:count:into:)`` wrote; all other elements become 0.
  static func decode(_ payload: Payload, count: Int, into values: UnsafeMutablePointer<Float>) {
    let number = Int(payload.take(4).loadUnaligned(as: UInt32.self))
    let positions = payload.take(8 * number)
    values.update(repeating: 0, count: count)
    for found in 0..<number {
      let index = Int(positions.loadUnaligned(fromByteOffset: 4 * found, as: UInt32.self))
      precondition(index < count, "element \(index) of a tensor of \(count)")
      values[index] = positions.loadUnaligned(fromByteOffset: 4 * (number + found), as: Float.self)
    }
  }
}
