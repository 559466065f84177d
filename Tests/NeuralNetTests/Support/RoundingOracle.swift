import Kernels
import NeuralNet
import Randomness
import TestSupport

/// Logits, loss and gradient of a problem in Double, and how far rounding in Float may move them.
///
/// A sum of d rounded products is the exact sum of factors that are off by about √d·ε each. So the oracle moves every
/// parameter and every input by that much at random, several times, and takes the largest effect, eight times, as the
/// tolerance: four for the tail of the rounding errors, two for the backward pass, which rounds as much again.
///
/// Sources: Higham & Mary, "A New Approach to Probabilistic Rounding Error Analysis", SISC 2019,
/// <https://doi.org/10.1137/18M1226312>.
struct RoundingOracle {
  /// The tolerance of every logit at evaluation.
  let logitTolerance: Double
  /// The summed loss of training.
  let loss: Double
  let lossTolerance: Double
  let gradient: [Double]
  /// The tolerance of ``distance(_:in:)`` for each tensor of the layout.
  let gradientTolerances: [Double]

  init(_ problem: ModelProblem, examples: Int, random: RandomStream) {
    let harness = ModelHarness(problem.model, capacity: examples, backend: ReferenceBackend<Double>())
    func run(_ problem: ModelProblem) -> (logits: [Double], loss: Double, gradient: [Double]) {
      harness.load(problem, examples: 0..<examples)
      let logits = harness.logits(examples: examples)
      let loss = harness.computeGradient(examples: examples, random: random).loss
      return (logits, loss, harness.gradient.values)
    }
    let exact = run(problem)
    var largestLogitDeviation = 0.0
    var largestLossDeviation = 0.0
    var largestDistances = Array(repeating: 0.0, count: problem.model.layout.entries.count)
    var noise = RandomStream(testCase: 11)
    for _ in 0..<4 {
      var moved = problem
      let relative = Self.relativeRounding(of: problem.model)
      moved.parameters = moved.parameters.map { $0 * (1 + relative * Double(noise.uniform(in: -1...1))) }
      moved.images = moved.images.map { $0 * (1 + relative * Double(noise.uniform(in: -1...1))) }
      let other = run(moved)
      for (logit, exactLogit) in zip(other.logits, exact.logits) {
        largestLogitDeviation = max(largestLogitDeviation, abs(logit - exactLogit))
      }
      largestLossDeviation = max(largestLossDeviation, abs(other.loss - exact.loss))
      for (index, entry) in problem.model.layout.entries.enumerated() {
        largestDistances[index] = max(
          largestDistances[index], Self.distance(other.gradient, exact.gradient, in: entry.range))
      }
    }
    loss = exact.loss
    gradient = exact.gradient
    logitTolerance = 8 * largestLogitDeviation
    lossTolerance = 8 * largestLossDeviation
    gradientTolerances = largestDistances.map { 8 * $0 }
  }

  /// Returns the Euclidean distance between `other` and the exact gradient in the elements of `range`.
  func distance(_ other: [Double], in range: Range<Int>) -> Double {
    Self.distance(other, gradient, in: range)
  }

  private static func distance(_ one: [Double], _ other: [Double], in range: Range<Int>) -> Double {
    zip(one[range], other[range]).reduce(0) { $0 + ($1.0 - $1.1) * ($1.0 - $1.1) }.squareRoot()
  }

  /// Returns √d·ε, with d the longest sum of the model's forward pass.
  static func relativeRounding(of model: ShapedModel) -> Double {
    let depth = model.layout.entries.map { $0.shape.dropFirst().reduce(1, *) }.max() ?? 1
    return Double(depth).squareRoot() * Double(Float.ulpOfOne)
  }
}
