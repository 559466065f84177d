/// The text form of a network: `latency=1ms,bandwidth=1Gbit/s,server=10Gbit/s,service=exponential:mean=50us`.
extension NetworkModel: CustomStringConvertible {
  /// Creates the network that a text describes.
  ///
  /// - Parameters:
  ///   - text: Settings, `KEY=VALUE,…`; `service` is a compute-time model and comes last.
  ///   - readFile: Returns the bytes of a file.
  /// - Throws: ``DescriptionError`` that says what would be right.
  public init(
    parsing text: String, readFile: (String) throws -> [UInt8] = ComputeTimeModel.contents
  ) throws(DescriptionError) {
    self.init()
    var settings = text[...]
    while !settings.isEmpty {
      let key = settings.prefix { $0 != "=" }
      // A model may have settings of its own, with commas between them.
      let rest = settings.dropFirst(key.count + 1)
      let value = key == "service" ? rest : rest.prefix { $0 != "," }
      try set(String(key), to: String(value), readFile: readFile)
      settings = rest.dropFirst(value.count + 1)
    }
  }

  /// Sets one of its numbers.
  mutating func set(
    _ key: String, to word: String, readFile: (String) throws -> [UInt8]
  ) throws(DescriptionError) {
    switch key {
    case "latency":
      latency = try Quantity.duration.read(word, as: key, isPositive: false)
    case "bandwidth", "server":
      let value = try Quantity.bandwidth.read(word, as: key == "server" ? "bandwidth of the server" : key)
      if key == "server" { serverBandwidth = value } else { bandwidth = value }
    case "service":
      service = try ComputeTimeModel(parsing: word, readFile: readFile)
    default:
      throw DescriptionError("'\(key)' is no part of a network: it has latency, bandwidth, server and service")
    }
  }

  /// A text that ``init(parsing:readFile:)`` makes the same network of; empty if nothing takes time.
  public var description: String {
    var settings = parts.map { "\($0.key)=\($0.value)" }
    if let service { settings.append("service=\(service)") }
    return settings.joined(separator: ",")
  }

  /// What takes time, but for the service.
  var parts: [(key: String, value: String)] {
    var parts: [(String, String)] = []
    if latency > 0 { parts.append(("latency", Quantity.duration.text(latency))) }
    if bandwidth < .infinity { parts.append(("bandwidth", Quantity.bandwidth.text(bandwidth))) }
    if serverBandwidth < .infinity { parts.append(("server", Quantity.bandwidth.text(serverBandwidth))) }
    return parts
  }
}
