/// How a gradient is made smaller on its way to the server.
public enum CompressionKind: String, CaseIterable, Sendable {
  case none
  case topK = "top-k"
  case threshold
  case randomK = "random-k"
  case oneBit = "1-bit"
  case signSGD = "sign-sgd"
  case qsgd
  case dgc
}

extension CompressionKind: Explained {
  /// One line for lists and help.
  public var summary: String {
    switch self {
    case .none: "gradients are pushed whole"
    case .topK: "only the elements of a tensor with the largest absolute values"
    case .threshold: "only the elements whose absolute values exceed a threshold"
    case .randomK: "only a random choice of a tensor's elements"
    case .oneBit: "the sign of each element, and two means a tensor"
    case .signSGD: "the sign of each element, and one scale a tensor"
    case .qsgd: "each element rounded at random to one of s levels, and one norm a bucket of elements"
    case .dgc: "deep gradient compression: top-k with momentum correction, factor masking and warm-up"
    }
  }

  /// Where it was published.
  public var source: String {
    switch self {
    case .none: ""
    case .topK: "Aji & Heafield 2017; Stich et al. 2018"
    case .threshold: "Strom 2015"
    case .randomK: "Stich et al. 2018"
    case .oneBit: "Seide et al. 2014"
    case .signSGD: "Bernstein et al. 2018; Karimireddy et al. 2019 (error feedback)"
    case .qsgd: "Alistarh et al. 2017"
    case .dgc: "Lin et al. 2018"
    }
  }

  /// Its hyperparameters.
  public var hyperparameters: [Hyperparameter] {
    switch self {
    case .none: []
    case .topK, .randomK: [.compressionRatio, .errorFeedback]
    case .threshold: [.compressionThreshold, .errorFeedback]
    case .oneBit, .signSGD: [.errorFeedback]
    case .qsgd: [.quantizationLevels, .quantizationBucket, .errorFeedback]
    case .dgc: [.compressionRatio, .compressionMomentum, .compressionWarmup, .compressionClipping]
    }
  }
}

extension Hyperparameter {
  /// The share of a tensor's elements that is sent.
  public static let compressionRatio = Hyperparameter(
    "compression-ratio", "The share of each tensor's elements that is pushed.",
    .number(0...1, excludesLower: true),
    defaultTexts: [
      DefaultText([CompressionKind.topK], "0.01"), DefaultText([CompressionKind.randomK], "0.1"),
      DefaultText([CompressionKind.dgc], "0.001"),
    ]
  ) {
    switch $0.compression {
    case .dgc: .number(0.001)
    case .randomK: .number(0.1)
    default: .number(0.01)
    }
  }
  /// What an element must exceed.
  public static let compressionThreshold = Hyperparameter(
    "compression-threshold", "The absolute value above which an element is pushed.",
    .number(0...1_000_000), default: .number(0.01))
  /// s of ``CompressionKind/qsgd``.
  public static let quantizationLevels = Hyperparameter(
    "quantization-levels", "The levels that an element is rounded to, besides 0.", .integer(1...8_388_607),
    default: .integer(127))
  /// The elements that share a norm in ``CompressionKind/qsgd``.
  public static let quantizationBucket = Hyperparameter(
    "quantization-bucket", "Consecutive elements that share a norm.", .integer(1...16_777_216),
    default: .integer(512))
  /// Whether what was not sent is added to the next gradient.
  public static let errorFeedback = Hyperparameter(
    "error-feedback", "What becomes of what is lost.",
    .choice([
      Choice("on", "a worker adds it to its next gradient"), Choice("off", "it is lost"),
    ]),
    defaultTexts: [
      DefaultText([CompressionKind.topK, .threshold, .randomK, .oneBit, .signSGD], "on"),
      DefaultText([CompressionKind.qsgd], "off"),
    ]
  ) { .choice($0.compression == .qsgd ? "off" : "on") }
  /// m of ``CompressionKind/dgc``.
  public static let compressionMomentum = Hyperparameter(
    "compression-momentum", "Momentum within a worker.", .number(0...1, excludesUpper: true),
    default: .number(0.9))
  /// E of ``CompressionKind/dgc``.
  public static let compressionWarmup = Hyperparameter(
    "compression-warmup", "Epochs over which the share that is pushed falls to its final value.",
    .integer(0...100_000), default: .integer(4))
  /// c of ``CompressionKind/dgc``.
  public static let compressionClipping = Hyperparameter(
    "compression-clipping", "The norm that gradients are clipped to, times the root of the workers; 0 for none.",
    .number(0...1_000_000), default: .number(0))
}
