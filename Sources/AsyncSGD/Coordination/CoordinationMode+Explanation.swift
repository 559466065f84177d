extension CoordinationMode: Explained {
  /// One line for lists and help.
  public var summary: String {
    switch self {
    case .sequential: "one worker: plain minibatch SGD, the baseline"
    case .sync: "a barrier: each update applies the mean of one gradient from every worker"
    case .softSync: "each update applies the mean of the next c gradients, whoever they come from; nobody waits"
    case .async: "each gradient is applied as it arrives (Downpour SGD, fetch and push every step)"
    case .ssp: "as async, but the fastest worker waits when it is s steps ahead of the slowest"
    case .dssp: "as ssp, with a bound that is chosen within a range from how fast the workers are"
    case .hogwild: "workers write into shared parameters without locks, and may lose updates"
    case .easgd: "workers train on their own and are elastically tied to a common center"
    case .eamsgd: "as easgd, with Nesterov momentum in each worker"
    case .localSGD: "workers train on their own, and their parameters are averaged every H steps"
    case .agn: "workers train on their own and push the mean of every λ gradients"
    case .ringmaster: "as async, but gradients of delay R or more are abandoned and computed anew"
    case .rennala: "each update applies the mean of B gradients computed at the present parameters"
    case .fedBuff: "each update applies the mean of K buffered updates, weighed by their staleness"
    }
  }

  /// Where it was published.
  public var source: String {
    switch self {
    case .sequential: "Robbins & Monro 1951"
    case .sync: "Chen et al. 2016 (backup workers); Dutta et al. 2018 (K-sync, K-batch-sync)"
    case .softSync: "Zhang, Gupta, Lian & Liu 2016 (n-softsync)"
    case .async: "Dean et al. 2012 (Downpour SGD)"
    case .ssp: "Ho et al. 2013 (stale synchronous parallel)"
    case .dssp: "Zhao et al. 2019 (dynamic stale synchronous parallel)"
    case .hogwild: "Niu, Recht, Ré & Wright 2011"
    case .easgd, .eamsgd: "Zhang, Choromanska & LeCun 2015"
    case .localSGD: "Stich 2019; Lin et al. 2020 (post-local SGD)"
    case .agn: "Hermans, Spanakis & Möckel 2017"
    case .ringmaster: "Maranjyan, Tyurin & Richtárik 2025"
    case .rennala: "Tyurin & Richtárik 2023"
    case .fedBuff: "Nguyen et al. 2022"
    }
  }

  /// Its hyperparameters.
  public var hyperparameters: [Hyperparameter] {
    switch self {
    case .sequential: []
    case .sync: [.backupWorkers, .gradientsToWait, .gradientsFrom, .calculationStops]
    case .softSync: [.gradientsToWait]
    case .rennala: [.gradientsToWait, .calculationStops]
    case .async: [.fetchEvery, .pushEvery, .warmStart, .serverShards]
    case .ssp: [.stalenessBound]
    case .dssp: [.stalenessBound, .stalenessBoundRange]
    case .hogwild: [.lockStripes]
    case .easgd: [.communicationPeriod, .movingRate, .exchangeOrder]
    case .eamsgd: [.communicationPeriod, .movingRate, .exchangeOrder, .localMomentum]
    case .localSGD: [.localSteps, .postLocalFrom, .localMomentum]
    case .agn: [.localSteps]
    case .ringmaster: [.delayThreshold, .calculationStops]
    case .fedBuff: [.bufferSize, .localSteps, .stalenessExponent]
    }
  }
}

extension Hyperparameter {
  private static let workerCounts = 0...Trainer.maximumWorkers

  /// b of ``CoordinationMode/sync``.
  public static let backupWorkers = Hyperparameter(
    "backup-workers", "Workers whose gradients a round does without, the slowest ones.", .integer(workerCounts),
    default: .integer(0))
  /// K, c or B: how many gradients make an update.
  public static let gradientsToWait = Hyperparameter(
    "gradients-to-wait", "Gradients that make an update.", .integer(1...65_536),
    defaultTexts: [
      DefaultText([CoordinationMode.sync], "the workers less the backup workers"),
      DefaultText([CoordinationMode.softSync], "half the workers"),
      DefaultText([CoordinationMode.rennala], "the workers"),
    ]
  ) { .integer($0.mode == .softSync ? max(1, $0.workers / 2) : $0.workers) }
  /// Whether a worker gives an update of ``CoordinationMode/sync`` one gradient or as many as it can.
  public static let gradientsFrom = Hyperparameter(
    "gradients-from", "Whose gradients a round takes.",
    .choice([
      Choice("distinct", "one from a worker, which then waits (K-sync)"),
      Choice("any", "as many from a worker as it can give (K-batch-sync)"),
    ]), default: .choice("distinct"))
  /// n_fetch of Downpour SGD.
  public static let fetchEvery = Hyperparameter(
    "fetch-every", "Steps from pull to pull; between them a worker moves its own copy.",
    .integer(1...65_536), default: .integer(1))
  /// n_push of Downpour SGD.
  public static let pushEvery = Hyperparameter(
    "push-every", "Steps from push to push; a push is the sum of their gradients.", .integer(1...65_536),
    default: .integer(1))
  /// Epochs in which one worker trains alone.
  public static let warmStart = Hyperparameter(
    "warm-start", "Epochs, or a part of one, that the first worker trains alone.",
    .number(0...100_000), default: .number(0))
  /// The number of actors that the parameters are divided among.
  public static let serverShards = Hyperparameter(
    "server-shards", "Servers that the parameters are divided among, each with its own queue.",
    .integer(1...1024), default: .integer(1))
  /// s of ``CoordinationMode/ssp``, s_L of ``CoordinationMode/dssp``.
  public static let stalenessBound = Hyperparameter(
    "staleness-bound", "Steps that a worker may be ahead of the slowest.", .integer(0...1_000_000),
    default: .integer(3))
  /// s_U − s_L of ``CoordinationMode/dssp``.
  public static let stalenessBoundRange = Hyperparameter(
    "staleness-bound-range", "Steps that the bound may be raised by.", .integer(0...1_000_000),
    default: .integer(12))
  /// The number of locks of ``CoordinationMode/hogwild``.
  public static let lockStripes = Hyperparameter(
    "lock-stripes", "Locks that the parameters are divided among; 0 is lock-free.", .integer(0...65_536),
    default: .integer(0))
  /// τ of ``CoordinationMode/easgd``.
  public static let communicationPeriod = Hyperparameter(
    "communication-period", "Steps from exchange to exchange.", .integer(1...65_536),
    default: .integer(10))
  /// α of ``CoordinationMode/easgd``.
  public static let movingRate = Hyperparameter(
    "moving-rate", "The share of their distance that worker and center move.",
    .number(0...1), defaultText: "0.9 / workers"
  ) { .number(0.9 / Double($0.workers)) }
  /// Who may exchange.
  public static let exchangeOrder = Hyperparameter(
    "exchange-order", "Who exchanges when.",
    .choice([Choice("arrival", "each worker when it gets there"), Choice("round-robin", "one worker after another")]),
    default: .choice("arrival"))
  /// δ: momentum in a worker that trains on its own.
  public static let localMomentum = Hyperparameter(
    "local-momentum", "Nesterov momentum within a worker.", .number(0...1, excludesUpper: true),
    defaultTexts: [DefaultText([CoordinationMode.eamsgd], "0.9"), DefaultText([CoordinationMode.localSGD], "0")]
  ) { .number($0.mode == .eamsgd ? 0.9 : 0) }
  /// H, λ or Q: steps that a worker makes on its own.
  public static let localSteps = Hyperparameter(
    "local-steps", "Steps that a worker makes on its own before it pushes.",
    .integer(1...65_536), default: .integer(4))
  /// Where post-local SGD begins.
  public static let postLocalFrom = Hyperparameter(
    "post-local-from", "The share of the run before which workers are averaged after every step.",
    .number(0...1), default: .number(0))
  /// R of ``CoordinationMode/ringmaster``.
  public static let delayThreshold = Hyperparameter(
    "delay-threshold", "The delay from which a gradient is not applied.", .integer(1...1_000_000_000),
    defaultText: "twice the workers"
  ) { .integer(2 * $0.workers) }
  /// Whether calculations are interrupted whose result would be dropped.
  ///
  /// As each mode has it in its source: Ringmaster ASGD and K-sync stop them; backup workers and Rennala SGD finish them.
  public static let calculationStops = Hyperparameter(
    "calculation-stops", "What happens to a gradient under way that is too old already.",
    .choice([
      Choice("on", "its calculation is stopped and begins anew at the present parameters"),
      Choice("off", "it is finished, and dropped when it arrives"),
    ]),
    defaultTexts: [
      DefaultText([CoordinationMode.ringmaster], "on"), DefaultText([CoordinationMode.sync, .rennala], "off"),
    ]
  ) { .choice($0.mode == .ringmaster ? "on" : "off") }
  /// K of ``CoordinationMode/fedBuff``.
  public static let bufferSize = Hyperparameter(
    "buffer-size", "Buffered updates that make an update of the server.", .integer(1...65_536),
    defaultText: "half the workers"
  ) { .integer(max(1, $0.workers / 2)) }
  /// a of (1 + τ)^−a.
  public static let stalenessExponent = Hyperparameter(
    "staleness-exponent", "The exponent a of the weight (1 + staleness)^-a.", .number(0...16),
    default: .number(0.5))
}
