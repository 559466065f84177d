/// One line of results: what was measured, and its figures.
struct BenchmarkRecord: Hashable, Sendable {
  /// The kinds of benchmarks.
  enum Kind: String, CaseIterable, Sendable {
    /// What the machine can do at most.
    case limit
    /// A matrix product.
    case gemm
    /// A convolution.
    case conv2d
    /// A max pooling.
    case pooling
    /// An elementwise nonlinearity.
    case activation
    /// Softmax cross-entropy.
    case softmax
    /// The optimizer's step.
    case update
    /// The parameter server.
    case server
    /// Training a model.
    case training
  }

  /// Which way through a layer.
  enum Pass: String, CaseIterable, Sendable {
    /// The output from the input.
    case forward
    /// The gradient of the input.
    case data
    /// The gradient of the weights.
    case weights
    /// All of them.
    case both = "forward+backward"
  }

  /// What is measured, as the JSON calls it.
  enum Quantity: String, CaseIterable, Sendable {
    /// Billions of floating-point operations a second.
    case gflops
    /// These, relative to multiplications and additions in registers on as many cores, in percent.
    case percentOfPeak
    /// Billions of bytes read and written a second.
    case gigabytesPerSecond
    /// These, relative to a triad over as many bytes, in percent.
    case percentOfStream
    /// Examples a second.
    case examplesPerSecond
    /// Pushes or pulls a second, of all workers.
    case operationsPerSecond
    /// Microseconds a call.
    case microseconds
    /// Microseconds that 99 of 100 calls do not exceed.
    case microsecondsP99
    /// The time beyond that of a loop without a server, in percent of the latter.
    case percentOverhead
    /// The time relative to that of plain SGD, as a factor.
    case timesPlainSGD
    /// Examples a second relative to one worker's times the cores that the workers can use, in percent.
    case percentOfLinear
    /// Time on a core in matrix products, in percent of the time of the cores that the workers can use; so are all that
    /// follow.
    case percentInMatrixProducts
    /// Time in convolutions.
    case percentInConvolutions
    /// Time in poolings.
    case percentInPooling
    /// Time in activations, apart from those inside products and convolutions.
    case percentInActivations
    /// Time in the loss.
    case percentInLoss
    /// Time in all other kernels of the replicas: sums, dropout.
    case percentInOtherKernels
    /// Time in the optimizer's step, on the server.
    case percentInUpdates
    /// Time in the server, apart from the steps.
    case percentInServer
    /// Time gathering minibatches.
    case percentInData
    /// Time in the replicas outside of kernels.
    case percentInLayers
    /// Time not spent on a core: waiting for the server, or for a core that others use.
    case percentWaiting
    /// Time of pushes not spent on a core, in percent of the time of all workers.
    case percentBlocked
    /// The largest resident set of the process, in bytes.
    case peakMemoryBytes
  }

  /// The kind of benchmark.
  var benchmark: Kind
  /// The problem, such as `1024x1024x1024`.
  var name: String
  /// The way through the layer.
  var pass: Pass?
  /// The name of the kernels.
  var backend: String?
  /// The instruction set of the code.
  var instructionSet: String?
  /// The model that the problem comes from, or that is trained.
  var model: String?
  /// Worker threads.
  var workers: Int?
  /// Examples in a minibatch.
  var batchSize: Int?
  /// Parameters of the model, or on the server.
  var parameters: Int?
  /// Zeros on each side of a convolution's images.
  var padding: Int?
  /// The figures.
  var figures: [Quantity: Figure] = [:]

  /// Creates a record without figures.
  init(_ benchmark: Kind, _ name: String, pass: Pass? = nil) {
    self.benchmark = benchmark
    self.name = name
    self.pass = pass
  }
}
