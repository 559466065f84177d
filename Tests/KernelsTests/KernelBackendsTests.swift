import Kernels
import Testing

@Suite("The list of backends")
struct KernelBackendsTests {
  @Test("the reference is the last, the names are unique, and every entry makes a backend of its name")
  func order() throws {
    let names = KernelBackends.all.map(\.name)
    #expect(names.last == "reference")
    #expect(names.contains("simd"))
    #expect(Set(names).count == names.count)
    #expect(KernelBackends.names == ["auto"] + names)
    for entry in KernelBackends.all {
      #expect(!entry.summary.isEmpty)
      do throws(KernelBackendError) {
        let kernels = try entry.make()
        #expect(kernels.name == entry.name)
        #expect(!kernels.instructionSet.isEmpty)
      } catch {
        guard case .unavailable(name: entry.name, _) = error else {
          Issue.record(error)
          continue
        }
      }
    }
  }

  @Test("the portable backends are always there", arguments: ["simd", "reference"])
  func portable(name: String) throws {
    #expect(try KernelBackends.make(named: name).name == name)
  }

  @Test("auto stands for the first backend that can be used")
  func automatic() throws {
    let first = try #require(BackendUnderTest.all.first)
    #expect(try KernelBackends.make().name == first.kernels.name)
    #expect(try KernelBackends.make(named: "auto").name == first.kernels.name)
  }

  @Test("the instruction sets are listed from the widest to the narrowest, and every machine has one")
  func instructionSets() {
    let compiled = InstructionSet.compiled
    #expect(compiled == InstructionSet.allCases.filter(compiled.contains))
    #expect(InstructionSet.supported == compiled.filter(InstructionSet.supported.contains))
    #if arch(x86_64)
      #expect(compiled == [.avx512, .avx2, .sse2], "the manifest's flags are in effect")
      #expect(InstructionSet.supported.last == .sse2)
    #else
      #expect(compiled.count == 1)
      #expect(InstructionSet.supported == compiled)
    #endif
  }

  @Test("the SIMD kernels come for every instruction set of the machine, and for no other")
  func simd() throws {
    let simd = try #require(KernelBackends.all.first { $0.name == "simd" })
    for instructionSet in InstructionSet.allCases {
      if InstructionSet.supported.contains(instructionSet) {
        #expect(try simd.make(instructionSet: instructionSet).instructionSet == instructionSet.rawValue)
      } else {
        let isCompiled = InstructionSet.compiled.contains(instructionSet)
        let reason =
          (isCompiled ? "this machine does not have " : "this build has no kernels for ") + instructionSet.rawValue
          + (isCompiled ? ", only " : ", only for ")
          + (isCompiled ? InstructionSet.supported : InstructionSet.compiled).map(\.rawValue).joined(separator: ", ")
        #expect(throws: KernelBackendError.unavailable(name: "simd", reason: reason)) {
          try simd.make(instructionSet: instructionSet)
        }
        #expect(throws: KernelBackendError.unavailable(name: "auto", reason: reason)) {
          try KernelBackends.make(instructionSet: instructionSet)
        }
      }
    }
    #expect(try simd.make().instructionSet == InstructionSet.supported[0].rawValue)
    #expect(
      BackendUnderTest.all.map(\.kernels).filter { $0.name == "simd" }.map(\.instructionSet)
        == InstructionSet.supported.map(\.rawValue), "all of them are tested")
  }

  @Test("an unknown name is refused with the names that exist", arguments: ["", "SIMD", "mkl"])
  func unknown(name: String) {
    #expect(throws: KernelBackendError.unknownName(name, known: KernelBackends.names)) {
      try KernelBackends.make(named: name)
    }
  }

  @Test("the messages name what was asked for, what exists, and the reason")
  func messages() {
    #expect(
      KernelBackendError.unknownName("mkl", known: ["auto", "simd"]).description
        == "there are no kernels named 'mkl'; the names are auto, simd")
    #expect(
      KernelBackendError.unavailable(name: "mkl", reason: "libmkl.so was not found").description
        == "the kernels 'mkl' cannot be used here, because libmkl.so was not found")
  }
}
