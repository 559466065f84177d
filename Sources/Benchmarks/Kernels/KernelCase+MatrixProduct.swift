internal import Kernels

extension KernelCase {
  /// Square products, from what the nearest cache holds to what none does.
  static func squareProducts(upTo largest: Int) -> [KernelCase] {
    [64, 128, 256, 512, 1024, 2048].filter { $0 <= largest }.map { size in
      let record = BenchmarkRecord(.gemm, "\(size)x\(size)x\(size)", pass: .forward)
      return product(GEMM(m: size, n: size, k: size), record)
    }
  }

  /// One register tile over operands that stay in the nearest cache: what the loops around it could reach at best.
  static func microkernel(_ instructionSet: InstructionSet) -> KernelCase {
    let (rows, columns) =
      switch instructionSet {
      case .avx512: (14, 32)
      case .neon: (14, 8)
      case .avx2: (6, 16)
      case .sse2, .generic: (6, 8)
      }
    return product(GEMM(m: rows, n: columns, k: 256), BenchmarkRecord(.gemm, "microkernel", pass: .forward))
  }

  /// The products of the fully connected layers of our models: outputs [K, N] = weights [K, C] · inputs [C, N], and the
  /// two gradients.
  static func layerProducts(_ layers: [LayerShapes.Linear], examples: Int) -> [KernelCase] {
    layers.flatMap { layer in
      let (inputs, outputs) = (layer.inputs, layer.outputs)
      return [
        (BenchmarkRecord.Pass.forward, GEMM(m: outputs, n: examples, k: inputs)),
        (.data, GEMM(m: inputs, n: examples, k: outputs, transposeA: true)),
        (.weights, GEMM(m: outputs, n: inputs, k: examples, transposeB: true)),
      ].map { pass, problem in
        var record = BenchmarkRecord(.gemm, "\(problem.m)x\(problem.n)x\(problem.k)", pass: pass)
        record.model = layer.model
        record.batchSize = examples
        return product(problem, record)
      }
    }
  }

  private static func product(_ problem: GEMM, _ record: BenchmarkRecord) -> KernelCase {
    let (m, n, k) = (problem.m, problem.n, problem.k)
    return KernelCase(record, operations: OperationCount.product(m: m, n: n, k: k)) {
      let (a, b, c) = (FloatBuffer(m * k), FloatBuffer(k * n), FloatBuffer(m * n))
      return { backend in
        let workspace = FloatBuffer(backend.workspaceCount(for: problem))
        return { calls in
          for _ in 0..<calls {
            backend.gemm(
              problem, alpha: 1, a: a.input, b: b.input, beta: 0, c: c.values, epilogue: nil,
              workspace: workspace.values)
          }
        }
      }
    }
  }
}
