/// The wires of a virtual cluster, and when those that all share are free.
struct NetworkLinks: Sendable {
  /// Whether no message takes any time.
  let isIdeal: Bool
  /// What each worker's push weighs that is under way, in bytes; empty where it does not matter.
  var sent: [Int]
  /// When the server is done with all that has arrived.
  var serverFree = 0.0
  private let latencies: [Double]
  private let secondsPerByte: [Double]
  private let serverSecondsPerByte: Double
  private var uplinkFree = 0.0
  private var downlinkFree = 0.0

  /// Creates the wires of a cluster, all free.
  init(_ description: ClusterDescription, workers: Int) {
    let network = description.network
    var latencies = Array(repeating: network.latency, count: workers)
    var secondsPerByte = Array(repeating: 1 / network.bandwidth, count: workers)
    for each in description.classes {
      for worker in each.workers {
        if let latency = each.latency { latencies[worker] = latency }
        if let bandwidth = each.bandwidth { secondsPerByte[worker] = 1 / bandwidth }
      }
    }
    serverSecondsPerByte = 1 / network.serverBandwidth
    isIdeal = serverSecondsPerByte == 0 && latencies.allSatisfy { $0 == 0 } && secondsPerByte.allSatisfy { $0 == 0 }
    sent = isIdeal ? [] : Array(repeating: 0, count: workers)
    self.latencies = isIdeal ? [] : latencies
    self.secondsPerByte = isIdeal ? [] : secondsPerByte
  }

  /// The time that any message of a worker takes one way.
  func latency(of worker: Int) -> Double { latencies[worker] }

  /// Returns how long a push is under way to the server's link.
  func upload(_ bytes: Int, from worker: Int) -> Double {
    latencies[worker] + Double(bytes) * secondsPerByte[worker]
  }

  /// Returns when a push that has come to the server's link is through it.
  mutating func uplink(_ bytes: Int, at now: Double) -> Double {
    guard serverSecondsPerByte > 0 else { return now }
    uplinkFree = max(uplinkFree, now) + Double(bytes) * serverSecondsPerByte
    return uplinkFree
  }

  /// Returns how long an answer that the server sends now is under way.
  mutating func download(_ bytes: Int, to worker: Int, at now: Double) -> Double {
    let delay = latencies[worker] + Double(bytes) * secondsPerByte[worker]
    guard serverSecondsPerByte > 0 else { return delay }
    downlinkFree = max(downlinkFree, now) + Double(bytes) * serverSecondsPerByte
    return downlinkFree - now + delay
  }
}
