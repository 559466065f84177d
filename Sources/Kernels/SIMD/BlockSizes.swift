/// The block sizes of the matrix product, in elements.
///
/// Together with `OuterProductMicrokernel.swift` and `DotProductMicrokernel.swift` this is all that depends on the
/// width of the vector registers: baseline x86-64 and arm64 have 128-bit registers, 16 and 32 of them.
enum BlockSizes {
  /// MR, rows of the microtile of the outer-product microkernel: with ``nr`` it fills 12 registers of 4 lanes, which
  /// leaves 4 for a row of B, an element of A and their product.
  static let mr = 6
  /// NR, columns of the microtile of the outer-product microkernel.
  static let nr = 8
  /// Rows of the microtile of the dot-product microkernel, which fills 12 registers as well.
  static let dotRows = 6
  /// Columns of the microtile of the dot-product microkernel.
  static let dotColumns = 2
  /// KC, terms of one block of the sums: a micropanel of B, KC·NR, takes a quarter of a 32 KiB L1 cache.
  static let kc = 256
  /// KC of the dot-product microkernel, whose rows are read in place: MR rows of A and of B fit the L1 cache.
  static let dotKC = 512
  /// MC, rows of one block of A: MC·KC takes a fifth of a 512 KiB L2 cache.
  static let mc = 96
  /// NC, columns of one packed block of B: KC·NC takes half a 1 MiB L2 cache.
  static let nc = 512
  /// The least rows of C for which a row-major B is packed: fewer do not earn the copy back.
  static let packingRows = 18
}
