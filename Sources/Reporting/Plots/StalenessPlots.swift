package import AsyncSGD

/// Pictures of what asynchrony did in a run: staleness overall and by worker, and what was measured beside it.
package struct StalenessPlots {
  private let bins: [StalenessBin]
  private let byWorker: [StalenessSummary]
  private let observations: AsynchronyObservations?

  /// Prepares the pictures of a run's figures.
  package init(_ figures: RunFigures) {
    bins = figures.stalenessBins
    byWorker = figures.stalenessByWorker
    observations = figures.observations
  }

  /// Returns the pictures as `svg` elements, those that there is something for.
  ///
  /// - Parameter id: What their names begin with.
  /// - Returns: The elements, which need the style sheet of ``PlotStyle``.
  package func pictures(id: String) -> [String] {
    var pictures = [overall?.svg(id: "\(id)-staleness"), workers?.svg(id: "\(id)-workers")]
    if let observations {
      pictures += [
        shares(
          observations.versionGap.bins(), "Gap between the workers' versions",
          "The share of the moments at which the newest and the oldest version that workers held were so far apart.",
          "updates between the newest and the oldest", "share of the moments at each gap"
        )?.svg(id: "\(id)-versions"),
        histogram(
          observations.gap, "Distance since the pull", "norm of the difference of the parameters", isLogarithmic: true
        )?.svg(id: "\(id)-gap"),
        histogram(
          observations.cosine, "Stale against fresh gradients", "cosine of the angle between them", isLogarithmic: false
        )?.svg(id: "\(id)-cosine"),
        histogram(
          observations.queueWait, "Wait of a push at the server", "seconds", isLogarithmic: true
        )?.svg(id: "\(id)-wait"),
      ]
    }
    return pictures.compactMap { $0 }
  }

  private var overall: HistogramPlot? {
    shares(
      bins, "Staleness of the gradients", "The share of the gradients of each staleness.", "updates since the pull",
      "share of the gradients at each staleness")
  }

  private func shares(
    _ bins: [StalenessBin], _ title: String, _ description: String, _ label: String, _ densityLabel: String
  ) -> HistogramPlot? {
    let shares = StalenessShares([bins]).bins
    guard !shares.isEmpty else { return nil }
    return HistogramPlot(
      title: title, description: description, label: label, densityLabel: densityLabel,
      series: [.init("all workers", style: 0, bins: shares)])
  }

  /// Median and 95 % quantile of each worker.
  private var workers: LinePlot? {
    guard byWorker.count > 1 else { return nil }
    func series(_ name: String, _ style: Int, _ value: KeyPath<StalenessSummary, Int>) -> LinePlot.Series {
      LinePlot.Series(
        name, style: style,
        points: byWorker.enumerated().map { worker, summary in
          .init(x: Double(worker), y: Double(summary[keyPath: value]), isMarked: byWorker.count <= 64)
        })
    }
    let most = byWorker.map(\.p95).max() ?? 0
    return LinePlot(
      title: "Staleness by worker",
      description: "Median and 95 % quantile of the staleness of each of \(byWorker.count) workers.",
      x: PlotAxis("worker", 0...Double(byWorker.count - 1)),
      y: PlotAxis("updates since the pull", 0...Double(max(most, 1)), roundsOut: true),
      series: [series("median", 0, \.p50), series("95 % do not exceed", 1, \.p95)])
  }

  /// The bins, all of which have the same width; on a logarithmic axis they are places in powers of ten.
  private func histogram(
    _ histogram: ValueHistogram, _ title: String, _ label: String, isLogarithmic: Bool
  ) -> HistogramPlot? {
    guard histogram.count > 0 else { return nil }
    let total = Double(histogram.count)
    // Quantiles want finer bins than pictures.
    let bins = histogram.bins(merging: 10).map { bin in
      let range =
        isLogarithmic
        ? PlotAxis.decade(bin.range.lowerBound)...PlotAxis.decade(bin.range.upperBound) : bin.range
      return HistogramPlot.Series.Bin(range, density: Double(bin.count) / total)
    }
    let middle = histogram.quantile(0.5).map { NumberText.scientific($0) } ?? "-"
    return HistogramPlot(
      title: title, description: "\(label), of \(histogram.count) samples; the median is \(middle).",
      label: isLogarithmic ? "\(label), as a power of ten" : label,
      densityLabel: "share of the samples",
      series: [.init("samples", style: 0, bins: bins)])
  }
}
