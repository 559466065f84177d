internal import Dispatch

/// Work on several threads at once.
enum Parallel {
  /// Returns work that does all of `pieces`, each on a thread of its own, and ends with the last of them.
  static func work(_ pieces: [Work]) -> Work {
    guard pieces.count > 1 else { return pieces.first ?? { _ in } }
    let queues = pieces.indices.map { DispatchQueue(label: "asgd.benchmark.\($0)", qos: .userInitiated) }
    // Each piece is used by one queue only, and the caller waits.
    nonisolated(unsafe) let pieces = pieces
    return { calls in
      let group = DispatchGroup()
      for index in pieces.indices {
        queues[index].async(group: group) { pieces[index](calls) }
      }
      group.wait()
    }
  }
}
