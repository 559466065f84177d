/// Where the workers' time on cores went.
struct TimeShares {
  let ledger: KernelLedger
  let accounts: [TimedService.Account]

  private static let kernels: [(KernelLedger.Purpose, BenchmarkRecord.Quantity)] = [
    (.matrixProducts, .percentInMatrixProducts), (.convolutions, .percentInConvolutions), (.pooling, .percentInPooling),
    (.activations, .percentInActivations), (.loss, .percentInLoss), (.other, .percentInOtherKernels),
  ]

  /// Returns the shares in percent of the time of the cores that the workers could use, which add up to 100, and the share
  /// of the workers' own time in which pushes were blocked.
  ///
  /// - Parameters:
  ///   - wall: How long the workers were at work, in seconds.
  ///   - cores: The cores that they could use.
  /// - Returns: The shares.
  func percentages(seconds wall: Double, cores: Int) -> [BenchmarkRecord.Quantity: Double] {
    let capacity = wall * Double(cores)
    let data = accounts.map(\.data).reduce(0, +)
    let gradient = accounts.map(\.gradient).reduce(0, +)
    let server = accounts.map(\.server).reduce(0, +)
    var seconds: [BenchmarkRecord.Quantity: Double] = [:]
    for (purpose, quantity) in Self.kernels { seconds[quantity] = ledger.seconds(purpose) }
    let inKernels = seconds.values.reduce(0, +)
    // The clocks of what is inside and of what is outside are read at different moments.
    seconds[.percentInLayers] = max(0, gradient - inKernels)
    seconds[.percentInUpdates] = ledger.seconds(.updates)
    seconds[.percentInServer] = max(0, server - ledger.seconds(.updates))
    seconds[.percentInData] = data
    seconds[.percentWaiting] = max(0, capacity - seconds.values.reduce(0, +))
    var shares = seconds.mapValues { 100 * $0 / capacity }
    shares[.percentBlocked] = 100 * accounts.map(\.blocked).reduce(0, +) / (wall * Double(max(1, accounts.count)))
    return shares
  }
}
