import Testing

@testable import AsyncSGD

@Suite("Cluster scripts")
struct ClusterScriptTests {
  @Test("a script of everything")
  func everything() throws {
    let script = """
      # A cluster that has everything.
      compute gamma:shape=25,mean=20ms
      service constant:mean=50us   # per push
      network latency 1ms bandwidth 1Gbit/s server 10Gbit/s
      cores 4 slice 3ms

      workers 0-9 speed 0.25 bandwidth 10MB/s
      worker 12 latency 0s
      straggler worker 3
      straggler worker 4 factor 4
      crash worker 3 at 2s
      crash workers 0-9 at update 1000 restart after 500ms
      crash all rate 0.5/min restart after 1min
      pause worker 2 at 5s for 1s
      join worker 7 at 10s
      lose push of all probability 0.01 noticed after 100ms
      lose push of worker 1 at update 5
      duplicate push of workers 2-3 rate 2/s
      """
    let cluster = try ClusterDescription(script: script)
    #expect(cluster.compute == ComputeTimeModel(.gamma(shape: 25), mean: 0.02))
    #expect(
      cluster.network
        == NetworkModel(
          latency: 0.001, bandwidth: 125e6, serverBandwidth: 1.25e9,
          service: ComputeTimeModel(.constant, mean: 5e-5)))
    #expect(cluster.cores == .init(4, slice: 0.003))
    #expect(
      cluster.classes == [
        .init(workers: 0...9, speed: 0.25, bandwidth: 10e6), .init(workers: 12...12, latency: 0),
        .init(workers: 3...3, speed: 0.1), .init(workers: 4...4, speed: 0.25),
      ])
    #expect(
      cluster.faults == [
        Fault(.crash(restartAfter: nil), workers: 3...3, .time(2)),
        Fault(.crash(restartAfter: 0.5), workers: 0...9, .update(1000)),
        Fault(.crash(restartAfter: 60), .rate(0.5 / 60)),
        Fault(.pause(seconds: 1), workers: 2...2, .time(5)),
        Fault(.join, workers: 7...7, .time(10)),
        Fault(.losePush(noticedAfter: 0.1), .probability(0.01)),
        Fault(.losePush(noticedAfter: 0), workers: 1...1, .update(5)),
        Fault(.duplicatePush, workers: 2...3, .rate(2)),
      ])
    #expect(cluster.missingWorker(of: 13) == nil)
    #expect(cluster.missingWorker(of: 10) == 12)
    #expect(cluster.speed(of: 3) == 0.1)
    // What it says of itself means the same.
    #expect(try ClusterDescription(script: cluster.description) == cluster)
    #expect(cluster.virtualOnly == ["compute", "service", "network", "cores", "latency", "bandwidth"])
  }

  @Test("nothing said is the default, and the default says so")
  func defaults() throws {
    #expect(try ClusterDescription(script: "\n# nothing\n") == ClusterDescription())
    #expect(try ClusterDescription(script: ClusterDescription().description) == ClusterDescription())
    #expect(ClusterDescription().virtualOnly.isEmpty)
  }

  @Test(
    "a mistake is told with its line and word",
    arguments: [
      ("\ncrsh worker 1 at 2s", 2, "'crsh' is no directive"),
      ("compute", 1, "after 'compute', a model is missing"),
      ("compute gama", 1, "'gama' is no compute-time model"),
      ("compute gamma\n\ncompute gamma", 3, "'compute' was said in line 1 already"),
      ("network latency 1", 1, "'1' is no latency: it is a duration with its unit, such as 10ms"),
      ("network speed 1", 1, "'speed' is no part of a network"),
      ("network bandwidth 0MB/s", 1, "'0MB/s' is no bandwidth"),
      ("network service gamma", 1, "'service' is a directive of its own"),
      ("cores 0", 1, "'0' is no number of cores"),
      ("cores 2 slice", 1, "after 'slice', a duration is missing"),
      ("workers 9-0 speed 1", 1, "'9-0' is no range of workers: it is FIRST-LAST"),
      ("workers 5 speed 1", 1, "'5' is no range of workers"),
      ("worker -1 speed 1", 1, "'-1' is no worker"),
      ("worker 1 speed 0", 1, "'0' is no speed: it is a number above 0"),
      ("\nworker 1 speed 1e-300", 2, "'1e-300' is no speed: it is a number above 0, from 1e-6 to 1e6"),
      ("compute constant:mean=1e300s", 1, "'1e300s' is too large for a mean: a duration is from 1ns to 8760h"),
      ("compute gamma:mean=1e-300s", 1, "'1e-300s' is too small for a mean"),
      ("compute lognormal:cv=1e200", 1, "'1e200' is no cv of lognormal: it is a number above 0, up to 1000"),
      ("compute gamma:shape=1e-300", 1, "'1e-300' is no shape of gamma"),
      ("\nnetwork latency 9000h", 2, "'9000h' is too large for a latency"),
      (
        "network bandwidth 1e-9B/s", 1,
        "'1e-9B/s' is too small for a bandwidth: a bandwidth is from 1B/s to 1000000GB/s"
      ),
      ("crash all at 1e200h", 1, "'1e200h' is too large for a time"),
      ("pause all rate 1e300/s for 1s", 1, "'1e300/s' is too large for a rate: a rate is from 1e-09/s to 1000000/s"),
      ("straggler worker 1 factor 1e300", 1, "'1e300' is no factor: it is a number from 1 to 1e6"),
      ("worker 1 colour blue", 1, "'colour' is not said of workers"),
      ("worker 1", 1, "after '1', speed, latency or bandwidth is missing"),
      ("straggler worker 1 factor 0.5", 1, "'0.5' is no factor"),
      ("crash 3 at 2s", 1, "'3' stands where 'worker', 'workers' or 'all' was expected"),
      ("crash worker 3 on 2s", 1, "'on' stands where 'at', 'rate' or 'probability' was expected"),
      ("crash worker 3 at 2", 1, "'2' is no time: it is a duration with its unit"),
      ("crash worker 3 at 2s restart in 1s", 1, "'in' stands where 'after' was expected"),
      ("crash worker 3 at update x", 1, "'x' is no update: it is a whole number"),
      ("crash worker 3 probability 0.5", 1, "'probability' is of pushes"),
      ("crash worker 3 at 2s please", 1, "'please' says nothing here"),
      ("pause worker 1 at 1s", 1, "after '1s', 'for' is missing"),
      ("join worker 1 rate 1/s", 1, "'rate' does not go with 'join'"),
      ("lose worker 1 at 1s", 1, "'worker' stands where 'push' was expected"),
      ("lose push of all probability 2", 1, "'2' is no probability: it is a number from 0 to 1"),
      ("duplicate push of all rate 1", 1, "'1' is no rate: it is a rate above 0 with its unit, such as 0.1/s"),
    ])
  func mistakes(script: String, line: Int, message: String) {
    let error = #expect(throws: DescriptionError.self) { try ClusterDescription(script: script) }
    #expect(error?.line == line)
    #expect(error?.message.contains(message) == true, "\(error?.message ?? "")")
  }

  @Test(
    "quantities with units",
    arguments: [
      (Quantity.duration, "10ms", 0.01), (.duration, "1.5s", 1.5), (.duration, "2min", 120), (.duration, "1h", 3600),
      (.duration, "250us", 250e-6), (.duration, "3ns", 3e-9), (.duration, "1e-3s", 0.001),
      (.bandwidth, "1Gbit/s", 125e6), (.bandwidth, "8bit/s", 1), (.bandwidth, "2.5kB/s", 2500),
      (.bandwidth, "100Mbit/s", 12.5e6), (.bandwidth, "7B/s", 7), (.rate, "0.1/s", 0.1), (.rate, "6/min", 0.1),
    ])
  func quantities(quantity: Quantity, text: String, value: Double) {
    #expect(quantity.value(text) == value)
    #expect(quantity.value(quantity.text(value)) == value)
  }

  @Test("the first line that speaks of a worker who does not exist is named")
  func missingWorker() throws {
    let script = try ClusterScript(
      "# three\nworker 2 speed 0.5\n\ncrash workers 0-7 at 1s\npause worker 9 at 1s for 1s")
    #expect(script.missingWorker(of: 10) == nil)
    #expect(try #require(script.missingWorker(of: 9)) == (9, 5))
    #expect(try #require(script.missingWorker(of: 3)) == (7, 4))
    #expect(try ClusterScript("\ncompute gamma\n").line(of: "compute") == 2)
    #expect(script.line(of: "compute") == nil)
  }

  @Test("no quantities", arguments: ["10", "ms", "", "infs", "nans", "0x10s", "1 s", "--1s", "1e999s"])
  func noQuantities(text: String) {
    #expect(Quantity.duration.value(text) == nil)
  }

  @Test("a network in one word")
  func network() throws {
    let text = "latency=1ms,bandwidth=1Gbit/s,server=10Gbit/s,service=gamma:shape=4,mean=50us"
    let network = try NetworkModel(parsing: text)
    #expect(
      network
        == NetworkModel(
          latency: 0.001, bandwidth: 125e6, serverBandwidth: 1.25e9,
          service: ComputeTimeModel(.gamma(shape: 4), mean: 50e-6)))
    #expect(try NetworkModel(parsing: network.description) == network)
    #expect(try NetworkModel(parsing: "") == NetworkModel())
    let error = #expect(throws: DescriptionError.self) { try NetworkModel(parsing: "delay=1ms") }
    #expect(error?.message == "'delay' is no part of a network: it has latency, bandwidth, server and service")
  }
}
