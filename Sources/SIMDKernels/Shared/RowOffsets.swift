/// Where the rows of a register tile lie in an operand that is not packed, relative to the first.
///
/// The table lies in the workspace: an `Int32` has the size and alignment of a `Float`.
enum RowOffsets {
  /// Elements of workspace that a table takes, whatever the register tile.
  static var capacity: Int { 16 }

  /// Whether a table can hold rows that are `step` elements apart.
  static func canHold(step: Int) -> Bool { step <= Int(Int32.max) / capacity }

  /// Writes the table of rows that are `step` elements apart.
  ///
  /// - Precondition: ``canHold(step:)``.
  static func write(step: Int, into workspace: UnsafeMutablePointer<Float>) -> UnsafePointer<Int32> {
    let table = memory(in: workspace)
    for row in 0..<BlockSizes.tileRows { table[row] = Int32(row * step) }
    return UnsafePointer(table)
  }

  /// Returns `workspace` as a table.
  static func memory(in workspace: UnsafeMutablePointer<Float>) -> UnsafeMutablePointer<Int32> {
    UnsafeMutableRawPointer(workspace).bindMemory(to: Int32.self, capacity: capacity)
  }
}
