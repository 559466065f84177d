/// Finds the name that a misspelt one was meant to be.
package enum NearestMatch {
  /// Returns the candidate nearest to `name`, or `nil` if none is near.
  ///
  /// A candidate that `name` begins counts as near; otherwise at most a third of its letters may be wrong.
  package static func match(for name: String, among candidates: [String]) -> String? {
    let name = name.lowercased()
    if name.count >= 2, let longer = candidates.first(where: { $0.hasPrefix(name) }) { return longer }
    return
      candidates
      .map { (candidate: $0, distance: distance(Array(name), Array($0))) }
      .filter { $0.distance <= max(1, $0.candidate.count / 3) && $0.distance < $0.candidate.count }
      .min { $0.distance < $1.distance }?
      .candidate
  }

  /// Returns how many letters must be put in, taken out, replaced or swapped with their neighbour to make `a` of `b`.
  ///
  /// This is the optimal string alignment distance, computed row by row.
  static func distance(_ a: [Character], _ b: [Character]) -> Int {
    var beforeLast: [Int] = []
    var last = Array(0...b.count)
    for i in a.indices {
      var row = [i + 1]
      for j in b.indices {
        var least = min(last[j + 1] + 1, row[j] + 1, last[j] + (a[i] == b[j] ? 0 : 1))
        if i > 0, j > 0, a[i] == b[j - 1], a[i - 1] == b[j] { least = min(least, beforeLast[j - 1] + 1) }
        row.append(least)
      }
      (beforeLast, last) = (last, row)
    }
    return last[b.count]
  }
}
