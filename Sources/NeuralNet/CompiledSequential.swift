internal import Kernels
internal import Randomness

/// A chain of layers that computes.
///
/// **Memory.** Each value between two layers has a place of its own, because the backward pass reads it. Their gradients
/// alternate between two places: a layer reads one and writes the other. All layers share one workspace. A layer that
/// only reshapes does not appear: its neighbours meet in one place.
///
///     kept:      value 0 | value 1 | … | kept of layer 0 | kept of layer 1 | …
///     workspace: gradients, even | gradients, odd | the largest workspace of a layer
struct CompiledSequential<Scalar: KernelScalar>: CompiledLayer {
  /// A layer and the offsets of what belongs to it.
  struct Step {
    let name: String
    var layer: any CompiledLayer<Scalar>
    /// The first of its parameters in the chain's.
    let parameterOffset: Int
    let hasParameters: Bool
    /// Its input in the chain's kept scalars, or `nil` for the chain's own input.
    var inputOffset: Int?
    /// Its output in the chain's kept scalars, or `nil` for the chain's own output.
    var outputOffset: Int?
    var keptOffset = 0
    var keptBytesOffset = 0
  }

  let steps: [Step]
  let memoryNeeds: MemoryNeeds
  /// The first layer that has parameters, or `steps.endIndex`.
  let firstTrainable: Int
  /// The two places of gradients, in the workspace.
  let gradientOffsets: (even: Int, odd: Int)
  /// Where the layers' own workspace begins.
  let workspaceOffset: Int

  func forward(_ pass: ForwardPass<Scalar>, random: inout RandomStream) {
    for index in steps.indices {
      let step = steps[index]
      step.layer.forward(self.pass(pass, through: step), random: &random)
    }
  }

  func visitActivations(_ pass: ForwardPass<Scalar>, _ visit: ([String], ActivationOutput<Scalar>) -> Void) {
    for step in steps {
      step.layer.visitActivations(self.pass(pass, through: step)) { visit([step.name] + $0, $1) }
    }
  }

  func backward(_ pass: BackwardPass<Scalar>) {
    let lowest = pass.inputGradient == nil ? firstTrainable : steps.startIndex
    var outputGradient = pass.outputGradient
    for index in stride(from: steps.endIndex - 1, through: lowest, by: -1) {
      let step = steps[index]
      let inputGradient =
        index == steps.startIndex
        ? pass.inputGradient
        : index == lowest
          ? nil
          : pass.memory.workspace + (index.isMultiple(of: 2) ? gradientOffsets.even : gradientOffsets.odd)
      step.layer.backward(
        BackwardPass(
          examples: pass.examples, parameters: pass.parameters + step.parameterOffset,
          input: step.inputOffset.map { UnsafePointer(pass.memory.kept + $0) } ?? pass.input,
          output: step.outputOffset.map { UnsafePointer(pass.memory.kept + $0) } ?? pass.output,
          outputGradient: outputGradient, inputGradient: inputGradient,
          parameterGradient: pass.parameterGradient + step.parameterOffset,
          memory: memory(of: step, in: pass.memory)))
      if let inputGradient { outputGradient = inputGradient }
    }
  }

  /// The part of a forward pass that goes through one layer.
  private func pass(_ pass: ForwardPass<Scalar>, through step: Step) -> ForwardPass<Scalar> {
    ForwardPass(
      examples: pass.examples, isTraining: pass.isTraining, parameters: pass.parameters + step.parameterOffset,
      input: step.inputOffset.map { UnsafePointer(pass.memory.kept + $0) } ?? pass.input,
      output: step.outputOffset.map { pass.memory.kept + $0 } ?? pass.output,
      memory: memory(of: step, in: pass.memory))
  }

  private func memory(of step: Step, in memory: LayerMemory<Scalar>) -> LayerMemory<Scalar> {
    LayerMemory(
      kept: memory.kept + step.keptOffset, keptBytes: memory.keptBytes + step.keptBytesOffset,
      workspace: memory.workspace + workspaceOffset)
  }
}

extension CompiledSequential {
  /// Lays out a chain, layer by layer.
  struct Builder {
    private let capacity: Int
    private var steps: [Step] = []
    /// The number of values of one example at each step's output.
    private var outputCounts: [Int] = []
    private var parameterCount = 0

    init(capacity: Int) {
      self.capacity = capacity
    }

    /// Adds a layer; `nil` is one that only reshapes.
    mutating func append(
      _ layer: (any CompiledLayer<Scalar>)?, name: String, parameterCount: Int, outputCount: Int
    ) {
      precondition(layer != nil || parameterCount == 0, "a layer with parameters must be compiled")
      guard var layer else { return }
      if let previous = steps.indices.last, let before = steps[previous].layer.leavingRectifierToNext,
        let after = layer.takingRectifierFromPrevious
      {
        steps[previous].layer = before
        layer = after
      }
      steps.append(
        Step(
          name: name, layer: layer, parameterOffset: self.parameterCount, hasParameters: parameterCount > 0))
      outputCounts.append(outputCount)
      self.parameterCount += parameterCount
    }

    /// Returns the chain, or `nil` if all layers only reshape.
    consuming func build() -> CompiledSequential? {
      guard !steps.isEmpty else { return nil }
      var kept = 0
      var keptBytes = 0
      var workspace = 0
      /// The sizes of the two places of gradients; the gradient of step `i`'s input goes to place `i mod 2`.
      var gradientCounts = [0, 0]

      for index in steps.indices.dropFirst() {
        let count = aligned(capacity * outputCounts[index - 1], of: Scalar.self)
        gradientCounts[index % 2] = max(gradientCounts[index % 2], count)
        steps[index - 1].outputOffset = kept
        steps[index].inputOffset = kept
        kept += count
      }
      for index in steps.indices {
        let needs = steps[index].layer.memoryNeeds
        steps[index].keptOffset = kept
        steps[index].keptBytesOffset = keptBytes
        kept += aligned(needs.kept, of: Scalar.self)
        keptBytes += aligned(needs.keptBytes, of: UInt8.self)
        workspace = max(workspace, needs.workspace)
      }

      let gradientCount = gradientCounts[0] + gradientCounts[1]
      return CompiledSequential(
        steps: steps,
        memoryNeeds: MemoryNeeds(kept: kept, keptBytes: keptBytes, workspace: gradientCount + workspace),
        firstTrainable: steps.firstIndex(where: \.hasParameters) ?? steps.endIndex,
        gradientOffsets: (even: 0, odd: gradientCounts[0]), workspaceOffset: gradientCount)
    }
  }
}
