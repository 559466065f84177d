internal import Synchronization

/// The parameters in memory that all workers write at once.
///
/// Every access is an atomic load or store without ordering (`relaxed`) of a 64-bit word, two parameters at a time. That is
/// well defined in Swift, and on 64-bit processors it compiles to the moves that a data race would have been. An update
/// of a word is a load, an addition and a store, and *not* one atomic action: if another worker stores in between, its update
/// is lost. This is Hogwild! as it is practiced; the paper's analysis has atomic additions of single components.
///
/// **Lost updates.** A cache line holds 15 parameters and, in one word with the first of them, a counter of the updates that
/// this parameter contains. Parameter and counter are loaded and stored together, so the counter loses exactly the updates
/// that the parameter loses: the difference between the updates made and the counter is the number of updates that the first
/// parameter of the line has lost. Every 15th parameter is watched in this way, at the price of an integer addition.
///
/// **Mixed reads.** Each block has two tallies, atomic sums over the updates whose write to the block has begun and is done.
/// A reader compares what was done before it read with what had begun when it was through. If these are the same in all
/// blocks, the reader saw the same updates in each parameter. A summand of an update is 1 in the low 32 bits, which so
/// count, and a hash of the update in the high 32 bits, so that as many but other updates do not look the same.
///
/// Sources: Niu, Recht, Ré & Wright, "Hogwild!: A Lock-Free Approach to Parallelizing Stochastic Gradient Descent",
/// NeurIPS 2011, <https://arxiv.org/abs/1106.5730>.
final class SharedParameters: @unchecked Sendable {  // all memory is atomic
  /// Called between load and store of a word, with the worker that writes and the first parameter of the word.
  typealias Interleaving = @Sendable (_ worker: Int, _ parameter: Int) -> Void

  /// A stretch of parameters that is written at once, in cache lines of its own.
  struct Block {
    /// The parameters.
    let range: Range<Int>
    /// λ of these parameters.
    let weightDecay: Float
    fileprivate let lines: Range<Int>
    fileprivate let tallies: Int
  }

  /// 64-bit words in a cache line.
  private static let lineWords = 8
  /// Parameters in a cache line; the place of one more is the counter's.
  private static let lineParameters = 2 * lineWords - 1
  /// The most parameters that a block and the rest of its last line have room for.
  static let blockCapacity =
    (ParameterBlocks.capacity + lineParameters - 1) / lineParameters * lineParameters

  /// The number of parameters.
  let count: Int
  /// The blocks, in order.
  let blocks: [Block]
  private let lines: UnsafeMutablePointer<Atomic<UInt64>>
  private let tallies: UnsafeMutablePointer<Atomic<UInt64>>

  /// Creates shared memory that holds `initial`, cut into `blocks`.
  init(_ initial: [Float], blocks pieces: [ParameterBlocks.Block]) {
    count = initial.count
    var end = 0
    blocks = pieces.enumerated().map { index, piece in
      let start = end
      end += (piece.range.count + Self.lineParameters - 1) / Self.lineParameters
      return Block(
        range: piece.range, weightDecay: piece.weightDecay, lines: start..<end, tallies: index * Self.lineWords)
    }
    lines = Self.allocate(words: end * Self.lineWords)
    tallies = Self.allocate(words: blocks.count * Self.lineWords)
    for block in blocks {
      for (index, parameter) in block.range.enumerated() {
        let (line, place) = index.quotientAndRemainder(dividingBy: Self.lineParameters)
        let word = (block.lines.lowerBound + line) * Self.lineWords + (place + 1) / 2
        let bits = UInt64(initial[parameter].bitPattern) << (place.isMultiple(of: 2) ? 32 : 0)
        lines[word].store(lines[word].load(ordering: .relaxed) | bits, ordering: .relaxed)
      }
    }
  }

  deinit {
    // Atomics need no deinitialization.
    UnsafeMutableRawPointer(lines).deallocate()
    UnsafeMutableRawPointer(tallies).deallocate()
  }

  private static func allocate(words: Int) -> UnsafeMutablePointer<Atomic<UInt64>> {
    let pointer = UnsafeMutableRawPointer.allocate(
      byteCount: max(1, words) * MemoryLayout<Atomic<UInt64>>.stride, alignment: 64
    ).bindMemory(to: Atomic<UInt64>.self, capacity: max(1, words))
    for word in 0..<max(1, words) { (pointer + word).initialize(to: Atomic(0)) }
    return pointer
  }

  // MARK: Tallies

  /// Returns the summand of update number `update` in the tallies.
  static func mark(ofUpdate update: Int) -> UInt64 {
    // The finalizer of SplitMix64.
    var hash = UInt64(truncatingIfNeeded: update) &* 0x9E37_79B9_7F4A_7C15
    hash = (hash ^ hash >> 30) &* 0xBF58_476D_1CE4_E5B9
    hash = (hash ^ hash >> 27) &* 0x94D0_49BB_1331_11EB
    return hash << 32 | 1
  }

  /// Returns the tally of what is done in a block, before it is read.
  func beginRead(_ block: Block) -> UInt64 {
    tallies[block.tallies + 1].load(ordering: .acquiring)
  }

  /// Returns the tally of what has begun in a block, after it was read.
  func endRead(_ block: Block) -> UInt64 {
    // After our loads of parameters: whoever's store they saw has begun.
    atomicMemoryFence(ordering: .acquiring)
    return tallies[block.tallies].load(ordering: .relaxed)
  }

  /// Notes that the write of an update to a block begins.
  func beginWrite(_ block: Block, mark: UInt64) {
    tallies[block.tallies].wrappingAdd(mark, ordering: .relaxed)
    // Before our stores of parameters: see `endRead`.
    atomicMemoryFence(ordering: .releasing)
  }

  /// Notes that the write of an update to a block is done.
  func endWrite(_ block: Block, mark: UInt64) {
    tallies[block.tallies + 1].wrappingAdd(mark, ordering: .releasing)
  }

  /// The updates of single parameters that were watched, and how many of them were lost.
  ///
  /// Exact while nobody writes; meanwhile an update under way may hide one that was lost.
  var losses: (watched: Int, lost: Int) {
    var (watched, lost) = (0, 0)
    for block in blocks {
      let done = UInt32(truncatingIfNeeded: beginRead(block))
      watched += Int(done) * block.lines.count
      for line in block.lines {
        let counted = UInt32(truncatingIfNeeded: lines[line * Self.lineWords].load(ordering: .relaxed))
        lost += max(0, Int(Int32(bitPattern: done &- counted)))
      }
    }
    return (watched, lost)
  }

  // MARK: Words

  /// Copies a block.
  ///
  /// - Parameters:
  ///   - block: The block.
  ///   - values: Room for the block and the rest of its last line, which is 0.
  func load(_ block: Block, into values: UnsafeMutablePointer<Float>) {
    var words = lines + block.lines.lowerBound * Self.lineWords
    var place = UnsafeMutableRawPointer(values)
    for _ in block.lines {
      let first = words[0].load(ordering: .relaxed)
      place.storeBytes(of: UInt32(truncatingIfNeeded: first >> 32), as: UInt32.self)
      for word in 1..<Self.lineWords {
        place.storeBytes(of: words[word].load(ordering: .relaxed), toByteOffset: 8 * word - 4, as: UInt64.self)
      }
      words += Self.lineWords
      place += 4 * Self.lineParameters
    }
  }

  /// Adds `after` − `before` to a block, word by word, and puts what it stored into `after`.
  ///
  /// Where a parameter is still what it was in `before`, the sum is `after`, without its rounding: so the only worker does
  /// what its optimizer says, to the bit.
  ///
  /// - Parameters:
  ///   - block: The block.
  ///   - before: What the block was when it was read, and the rest of its last line.
  ///   - after: What a step from there makes of it, and the rest of its last line; overwritten.
  ///   - worker: The worker that writes.
  ///   - interleaving: What happens between load and store, for tests.
  func add(
    _ block: Block, from before: UnsafePointer<Float>, to after: UnsafeMutablePointer<Float>, worker: Int,
    interleaving: Interleaving?
  ) {
    // The rest of the last line stays 0.
    for rest in block.range.count..<block.lines.count * Self.lineParameters { after[rest] = 0 }
    if let interleaving {
      addWords(block, from: before, to: after) { interleaving(worker, block.range.lowerBound + $0) }
    } else {
      addWords(block, from: before, to: after) { _ in }
    }
  }

  @inline(__always)
  private func addWords(
    _ block: Block, from before: UnsafePointer<Float>, to after: UnsafeMutablePointer<Float>,
    between: (_ place: Int) -> Void
  ) {
    var words = lines + block.lines.lowerBound * Self.lineWords
    var (old, new) = (UnsafeRawPointer(before), UnsafeMutableRawPointer(after))
    var place = 0
    for _ in block.lines {
      let first = words[0].load(ordering: .relaxed)
      between(place)
      let counter = UInt32(truncatingIfNeeded: first) &+ 1
      let parameter = UInt32(truncatingIfNeeded: first >> 32)
      var sum = new.load(as: Float.self)
      if parameter != old.load(as: UInt32.self) {
        sum = Float(bitPattern: parameter) + (sum - old.load(as: Float.self))
      }
      words[0].store(UInt64(sum.bitPattern) << 32 | UInt64(counter), ordering: .relaxed)
      new.storeBytes(of: sum, as: Float.self)
      for word in 1..<Self.lineWords {
        let offset = 8 * word - 4
        let pair = words[word].load(ordering: .relaxed)
        between(place + 2 * word - 1)
        var sums = new.loadUnaligned(fromByteOffset: offset, as: UInt64.self)
        let read = old.loadUnaligned(fromByteOffset: offset, as: UInt64.self)
        if pair != read {
          sums = Self.sum(pair, sums, minus: read)
          new.storeBytes(of: sums, toByteOffset: offset, as: UInt64.self)
        }
        words[word].store(sums, ordering: .relaxed)
      }
      words += Self.lineWords
      old += 4 * Self.lineParameters
      new += 4 * Self.lineParameters
      place += Self.lineParameters
    }
  }

  /// Returns `pair` + (`after` − `before`) of two parameters each; one that has not changed since `before` becomes `after`.
  private static func sum(_ pair: UInt64, _ after: UInt64, minus before: UInt64) -> UInt64 {
    let (now, then) = (unsafeBitCast(pair, to: SIMD2<UInt32>.self), unsafeBitCast(before, to: SIMD2<UInt32>.self))
    let next = unsafeBitCast(after, to: SIMD2<Float>.self)
    let sum = unsafeBitCast(now, to: SIMD2<Float>.self) + (next - unsafeBitCast(then, to: SIMD2<Float>.self))
    return unsafeBitCast(sum.replacing(with: next, where: now .== then), to: UInt64.self)
  }
}
