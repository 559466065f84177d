internal import Kernels

/// The backends that are compared in one run.
enum BackendSelection {
  /// Makes the backends that the options name, each once.
  ///
  /// - Throws: ``KernelBackendError`` if one cannot be used on this machine.
  static func make(_ options: CommonOptions) throws(KernelBackendError) -> [any KernelBackend<Float>] {
    let instructionSets = options.instructionSets?.compactMap(InstructionSet.init) ?? [InstructionSet.supported[0]]
    var backends: [any KernelBackend<Float>] = []
    for name in options.kernels {
      for instructionSet in instructionSets {
        let backend = try KernelBackends.make(named: name, instructionSet: instructionSet)
        if !backends.contains(where: { $0.label == backend.label }) { backends.append(backend) }
      }
    }
    return backends
  }
}

extension KernelBackend {
  /// The name and the instruction set, such as `simd avx512`.
  var label: String { "\(name) \(instructionSet)" }
}

extension BenchmarkRecord {
  /// Returns the record for one backend.
  func on(_ backend: any KernelBackend<Float>) -> BenchmarkRecord {
    var record = self
    record.backend = backend.name
    record.instructionSet = backend.instructionSet
    return record
  }
}
