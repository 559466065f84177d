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
