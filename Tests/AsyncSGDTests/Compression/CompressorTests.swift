import Kernels
import NeuralNet
import Randomness
import Testing

@testable import AsyncSGD

@Suite("Compressors: feedback over several gradients")
struct CompressorTests {
  private let backend = ReferenceBackend<Float>()

  private func layout(_ counts: Int...) -> ParameterLayout {
    ParameterLayout(counts.enumerated().map { ("tensor\($0.offset)", [$0.element]) })
  }

  private func configuration(
    _ compression: CompressionKind, _ given: [(Hyperparameter, Hyperparameter.Value)] = [],
    _ change: (inout TrainingConfiguration) -> Void = { _ in }
  ) -> TrainingConfiguration {
    var configuration = TrainingFixture.configuration(workers: 4)
    configuration.compression = compression
    change(&configuration)
    for (hyperparameter, value) in given { configuration.hyperparameters[hyperparameter] = value }
    return configuration
  }

  private func makeCompressor(
    _ configuration: TrainingConfiguration, _ layout: ParameterLayout, minibatchesPerEpoch: Int = 1
  ) throws -> any GradientCompressor {
    try #require(
      configuration.makeCompressor(
        layout, plan: EpochPlan(examples: minibatchesPerEpoch, batchSize: 1), backend: backend))
  }

  /// What arrives of one gradient after another.
  private func send(_ gradients: [[Float]], through compressor: any GradientCompressor) -> [[Float]] {
    gradients.enumerated().map { position, gradient in
      var gradient = gradient
      _ = compressor.compress(&gradient, worker: 1, position: position)
      return gradient
    }
  }

  @Test("top-k with feedback, tensor by tensor")
  func topK() throws {
    let compressor = try makeCompressor(configuration(.topK, [(.compressionRatio, .number(0.5))]), layout(2, 2))
    // e = 0: (4, 1 | 2, −3) sends 4 and −3; e = (0, 1 | 2, 0).
    // p = (1, 2 | 3, 0) sends 2 and 3; e = (1, 0 | 0, 0).
    // p = (2, 0 | 0, −1) sends 2 and −1; e = 0.
    let arrived = send([[4, 1, 2, -3], [1, 1, 1, 0], [1, 0, 0, -1]], through: compressor)
    #expect(arrived == [[4, 0, 0, -3], [0, 2, 3, 0], [2, 0, 0, -1]])
    #expect(compressor.vectors["residual"].map { Array($0) } == [0, 0, 0, 0])
    var gradient: [Float] = [1, 2, 3, 4]
    #expect(compressor.compress(&gradient, worker: 0, position: 3) == 2 * (4 + 8))
  }

  @Test("top-k without feedback forgets what it does not send")
  func topKWithoutFeedback() throws {
    let compressor = try makeCompressor(
      configuration(.topK, [(.compressionRatio, .number(0.5)), (.errorFeedback, .choice("off"))]), layout(2))
    #expect(send([[4, 1], [1, 1.5], [1, 1]], through: compressor) == [[4, 0], [0, 1.5], [1, 0]])
    #expect(compressor.vectors.isEmpty)
  }

  @Test("a threshold with feedback sends an element when it has gathered enough")
  func threshold() throws {
    let compressor = try makeCompressor(
      configuration(.threshold, [(.compressionThreshold, .number(2))]), layout(2))
    // p: (1, 3), (2, −1), (3, −2), (0.5, −3).
    let arrived = send([[1, 3], [1, -1], [1, -1], [0.5, -1]], through: compressor)
    #expect(arrived == [[0, 3], [0, 0], [3, 0], [0, -3]])
    #expect(compressor.vectors["residual"].map { Array($0) } == [0.5, 0])
  }

  @Test("1-bit with feedback")
  func oneBit() throws {
    let compressor = try makeCompressor(configuration(.oneBit), layout(3))
    // p = (3, 1, −2) → (2, 2, −2), e = (1, −1, 0).
    // p = (1, −2, 1) → (1, −2, 1), e = 0.
    // p = (−1, −3, 2) → (−2, −2, 2), e = (1, −1, 0).
    let arrived = send([[3, 1, -2], [0, -1, 1], [-1, -3, 2]], through: compressor)
    #expect(arrived == [[2, 2, -2], [1, -2, 1], [-2, -2, 2]])
    #expect(compressor.vectors["residual"].map { Array($0) } == [1, -1, 0])
  }

  @Test("sign-sgd with feedback")
  func sign() throws {
    let compressor = try makeCompressor(configuration(.signSGD), layout(2))
    // p = (3, −1) → (2, −2), e = (1, 1); p = (1, 1) → (1, 1), e = 0; p = (0, −2) → (1, −1), e = (−1, −1).
    #expect(send([[3, -1], [0, 0], [0, -2]], through: compressor) == [[2, -2], [1, 1], [1, -1]])
    #expect(compressor.vectors["residual"].map { Array($0) } == [-1, -1])
  }

  @Test("random-k with feedback sends in the end all that there was, unscaled")
  func randomK() throws {
    let compressor = try makeCompressor(configuration(.randomK, [(.compressionRatio, .number(0.25))]), layout(4))
    // Nothing new after the first gradient: each element arrives when it is drawn, once.
    let arrived = send([[1, 2, 4, 8]] + Array(repeating: [0, 0, 0, 0], count: 60), through: compressor)
    #expect(arrived.allSatisfy { $0.count { $0 != 0 } <= 1 })
    for (index, value) in [Float(1), 2, 4, 8].enumerated() {
      // Missed with probability (3/4)⁶¹ < 10⁻⁷, and the stream is fixed.
      #expect(arrived.map { $0[index] }.filter { $0 != 0 } == [value])
    }
  }

  @Test("random-k with feedback, draw by draw")
  func randomKTrace() throws {
    // ⌊4u⌋ of the steps' first words: one of the four elements a step.
    let drawn = (0..<4).map { step in
      var random = RandomStream(seed: 7, purpose: .compression, worker: 1, step: step)
      return Int(random.nextWord() >> 30)
    }
    #expect(drawn == [0, 3, 2, 3])
    let compressor = try makeCompressor(configuration(.randomK, [(.compressionRatio, .number(0.25))]), layout(4))
    let sent: [[Float]] = [
      [1, 0, 0, 0],  // of (1, 2, 3, 4); left (0, 2, 3, 4)
      [0, 0, 0, 5],  // of (1, 3, 4, 5); left (1, 3, 4, 0)
      [0, 0, 5, 0],  // of (2, 4, 5, 1); left (2, 4, 0, 1)
      [0, 0, 0, -2],  // of (2, 4, 0, −2)
    ]
    #expect(send([[1, 2, 3, 4], [1, 1, 1, 1], [1, 1, 1, 1], [0, 0, 0, -3]], through: compressor) == sent)
    #expect(compressor.vectors["residual"].map { Array($0) } == [2, 4, 0, 0])
  }

  @Test("QSGD with feedback, draw by draw")
  func qsgdTrace() throws {
    var draws: [[Float]] = []
    for step in 0..<3 {
      var random = RandomStream(seed: 7, purpose: .compression, worker: 1, step: step)
      var uniforms: [Float] = [0, 0]
      uniforms.withUnsafeMutableBufferPointer { random.fillUniform($0) }
      draws.append(uniforms.map { ($0 * 100).rounded() })
    }
    #expect(draws == [[3, 41], [79, 52], [65, 71]])
    let compressor = try makeCompressor(
      configuration(
        .qsgd,
        [(.errorFeedback, .choice("on")), (.quantizationLevels, .integer(1)), (.quantizationBucket, .integer(2))]),
      layout(2))
    // One level, so that 0 or ± the norm arrives, the norm if the draw is below the magnitude's share of it.
    let sent: [[Float]] = [
      [5, -5],  // of (3, −4), shares 0.6 and 0.8; left (−2, 1)
      [0, 5],  // of (−3, 4), shares 0.6 and 0.8; left (−3, −1)
      [0, -10],  // of (−6, −8), shares 0.6 and 0.8; left (−6, 2)
    ]
    #expect(send([[3, -4], [-1, 3], [-3, -7]], through: compressor) == sent)
    #expect(compressor.vectors["residual"].map { Array($0) } == [-6, 2])
  }

  @Test("QSGD has no feedback unless it is asked for")
  func qsgd() throws {
    let plain = try makeCompressor(configuration(.qsgd), layout(4))
    #expect(plain.vectors.isEmpty)
    let compressor = try makeCompressor(
      configuration(
        .qsgd,
        [(.errorFeedback, .choice("on")), (.quantizationLevels, .integer(4)), (.quantizationBucket, .integer(4))]),
      layout(4))
    // (2, 2, 2, 2) has norm 4, and lies on the level 2 of 4. (4, 0, 0, 0) lies on level 4. Then (0, 0, 0, 0).
    let exact: [[Float]] = [[2, 2, 2, 2], [4, 0, 0, 0], [0, 0, 0, 0]]
    #expect(send(exact, through: compressor) == exact)
    #expect(compressor.vectors["residual"].map { Array($0) } == [0, 0, 0, 0])
  }

  @Test(
    "what was sent and what is left add up to all gradients, exactly",
    arguments: [CompressionKind.topK, .threshold, .randomK, .oneBit, .signSGD, .qsgd])
  func feedbackConservesTheSum(kind: CompressionKind) throws {
    // Small whole numbers in tensors of 4 and 8 elements. 1-bit means divide by up to 8, and those of residuals by as much
    // again, so that only their first few rounds are exact; QSGD's norms are irrational, and its levels of a norm that is
    // no power of 2 too: its bound is that of the roundings.
    let given: [(Hyperparameter, Hyperparameter.Value)] = [
      (.compressionRatio, .number(0.25)), (.compressionThreshold, .number(3)), (.errorFeedback, .choice("on")),
    ]
    let compressor = try makeCompressor(configuration(kind, given), layout(4, 8))
    let isExact = kind == .topK || kind == .threshold || kind == .randomK || kind == .signSGD
    let rounds = kind == .signSGD ? 4 : 50
    var random = RandomStream(seed: 3, purpose: .testing)
    var total = [Double](repeating: 0, count: 12)
    var sent = [Double](repeating: 0, count: 12)
    for position in 0..<rounds {
      var gradient = (0..<12).map { _ in Float(Int(random.nextWord() % 17) - 8) }
      for index in 0..<12 { total[index] += Double(gradient[index]) }
      let bytes = compressor.compress(&gradient, worker: 0, position: position)
      #expect((bytes ?? 0) > 0)
      for index in 0..<12 { sent[index] += Double(gradient[index]) }
    }
    let residual = try #require(compressor.vectors["residual"])
    for index in 0..<12 {
      // In each round p = e + g and e = p − ĝ are rounded once each, at magnitudes below 2⁸.
      let tolerance = isExact ? 0 : Double(rounds) * 2 * 0x1p-17
      #expect(abs(sent[index] + Double(residual[index]) - total[index]) <= tolerance)
    }
  }

  @Test("nothing of a gradient that is not finite is kept, and the server gets it as it is")
  func nonFinite() throws {
    for kind in CompressionKind.allCases where kind != .none {
      let compressor = try makeCompressor(configuration(kind), layout(3))
      var gradient: [Float] = [1, 2, 4]
      _ = compressor.compress(&gradient, worker: 0, position: 0)
      let before = compressor.state()
      for poison in [Float.nan, .infinity] {
        var gradient: [Float] = [1, poison, 3]
        #expect(compressor.compress(&gradient, worker: 0, position: 1) == nil)
        #expect(!gradient[1].isFinite && gradient[0] == 1 && gradient[2] == 3)
      }
      #expect(compressor.state() == before, "\(kind.rawValue)")
    }
  }

  @Test("a residual that overflows is shown to the server, and forgotten")
  func overflow() throws {
    for kind in [CompressionKind.topK, .dgc] {
      let compressor = try makeCompressor(configuration(kind, [(.compressionRatio, .number(0.5))]), layout(2))
      let largest = Float.greatestFiniteMagnitude
      // The second element is the smaller one, and stays behind.
      var gradient = [largest, 0.75 * largest]
      _ = compressor.compress(&gradient, worker: 0, position: 10)
      gradient = [0, 0.75 * largest]
      #expect(compressor.compress(&gradient, worker: 0, position: 10) == nil)
      #expect(gradient.contains { !$0.isFinite })
      #expect(compressor.vectors.values.allSatisfy { $0.allSatisfy { $0 == 0 } })
    }
  }

  @Test("a gradient that the server drops takes nothing with it that earlier ones had left over")
  func dropped() throws {
    let server = ManualSchedule(
      mode: .ringmaster, workers: 2, hyperparameters: Self.threshold1, initial: [0, 0], offsets: [0, 0]
    ).server
    let kept = configuration(.topK, [(.compressionRatio, .number(0.5))]) { $0.mode = .ringmaster }
    let compressors = try [makeCompressor(kept, layout(2)), makeCompressor(kept, layout(2))]
    let workers = (0..<2).map {
      LogicalWorker(
        index: $0, service: PatientService(base: server), snapshot: server.latest(), steps: SingleSteps(),
        compressor: compressors[$0])
    }
    func push(_ worker: Int, _ gradient: [Float]) -> PushReply {
      let step = LocalStep(learningRate: 1, position: 0, examples: 1, source: FixedGradient(gradient))
      guard case .push = workers[worker].train(step) else { return .stopped }
      let reply = workers[worker].push()
      _ = workers[worker].answered(reply)
      return reply
    }
    func residual(_ worker: Int) -> [Float] { compressors[worker].vectors["residual"].map { Array($0) } ?? [] }
    // B sends 4 of (3, 4) and keeps 3.
    #expect(push(1, [3, 4]) == .proceed)
    #expect(residual(1) == [3, 0])
    #expect(push(0, [1, 0]) == .dropped(.tooStale), "one update old, and R = 1")
    #expect(residual(0) == [0, 0])
    #expect(push(0, [1, 0]) == .proceed)
    // B's next gradient is one update old, too: of (3 + 2, 1) it sends 5 in vain, and keeps its 3 and nothing of this.
    #expect(push(1, [2, 1]) == .dropped(.tooStale))
    #expect(residual(1) == [3, 0])
    #expect(push(1, [0, 1]) == .proceed)
    #expect(residual(1) == [0, 1])
  }

  private static let threshold1: Hyperparameters = {
    var hyperparameters = Hyperparameters()
    hyperparameters[.delayThreshold] = .integer(1)
    return hyperparameters
  }()

  @Test("random choices depend on worker and step, and on nothing else")
  func streams() throws {
    func arrived(worker: Int, position: Int) throws -> [Float] {
      var gradient = (1...64).map { Float($0) }
      let configuration = configuration(.randomK, [(.compressionRatio, .number(0.25))])
      _ = try makeCompressor(configuration, layout(64)).compress(&gradient, worker: worker, position: position)
      return gradient
    }
    #expect(try arrived(worker: 1, position: 5) == arrived(worker: 1, position: 5))
    #expect(try arrived(worker: 1, position: 5) != arrived(worker: 2, position: 5))
    #expect(try arrived(worker: 1, position: 5) != arrived(worker: 1, position: 6))
  }
}

@Suite("Deep gradient compression")
struct DeepGradientCompressionTests {
  private func compressor(
    _ counts: [Int], ratio: Double, momentum: Float = 0.5, warmupEpochs: Int = 0, largestNorm: Double = .infinity,
    minibatchesPerEpoch: Int = 10
  ) -> DeepGradientCompressor {
    DeepGradientCompressor(
      DeepGradientCompressor.Constants(
        ratio: ratio, momentum: momentum, warmupEpochs: warmupEpochs, largestNorm: largestNorm,
        minibatchesPerEpoch: minibatchesPerEpoch),
      layout: ParameterLayout(counts.enumerated().map { ("tensor\($0.offset)", [$0.element]) }), seed: 1,
      backend: ReferenceBackend<Float>())
  }

  private func send(_ gradient: [Float], through compressor: DeepGradientCompressor, position: Int = 0) -> [Float] {
    var gradient = gradient
    _ = compressor.compress(&gradient, worker: 0, position: position)
    return gradient
  }

  @Test("velocities are accumulated, and forgotten where they are sent")
  func trace() {
    let compressor = compressor([2], ratio: 0.5)
    // u = v = (1, 0.5): sends the first; u = v = (0, 0.5).
    #expect(send([1, 0.5], through: compressor) == [1, 0])
    // u = (1, 0.75), v = (1, 1.25): sends the second; u = v = (1, 0).
    #expect(send([1, 0.5], through: compressor) == [0, 1.25])
    #expect(compressor.vectors["velocity"].map { Array($0) } == [1, 0])
    // u = (1.5, 0.5), v = (2.5, 0.5): sends the first; u = v = (0, 0.5).
    #expect(send([1, 0.5], through: compressor) == [2.5, 0])
    #expect(compressor.vectors["accumulated"].map { Array($0) } == [0, 0.5])
  }

  @Test("with ratio 1 all is sent and masked: the gradients go through as they are")
  func whole() {
    let compressor = compressor([3], ratio: 1, momentum: 0.9)
    for gradient: [Float] in [[1, -2, 3], [0.5, 0, 4], [1, 1, 1]] {
      #expect(send(gradient, through: compressor) == gradient)
    }
  }

  @Test("without momentum it is top-k with feedback, and what is sent and what is left add up to all gradients")
  func withoutMomentum() {
    let dgc = compressor([4, 8], ratio: 0.25, momentum: 0)
    let topK = CodecCompressor(
      TopKCodec(ratio: 0.25), layout: ParameterLayout([("a", [4]), ("b", [8])]), feedsBack: true, seed: 1,
      backend: ReferenceBackend<Float>())
    var random = RandomStream(seed: 4, purpose: .testing)
    var total = [Float](repeating: 0, count: 12)
    var sent = total
    for position in 0..<50 {
      // Whole numbers, so that sums are exact.
      let gradient = (0..<12).map { _ in Float(Int(random.nextWord() % 17) - 8) }
      var other = gradient
      _ = topK.compress(&other, worker: 0, position: position)
      let arrived = send(gradient, through: dgc, position: position)
      #expect(arrived == other)
      for index in 0..<12 {
        total[index] += gradient[index]
        sent[index] += arrived[index]
      }
    }
    let left = dgc.vectors["accumulated"].map { Array($0) } ?? []
    #expect(zip(sent, left).map { $0 + $1 } == total)
  }

  @Test("gradients are clipped before they are accumulated")
  func clipping() {
    let compressor = compressor([2], ratio: 0.5, momentum: 0, largestNorm: 2.5)
    // (3, 4) has norm 5, and becomes (1.5, 2); (1, 1) stays.
    #expect(send([3, 4], through: compressor) == [0, 2])
    #expect(send([1, 1], through: compressor) == [2.5, 0])
  }

  @Test("the largest norm is the threshold over the root of the workers")
  func clippingOfTheWorkers() throws {
    var configuration = TrainingFixture.configuration(workers: 4)
    configuration.compression = .dgc
    configuration.hyperparameters[.compressionClipping] = .number(5)
    configuration.hyperparameters[.compressionRatio] = .number(1)
    let compressor = try #require(
      configuration.makeCompressor(
        ParameterLayout([("only", [2])]), plan: EpochPlan(examples: 1, batchSize: 1),
        backend: ReferenceBackend<Float>()))
    var gradient: [Float] = [3, 4]
    _ = compressor.compress(&gradient, worker: 0, position: 0)
    #expect(gradient == [1.5, 2])
  }

  @Test("the share falls over the warm-up as the paper has it")
  func warmup() {
    let compressor = compressor([2], ratio: 0.001, warmupEpochs: 4)
    let ratios = [0, 9, 10, 20, 30, 40, 50, 1000].map { compressor.constants.ratio(at: $0) }
    let expected = [0.25, 0.25, 0.063, 0.0158, 0.004, 0.001, 0.001, 0.001]
    // The paper's are rounded to two digits.
    #expect(zip(ratios, expected).allSatisfy { abs($0 / $1 - 1) < 0.01 })
  }

  @Test("in a large tensor about the share that was asked for is sent, all of it larger than what stays")
  func sampling() {
    let count = 4 * DeepGradientCompressor.sampledFrom
    var random = RandomStream(seed: 2, purpose: .testing)
    for step in 0..<10 {
      let compressor = compressor([count], ratio: 0.01, momentum: 0)
      let gradient = (0..<count).map { _ in
        let uniform = random.uniform() - 0.5
        return uniform * uniform * uniform
      }
      let sent = send(gradient, through: compressor, position: step)
      let share = Double(sent.count { $0 != 0 }) / Double(count)
      #expect(share >= 0.0079 && share <= 0.0131)
      let least = sent.filter { $0 != 0 }.map(\.magnitude).min() ?? 0
      let largestLeft = zip(gradient, sent).filter { $1 == 0 }.map(\.0.magnitude).max() ?? .infinity
      #expect(largestLeft <= least)
    }
  }

  @Test("where the sample misleads, the selection is exact")
  func misleadingSample() {
    // Large elements in one stretch only, as dense as no stride expects; and equal ones, of which any number is the same.
    let count = 4 * DeepGradientCompressor.sampledFrom
    var gradient = [Float](repeating: 1, count: count)
    for index in 0..<300 { gradient[index] = 2 + Float(index) }
    let sent = send(gradient, through: compressor([count], ratio: 0.01, momentum: 0))
    #expect(sent.count { $0 != 0 } == Int((0.01 * Double(count)).rounded()))
    #expect(Array(sent.prefix(300)) == Array(gradient.prefix(300)))
  }
}
