/// Some elements of a tensor: their number, their positions, their values, four bytes each.
///
/// Where they are more than half of the elements, positions would cost more than they save: then all values follow the
/// number, with zeros for those that are not sent.
enum SparseFormat {
  /// Returns the bytes that `number` of `count` elements take.
  static func bytes(_ number: Int, of count: Int) -> Int { 4 + (isDense(number, of: count) ? 4 * count : 8 * number) }

  private static func isDense(_ number: Int, of count: Int) -> Bool { 2 * number > count }

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
    let start = payload.append(bytes(number, of: count))
    start.storeBytes(of: UInt32(number), as: UInt32.self)
    let fields = start + 4
    let isDense = isDense(number, of: count)
    if isDense { fields.initializeMemory(as: UInt8.self, repeating: 0, count: 4 * count) }
    var found = 0
    var ties = cut.ties
    for index in 0..<count where found < number {
      let magnitude = values[index].magnitude.bitPattern
      guard magnitude >= cut.bits else { continue }
      if magnitude == cut.bits {
        guard ties > 0 else { continue }
        ties -= 1
      }
      if !isDense { fields.storeBytes(of: UInt32(index), toByteOffset: 4 * found, as: UInt32.self) }
      fields.storeBytes(of: values[index], toByteOffset: 4 * (isDense ? index : number + found), as: Float.self)
      found += 1
    }
    precondition(found == number, "\(found) elements were found of \(number)")
  }

  /// Reads what ``encode(_:number:of:count:into:)`` wrote; all other elements become 0.
  static func decode(_ payload: Payload, count: Int, into values: UnsafeMutablePointer<Float>) {
    let number = Int(payload.take(4).loadUnaligned(as: UInt32.self))
    let fields = payload.take(bytes(number, of: count) - 4)
    if isDense(number, of: count) {
      for index in 0..<count { values[index] = fields.loadUnaligned(fromByteOffset: 4 * index, as: Float.self) }
      return
    }
    values.update(repeating: 0, count: count)
    for found in 0..<number {
      let index = Int(fields.loadUnaligned(fromByteOffset: 4 * found, as: UInt32.self))
      precondition(index < count, "element \(index) of a tensor of \(count)")
      values[index] = fields.loadUnaligned(fromByteOffset: 4 * (number + found), as: Float.self)
    }
  }
}
