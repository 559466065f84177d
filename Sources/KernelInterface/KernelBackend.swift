/// One implementation of the arithmetic hot loops.
///
/// Kernels work on raw buffers: they know no tensors, start no threads, open no files and allocate nothing. Calls are
/// coarse (a whole matrix product, a whole convolution of a minibatch), so that calling through `any KernelBackend`
/// costs nothing next to the work.
///
/// **Rules that every backend keeps**, each of them tested for every backend:
/// - A kernel's result does not depend on the alignment of its buffers or on the calling thread.
/// - Buffers that are only written (`output`, `inputGradient`, …; C of a GEMM with β = 0) may hold anything before,
///   NaN included; nothing outside the named extents is read or written.
/// - Inputs and outputs do not overlap unless the method says that they may be the same buffer.
/// - NaN and infinities propagate as IEEE 754 has them; no kernel traps on a value. Only whether a weight that is not
///   finite meets the zeros of the padding, and makes a NaN of them, is left open.
/// - A size of 0 is valid and does nothing beyond clearing what would be a sum of no terms.
///
/// **Workspace.** A method that needs scratch memory takes a pointer to at least as many elements as the matching
/// `workspaceCount` says. The contents are undefined before and after. Replicas on different threads share a backend
/// value but never a workspace.
///
/// **Layout.** Every array is row-major and contiguous, and the examples of a minibatch come **last**: images are
/// `[C, H, W, N]`, the inputs and outputs of a fully connected layer `[features, N]`. A vector register then holds one
/// value of neighbouring examples, so that convolutions, poolings and losses need neither shuffles nor copies of patches,
/// whatever the extents of the images. N is the number of examples of the call, not a capacity: a shorter minibatch is a
/// shorter array. Parameters are as PyTorch has them (`[K, C, R, S]`, `[outputs, inputs]`).
///
/// **Accuracy**, tested for every backend and instruction set:
///
/// | result | error at most |
/// | --- | --- |
/// | a sum of d products: GEMM, convolution, sums | 8·ε·√d·Σ\|products\|, ε = 2⁻²³ |
/// | a convolution that ``convolutionErrorFactor(_:)`` says is transformed | that factor times more, of the plane's largest Σ\|products\| |
/// | eˣ, 1/(1 + e⁻ˣ), tanh x | 4 units in the last place |
/// | maxima, their positions, ReLU, dropout | none |
/// | a squared norm of n elements | n·2⁻⁵² of it |
/// | the rest | one or two roundings an operation, as the instruction set can fuse or not |
///
/// **Mixed precision.** `Scalar` is the type of the buffers and of every sum. A backend may round the *inputs* of products
/// to fewer bits while it copies them for the caches, as bfloat16 units want them; that needs no other signatures.
///
/// What an optimizer computes is in ``OptimizerKernels``, what an update rule computes in ``RuleKernels``.
///
/// Symbols: N images, C channels, H×W input, K filters of R×S, P×Q output.
public protocol KernelBackend<Scalar>: OptimizerKernels, RuleKernels {
  /// The name that `--kernels` takes.
  var name: String { get }

  /// The instruction set that the code was compiled for, such as `sse2` or `avx512`; part of a run's description,
  /// because results are bit-identical only within one.
  var instructionSet: String { get }

  // MARK: Matrix product

  /// Returns how many elements of workspace ``gemm(_:alpha:a:b:beta:c:epilogue:workspace:)`` needs.
  func workspaceCount(for problem: GEMM) -> Int

  /// Computes C ← f(α·op(A)·op(B) + β·C + bias).
  ///
  /// β = 0 means that C is overwritten and never read. `epilogue` adds a bias and applies an activation f while the
  /// result is still in registers; `nil` does neither.
  func gemm(
    _ problem: GEMM, alpha: Scalar, a: UnsafePointer<Scalar>, b: UnsafePointer<Scalar>, beta: Scalar,
    c: UnsafeMutablePointer<Scalar>, epilogue: Epilogue<Scalar>?, workspace: UnsafeMutablePointer<Scalar>)

  // MARK: Convolution

  /// Returns how much larger the error of a convolution may be than that of its sums, in any of the three passes.
  ///
  /// It is 1 where the formula is summed up as it stands, and more where the problem is transformed first (Winograd), to
  /// save multiplications. A transformed convolution computes neighbouring results from the same intermediate ones: its
  /// error is relative to the largest Σ|products| of a plane, and NaN and infinities spread in it. A plane is the results
  /// of one image and filter; in an input gradient those of one image and channel, in a weight gradient one filter's of
  /// one channel.
  func convolutionErrorFactor(_ geometry: ConvolutionGeometry) -> Double

  /// Returns how many elements of workspace each of the three convolution passes may use on up to `images` images.
  func workspaceCount(for geometry: ConvolutionGeometry, images: Int) -> Int

  /// Computes the cross-correlation of a minibatch, with bias and activation:
  ///
  ///     y[k,p,q,n] = f(b[k] + Σ_{c,r,s} w[k,c,r,s] · x[c, p·stride + r − padding, q·stride + s − padding, n])
  ///
  /// - Parameters:
  ///   - geometry: All extents.
  ///   - images: N, the number of images.
  ///   - input: x, `[C, H, W, N]`; reads as zero outside its bounds.
  ///   - weights: w, `[K, C, R, S]`.
  ///   - bias: b, `[K]`, or `nil` for none.
  ///   - activation: f.
  ///   - output: y, `[K, P, Q, N]`, overwritten.
  ///   - workspace: ``workspaceCount(for:images:)`` elements.
  func convolutionForward(
    _ geometry: ConvolutionGeometry, images: Int, input: UnsafePointer<Scalar>, weights: UnsafePointer<Scalar>,
    bias: UnsafePointer<Scalar>?, activation: Activation, output: UnsafeMutablePointer<Scalar>,
    workspace: UnsafeMutablePointer<Scalar>)

  /// Computes ∂L/∂x from ∂L/∂y (without the activation) of a convolution.
  ///
  /// - Parameters:
  ///   - geometry: All extents.
  ///   - images: N, the number of images.
  ///   - outputGradient: ∂L/∂y, `[K, P, Q, N]`.
  ///   - weights: w, `[K, C, R, S]`.
  ///   - inputGradient: ∂L/∂x, `[C, H, W, N]`, overwritten.
  ///   - workspace: ``workspaceCount(for:images:)`` elements.
  func convolutionBackwardData(
    _ geometry: ConvolutionGeometry, images: Int, outputGradient: UnsafePointer<Scalar>,
    weights: UnsafePointer<Scalar>, inputGradient: UnsafeMutablePointer<Scalar>,
    workspace: UnsafeMutablePointer<Scalar>)

  /// Computes ∂L/∂w and ∂L/∂b, summed over the minibatch, from ∂L/∂y (without the activation) of a convolution.
  ///
  /// - Parameters:
  ///   - geometry: All extents.
  ///   - images: N, the number of images.
  ///   - input: x, `[C, H, W, N]`.
  ///   - outputGradient: ∂L/∂y, `[K, P, Q, N]`.
  ///   - weightGradient: ∂L/∂w, `[K, C, R, S]`, overwritten.
  ///   - biasGradient: ∂L/∂b, `[K]`, overwritten; `nil` if the convolution has no bias.
  ///   - workspace: ``workspaceCount(for:images:)`` elements.
  func convolutionBackwardWeights(
    _ geometry: ConvolutionGeometry, images: Int, input: UnsafePointer<Scalar>,
    outputGradient: UnsafePointer<Scalar>, weightGradient: UnsafeMutablePointer<Scalar>,
    biasGradient: UnsafeMutablePointer<Scalar>?, workspace: UnsafeMutablePointer<Scalar>)

  // MARK: Pooling

  /// Computes the maximum of each window, and where it was.
  ///
  /// A NaN in the window is its maximum. Among equal values the first in row-major order wins.
  ///
  /// - Parameters:
  ///   - geometry: All extents.
  ///   - images: N, the number of images.
  ///   - input: `[C, H, W, N]`.
  ///   - output: `[C, P, Q, N]`, overwritten.
  ///   - argmax: `[C, P, Q, N]`, overwritten with the position r·window + s of the maximum inside its window.
  func maxPoolForward(
    _ geometry: PoolingGeometry, images: Int, input: UnsafePointer<Scalar>, output: UnsafeMutablePointer<Scalar>,
    argmax: UnsafeMutablePointer<UInt8>)

  /// Sends each output gradient to the input element that was the maximum; overlapping windows add up.
  ///
  /// Where a rectifier came before the pooling, its derivative can be applied in the same pass: the maximum of a window
  /// was let through exactly if the pooled output is positive, or NaN.
  ///
  /// - Parameters:
  ///   - geometry: All extents.
  ///   - images: N, the number of images.
  ///   - outputGradient: `[C, P, Q, N]`.
  ///   - argmax: As ``maxPoolForward(_:images:input:output:argmax:)`` wrote it.
  ///   - rectifiedOutput: The pooling's output, if its input was a rectifier's output whose derivative is to be applied
  ///     too; `nil` otherwise.
  ///   - inputGradient: `[C, H, W, N]`, overwritten.
  func maxPoolBackward(
    _ geometry: PoolingGeometry, images: Int, outputGradient: UnsafePointer<Scalar>, argmax: UnsafePointer<UInt8>,
    rectifiedOutput: UnsafePointer<Scalar>?, inputGradient: UnsafeMutablePointer<Scalar>)

  // MARK: Activations and loss

  /// Computes output ← f(input) elementwise; `output` may be `input`.
  func activationForward(
    _ activation: Activation, count: Int, input: UnsafePointer<Scalar>, output: UnsafeMutablePointer<Scalar>)

  /// Computes inputGradient ← outputGradient · f′, with f′ taken from the *output* of the activation.
  ///
  /// `inputGradient` may be `outputGradient`.
  func activationBackward(
    _ activation: Activation, count: Int, output: UnsafePointer<Scalar>, outputGradient: UnsafePointer<Scalar>,
    inputGradient: UnsafeMutablePointer<Scalar>)

  /// Computes the cross-entropy of the softmax of each example, in nats, and its gradient with respect to the logits.
  ///
  ///     loss[i] = log Σ_j exp(z[j,i]) − z[label[i],i]
  ///     gradient[j,i] = gradientScale · (softmax(z[:,i])[j] − [j = label[i]])
  ///
  /// The logits of an example are shifted by their maximum first, so that no finite logit overflows. An example counts as
  /// correct if its first largest logit is the label's; one with a logit that is NaN is never correct, and its loss is NaN.
  ///
  /// - Parameters:
  ///   - examples: N, the number of examples.
  ///   - classes: The number of logits of an example, at least 1.
  ///   - logits: z, `[classes, N]`.
  ///   - labels: `[N]`, each in `0..<classes`.
  ///   - gradientScale: 1/N for the gradient of the minibatch mean.
  ///   - gradient: `[classes, N]`, overwritten; may be `logits`; `nil` to compute the loss alone.
  /// - Returns: The loss summed over the examples, and the number of correct ones.
  func softmaxCrossEntropy(
    examples: Int, classes: Int, logits: UnsafePointer<Scalar>, labels: UnsafePointer<Int32>, gradientScale: Scalar,
    gradient: UnsafeMutablePointer<Scalar>?
  ) -> ClassificationSums

  // MARK: Sums and products

  /// Computes output[i] ← Σ_j matrix[i,j] for a `[rows, columns]` matrix: the gradient of a bias.
  func sumColumns(
    rows: Int, columns: Int, matrix: UnsafePointer<Scalar>, output: UnsafeMutablePointer<Scalar>)

  /// Computes output[u,i,j] ← factors[u,j] · input[u,i,j]: dropout of whole units (values or channels) of each example.
  ///
  /// - Parameters:
  ///   - units: The number of units of an example.
  ///   - unitSize: The number of values of a unit.
  ///   - examples: N, the number of examples.
  ///   - factors: `[units, N]`.
  ///   - input: `[units, unitSize, N]`.
  ///   - output: `[units, unitSize, N]`, overwritten; may be `input`.
  func scaleUnits(
    units: Int, unitSize: Int, examples: Int, factors: UnsafePointer<Scalar>, input: UnsafePointer<Scalar>,
    output: UnsafeMutablePointer<Scalar>)

  /// Computes y ← α·x + β·y; β = 0 means that y is overwritten and never read. `x` may be `y`.
  func scaledSum(
    count: Int, alpha: Scalar, x: UnsafePointer<Scalar>, beta: Scalar, y: UnsafeMutablePointer<Scalar>)

  /// Returns the index of the first element that is infinite or NaN, or `nil` if all are finite.
  func firstNonFinite(count: Int, values: UnsafePointer<Scalar>) -> Int?
}
