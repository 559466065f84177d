import AsyncSGD
import Kernels
import NeuralNet
import Randomness
import Testing

@testable import Benchmarks

@Suite("Watching a training run")
struct TimedTrainingTests {
  @Test(
    "timed kernels compute the same bits, and book every purpose of a model's gradient",
    arguments: [
      ("lenet5", [KernelLedger.Purpose.matrixProducts, .convolutions, .pooling, .loss, .other]),
      ("hogwild", [.matrixProducts, .convolutions, .pooling, .activations, .loss, .other]),
      ("mlp", [.matrixProducts, .activations, .loss, .other]),
    ])
  func backend(name: String, purposes: [KernelLedger.Purpose]) throws {
    let model = try ModelZoo.make(name, options: ModelOptions(classes: 10)).shaped(for: [1, 28, 28])
    let ledger = KernelLedger()
    let reference = ReferenceBackend<Float>()
    let plain = gradient(model, reference)
    let timed = gradient(model, TimedBackend(base: reference, ledger: ledger))
    #expect(plain == timed)
    for purpose in purposes {
      #expect(ledger.calls(purpose) > 0, "\(purpose)")
      #expect(ledger.seconds(purpose) > 0, "\(purpose)")
    }
    #expect(ledger.calls(.updates) == 0 && ledger.seconds(.updates) == 0)
  }

  private func gradient(_ model: ShapedModel, _ backend: any KernelBackend<Float>) -> [Float] {
    let replica = Replica(model, minibatchCapacity: 2, backend: backend)
    let parameters = FloatBuffer(model.layout.count)
    model.initialize(parameters.values, seed: 3)
    let images = FloatBuffer(2 * model.inputShape.count)
    replica.inputs.update(from: images.input, count: images.count)
    let gradient = FloatBuffer(model.layout.count)
    _ = replica.gradient(
      at: parameters.input, examples: 2, random: RandomStream(seed: 1, purpose: .dropout), into: gradient.values)
    return Array(UnsafeBufferPointer(start: gradient.input, count: gradient.count))
  }

  @Test("the server's kernels are booked, too")
  func serverKernels() {
    let ledger = KernelLedger()
    let backend = TimedBackend(base: ReferenceBackend<Float>(), ledger: ledger)
    let outcome = ServerLoad(parameters: 100, workers: 2, backend: backend).run(.push, seconds: 0.01)
    #expect(ledger.calls(.updates) >= outcome.latencies.count)
    #expect(ledger.calls(.scans) == ledger.calls(.updates))
  }

  @Test("an update of several blocks is booked as one")
  func serverUpdates() {
    let ledger = KernelLedger()
    let load = ServerLoad(parameters: 5000, workers: 2, backend: ReferenceBackend<Float>(), ledger: ledger)
    let outcome = load.run(.push, seconds: 0.01)
    // The first three pushes of a worker warm up.
    #expect(ledger.calls(.updates) == outcome.latencies.count + 2 * 3)
    #expect(ledger.seconds(.updates) > 0)
  }

  @Test("the rate is that of the pushes between the warm-up and the halt")
  func rate() {
    let halts = Counter()
    let log = PushLog(workers: 1, seconds: 10) { halts.count += 1 }
    log.note(examples: 1000, now: 100)
    #expect(log.examplesPerSecond == 0)
    log.note(examples: 1000, now: 101)  // the end of the warm-up: two pushes of one worker
    log.note(examples: 64, now: 105)
    log.note(examples: 64, now: 109)
    #expect(log.examplesPerSecond == 128 / 8)
    #expect(halts.count == 0)
    log.note(examples: 32, now: 111)
    #expect(halts.count == 1, "ten seconds are over")
    #expect(log.examplesPerSecond == 160 / 10)
    log.note(examples: 64, now: 200)
    #expect(halts.count == 1)
    #expect(log.examplesPerSecond == 160 / 10, "what comes after the halt does not count")
  }

  @Test("there are at least two pushes a worker after the warm-up, however long they take")
  func slowPushes() {
    let halts = Counter()
    let log = PushLog(workers: 2, seconds: 1) { halts.count += 1 }
    for push in 1...7 { log.note(examples: 1, now: Double(100 * push)) }
    #expect(halts.count == 0)
    log.note(examples: 1, now: 800)
    #expect(halts.count == 1)
    #expect(log.examplesPerSecond == 4.0 / 400)
  }

  private final class Counter: @unchecked Sendable {
    var count = 0
  }

  @Test("shares of time add up to 100 % of the time of the cores")
  func shares() {
    let ledger = KernelLedger()
    var worker = TimedService.Account()
    worker.data = 0.5
    worker.gradient = 2
    worker.server = 0.25
    worker.blocked = 1
    let shares = TimeShares(ledger: ledger, accounts: [worker, worker]).percentages(seconds: 4, cores: 2)
    #expect(shares[.percentInData] == 12.5)
    #expect(shares[.percentInLayers] == 50)
    #expect(shares[.percentInServer] == 6.25)
    #expect(shares[.percentWaiting] == 31.25)
    #expect(shares[.percentBlocked] == 25)
    #expect(shares.filter { $0.key != .percentBlocked }.values.reduce(0, +) == 100)
  }

  @Test("scaling is relative to one worker on each core")
  func scaling() {
    func record(_ workers: Int, _ rate: Double, _ model: String = "mlp") -> BenchmarkRecord {
      var record = BenchmarkRecord(.training, model)
      record.workers = workers
      record.figures[.examplesPerSecond] = Figure(rate)
      return record
    }
    let records = TrainingSuite.relatedToOneWorker(
      [record(1, 100), record(2, 150), record(8, 120), record(2, 70, "cnn")], cores: 2)
    #expect(records.map { $0.figures[.percentOfLinear]?.median } == [nil, 75, 60, nil])
  }

  @Test("a short run trains and says where the time went", arguments: [1, 3])
  func run(workers: Int) throws {
    let run = try TrainingRun(
      model: "softmax", workers: workers, batchSize: 64, backend: try KernelBackends.make())
    let throughput = try run.throughput(seconds: 0.02)
    #expect(throughput.examplesPerSecond > 0)
    #expect(throughput.peakMemoryBytes > 1_000_000)
    let shares = try run.shares(seconds: 0.02)
    let known: Set<BenchmarkRecord.Quantity> = [.percentInMatrixProducts, .percentInData, .percentInUpdates]
    for quantity in known { #expect((shares[quantity] ?? 0) > 0, "\(quantity)") }
  }

  @Test("a loop without a server takes time")
  func bareLoop() throws {
    let run = try OverheadRun(model: "softmax", batchSize: 8, backend: try KernelBackends.make())
    #expect(run.withoutServer(seconds: 0.01) > 0)
    #expect(try run.withServer(seconds: 0.01) > 0)
  }

  @Test("latencies are read off at a share of the operations")
  func latencies() {
    let outcome = ServerLoad.Outcome(operationsPerSecond: 1, latencies: (1...100).map(Double.init))
    #expect(outcome.latency(share: 0.5) == 51)
    #expect(outcome.latency(share: 0.99) == 100)
    #expect(ServerLoad.Outcome(operationsPerSecond: 1, latencies: [7]).latency(share: 0.99) == 7)
  }
}
