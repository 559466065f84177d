import Kernels
import Testing

/// Each test registers in a process of its own, so that no other test sees the list change.
@Suite("Registration of backends")
struct RegistrationTests {
  @Test("a registered backend is in the list before the reference, is found by name, and computes")
  func registration() async {
    await #expect(processExitsWith: .success) {
      let names = KernelBackends.names
      try KernelBackends.register(entry("mine"))
      try KernelBackends.register(entry("other"))
      #expect(KernelBackends.names == names.dropLast() + ["mine", "other", "reference"])

      let kernels = try KernelBackends.make(named: "mine")
      var c: [Float] = [.nan, .nan]
      var workspace: Float = 0
      kernels.gemm(
        GEMM(m: 1, n: 2, k: 2), alpha: 1, a: [1, 2], b: [3, 4, 5, 6], beta: 0, c: &c, epilogue: nil,
        workspace: &workspace)
      #expect(c == [13, 16])
      #expect(try KernelBackends.make().name == "simd", "auto means ours")
    }
  }

  @Test("a name that is empty or taken is refused, and nothing changes")
  func refusals() async {
    await #expect(processExitsWith: .success) {
      try KernelBackends.register(entry("mine"))
      let names = KernelBackends.names
      for name in names {
        #expect(throws: KernelBackendError.refusedName(name, reason: "the name is taken")) {
          try KernelBackends.register(entry(name))
        }
      }
      let empty = KernelBackendError.refusedName("", reason: "a name must not be empty")
      #expect(throws: empty) { try KernelBackends.register(entry("")) }
      #expect(empty.description == "no kernels can be named '', because a name must not be empty")
      #expect(KernelBackends.names == names)
    }
  }

  @Test("of many threads that register at once, each succeeds, and of those with the same name one")
  func concurrency() async {
    await #expect(processExitsWith: .success) {
      let count = KernelBackends.all.count
      let successes = await withTaskGroup(of: Bool.self) { group in
        for index in 0..<200 {
          group.addTask { (try? KernelBackends.register(entry("mine \(index % 100)"))) != nil }
        }
        return await group.reduce(0) { $0 + ($1 ? 1 : 0) }
      }
      #expect(successes == 100)
      #expect(KernelBackends.all.count == count + 100)
      #expect(Set(KernelBackends.names).count == KernelBackends.names.count)
    }
  }

  @Test("an entry says whether it can be used, and passes on an instruction set only if it takes one")
  func entries() throws {
    #expect(entry("mine").availability == .usable(detail: nil))
    let detailed = KernelBackends.Entry(
      name: "mine", summary: "", detail: { () throws(KernelBackendError) in "with a detail" },
      make: { _ in ReferenceBackend<Float>() })
    #expect(detailed.availability == .usable(detail: "with a detail"))

    let absent = KernelBackendError.unavailable(name: "mine", reason: "it is not there")
    let unusable = KernelBackends.Entry(name: "mine", summary: "") { _ throws(KernelBackendError) in throw absent }
    #expect(unusable.availability == .unusable(reason: "it is not there"))
    #expect(throws: absent) { try unusable.make() }

    let narrowest = try #require(InstructionSet.supported.last)
    let levels = KernelBackends.Entry(name: "mine", summary: "", takesInstructionSet: true) {
      (instructionSet) throws(KernelBackendError) in
      try KernelBackends.make(named: "simd", instructionSet: instructionSet)
    }
    #expect(try levels.make().instructionSet == InstructionSet.supported[0].rawValue)
    #expect(try levels.make(instructionSet: narrowest).instructionSet == narrowest.rawValue)
    for absent in InstructionSet.allCases where !InstructionSet.supported.contains(absent) {
      #expect(throws: KernelBackendError.self) { try levels.make(instructionSet: absent) }
      #expect(try entry("mine").make(instructionSet: absent).name == "reference", "it takes none")
    }
  }
}

/// An entry that is complete, because it is the reference under another name.
private func entry(_ name: String) -> KernelBackends.Entry {
  KernelBackends.Entry(name: name, summary: "the reference under another name") { _ in ReferenceBackend<Float>() }
}
