internal import AsyncSGD

/// The staleness of several runs in one distribution.
struct StalenessShares {
  /// The bins, the share in each for a unit of staleness.
  let bins: [HistogramPlot.Series.Bin]

  /// Adds histograms up; one with wide bins is spread evenly over them.
  init(_ histograms: [[StalenessBin]]) {
    let bins = histograms.flatMap { $0 }.filter { $0.count > 0 }
    let total = bins.reduce(0) { $0 + Double($1.count) }
    // Where a histogram begins to count and where it ends, the density changes.
    var changes: [Int: Double] = [:]
    for bin in bins {
      let density = Double(bin.count) / Double(bin.width) / total
      changes[bin.lower, default: 0] += density
      changes[bin.upper + 1, default: 0] -= density
    }
    let edges = changes.keys.sorted()
    var density = 0.0
    var result: [HistogramPlot.Series.Bin] = []
    for (edge, next) in zip(edges, edges.dropFirst()) {
      density += changes[edge] ?? 0
      // A value τ stands for the part of the axis around it.
      result.append(.init(Double(edge) - 0.5...Double(next) - 0.5, density: max(0, density)))
    }
    self.bins = result
  }
}
