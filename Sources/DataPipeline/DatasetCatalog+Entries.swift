// What is known of each data set. Datasets/README.md tells a user the same, with sources and licences.

extension DatasetCatalog {
  private static let grey28 = ImageShape(channels: 1, height: 28, width: 28)
  private static let numerals = (0...9).map(String.init)

  static let digits = Entry(
    name: "digits",
    summary: "embedded: 12,000 + 2,000 digits drawn from strokes, 1×28×28, 10 classes",
    shape: grey28,
    classNames: numerals,
    isEmbedded: true,
    source: .strokes,
    normalization: SyntheticDigits.normalization)

  static let mnist = Entry(
    name: "mnist",
    summary: "MNIST: 60,000 + 10,000 handwritten digits, 1×28×28, 10 classes",
    shape: grey28,
    classNames: numerals,
    isEmbedded: false,
    source: .idx(
      IDXLayout(
        training: "train", test: "t10k", labelRange: 0...9, isTransposed: false, remedy: fetchRemedy("mnist"))),
    normalization: Normalization(mean: [0.1307], deviation: [0.3081]))

  static let fashionMNIST = Entry(
    name: "fashion-mnist",
    summary: "Fashion-MNIST: 60,000 + 10,000 pieces of clothing, 1×28×28, 10 classes",
    shape: grey28,
    classNames: [
      "T-shirt/top", "Trouser", "Pullover", "Dress", "Coat", "Sandal", "Shirt", "Sneaker", "Bag", "Ankle boot",
    ],
    isEmbedded: false,
    source: .idx(
      IDXLayout(
        training: "train", test: "t10k", labelRange: 0...9, isTransposed: false,
        remedy: fetchRemedy("fashion-mnist"))),
    normalization: Normalization(mean: [0.2860], deviation: [0.3530]))

  static let emnistLetters = Entry(
    name: "emnist-letters",
    summary: "EMNIST Letters: 124,800 + 20,800 handwritten letters, 1×28×28, 26 classes",
    shape: grey28,
    classNames: (UInt8(ascii: "a")...UInt8(ascii: "z")).map { String(UnicodeScalar($0)) },
    isEmbedded: false,
    source: .idx(
      IDXLayout(
        training: "emnist-letters-train", test: "emnist-letters-test", labelRange: 1...26, isTransposed: true,
        remedy: "It must be got by hand: Datasets/README.md, section emnist-letters, says from where.")),
    normalization: nil)

  static let cifar10 = Entry(
    name: "cifar10",
    summary: "CIFAR-10: 50,000 + 10,000 photographs, 3×32×32, 10 classes",
    shape: CIFARDecoder.shape,
    classNames: ["airplane", "automobile", "bird", "cat", "deer", "dog", "frog", "horse", "ship", "truck"],
    isEmbedded: false,
    source: .cifar,
    normalization: Normalization(mean: [0.4914, 0.4822, 0.4465], deviation: [0.2470, 0.2435, 0.2616]))
}
