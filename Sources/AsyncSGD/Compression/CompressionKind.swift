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
    case .qsgd: "each element rounded at random to one of s levels, and one norm a tensor"
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
  public var hyperparameters: [Hyperparameter] { [] }
}
