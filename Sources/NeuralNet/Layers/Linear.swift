public import Kernels
internal import Randomness

/// A fully connected layer with a bias and an activation.
///
///     y[j,n] = f(b[j] + Σ_i w[j,i] · x[i,n])
///
/// | Value              | Shape               |
/// | ------------------ | ------------------- |
/// | input              | `[inputs, N]`       |
/// | parameter `weight` | `[outputs, inputs]` |
/// | parameter `bias`   | `[outputs]`         |
/// | output             | `[outputs, N]`      |
public struct Linear: Layer {
  /// The number of outputs.
  public let outputs: Int
  /// f.
  public let activation: Activation

  /// Creates a layer.
  ///
  /// - Parameters:
  ///   - outputs: The number of outputs, at least 1.
  ///   - activation: f, computed together with the product.
  public init(_ outputs: Int, activation: Activation = .identity) {
    precondition(outputs >= 1, "a linear layer must have at least 1 output, but has \(outputs)")
    self.outputs = outputs
    self.activation = activation
  }

  /// The hyperparameters: `120, relu`.
  public var summary: String {
    activation == .identity ? "\(outputs)" : "\(outputs), \(activation.rawValue)"
  }

  /// Returns the layer for `input.count` inputs.
  ///
  /// - Throws: ``ShapeError`` if `input` is not flat; ``Flatten`` makes it so.
  public func shaped(for input: Shape) throws(ShapeError) -> any ShapedLayer {
    guard input.dimensions.count == 1 else { throw ShapeError(.needsFlatInput, input: input) }
    return ShapedLinear(inputs: input.count, outputs: outputs, activation: activation)
  }
}

private struct ShapedLinear: ShapedLayer {
  let inputs: Int
  let outputs: Int
  let activation: Activation

  var outputShape: Shape { [outputs] }

  var parameters: [ParameterDescriptor] {
    let initializer = WeightInitializer.uniformFanIn(inputs)
    return [
      ParameterDescriptor(name: "weight", shape: [outputs, inputs], initializer: initializer),
      ParameterDescriptor(name: "bias", shape: [outputs], initializer: initializer),
    ]
  }

  func compile<Scalar: KernelScalar>(
    capacity: Int, backend: any KernelBackend<Scalar>
  ) -> (any CompiledLayer<Scalar>)? {
    CompiledLinear(
      inputs: inputs, outputs: outputs, activation: activation, capacity: capacity, backend: backend)
  }
}

private struct CompiledLinear<Scalar: KernelScalar>: CompiledLayer {
  let inputs: Int
  let outputs: Int
  let activation: Activation
  let capacity: Int
  let backend: any KernelBackend<Scalar>

  /// A backend may choose another algorithm for fewer examples, so every number of them is asked for.
  var memoryNeeds: MemoryNeeds {
    var workspace = 0
    for examples in 1...capacity {
      for problem in [
        outputProblem(examples: examples), weightGradientProblem(examples: examples),
        inputGradientProblem(examples: examples),
      ] {
        workspace = max(workspace, backend.workspaceCount(for: problem))
      }
    }
    return MemoryNeeds(workspace: workspace)
  }

  func forward(_ pass: ForwardPass<Scalar>, random: inout RandomStream) {
    backend.gemm(
      outputProblem(examples: pass.examples), alpha: 1, a: pass.parameters, b: pass.input, beta: 0, c: pass.output,
      epilogue: Epilogue(bias: pass.parameters + outputs * inputs, along: .rows, activation: activation),
      workspace: pass.memory.workspace)
  }

  func visitActivations(_ pass: ForwardPass<Scalar>, _ visit: ([String], ActivationOutput<Scalar>) -> Void) {
    guard activation != .identity else { return }
    visit([], ActivationOutput(activation, units: outputs, valuesPerUnit: pass.examples, values: pass.output))
  }

  func backward(_ pass: BackwardPass<Scalar>) {
    if activation != .identity {
      backend.activationBackward(
        activation, count: pass.examples * outputs, output: pass.output, outputGradient: pass.outputGradient,
        inputGradient: pass.outputGradient)
    }
    backend.gemm(
      weightGradientProblem(examples: pass.examples), alpha: 1, a: pass.outputGradient, b: pass.input, beta: 0,
      c: pass.parameterGradient, epilogue: nil, workspace: pass.memory.workspace)
    backend.sumColumns(
      rows: outputs, columns: pass.examples, matrix: pass.outputGradient,
      output: pass.parameterGradient + outputs * inputs)
    if let inputGradient = pass.inputGradient {
      backend.gemm(
        inputGradientProblem(examples: pass.examples), alpha: 1, a: pass.parameters, b: pass.outputGradient, beta: 0,
        c: inputGradient, epilogue: nil, workspace: pass.memory.workspace)
    }
  }

  /// Y = W · X.
  private func outputProblem(examples: Int) -> GEMM {
    GEMM(m: outputs, n: examples, k: inputs)
  }

  /// ∂L/∂W = ∂L/∂Y · Xᵀ.
  private func weightGradientProblem(examples: Int) -> GEMM {
    GEMM(m: outputs, n: inputs, k: examples, transposeB: true)
  }

  /// ∂L/∂X = Wᵀ · ∂L/∂Y.
  private func inputGradientProblem(examples: Int) -> GEMM {
    GEMM(m: inputs, n: examples, k: outputs, transposeA: true)
  }
}
