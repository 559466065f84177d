import Kernels
import TestSupport
import Testing

/// One backend of the list, compiled for one instruction set, as an argument of the conformance tests.
struct BackendUnderTest: Sendable, CustomTestStringConvertible {
  let kernels: any KernelBackend<Float>

  var testDescription: String { "\(kernels.name) (\(kernels.instructionSet))" }

  /// Every backend that this machine can use; ours once for each instruction set.
  ///
  /// What a library multiplies does not depend on the instruction set, and the rest is ours and judged as ours.
  static let all: [BackendUnderTest] = KernelBackends.all.flatMap { entry in
    let instructionSets: [InstructionSet?] = entry.name == "simd" ? InstructionSet.supported : [nil]
    return instructionSets.compactMap { instructionSet in
      (try? entry.make(instructionSet: instructionSet)).map(BackendUnderTest.init(kernels:))
    }
  }

  /// Runs `body` for one case of a test that has many, and names the case in what it throws.
  func check(_ subject: @autoclosure () -> String, _ body: (any KernelBackend<Float>) throws -> Void) throws {
    do {
      try body(kernels)
    } catch {
      throw CaseFailure(subject: "\(testDescription), \(subject())", reason: error)
    }
  }
}

/// What was wrong, and with which case.
struct CaseFailure: Error, CustomStringConvertible {
  let subject: String
  let reason: any Error

  var description: String { "\(subject): \(reason)" }
}

/// The judge of all backends.
let oracle = ReferenceBackend<Double>()

/// Numbers of examples around the widths of the vector registers, whose lanes hold neighbouring examples.
let exampleCounts = [1, 2, 3, 7, 8, 15, 16, 17, 31, 32, 33, 64]

/// Lengths of vectors around the widths of the registers.
let vectorLengths = [0, 1, 2, 3, 4, 5, 7, 8, 9, 15, 16, 17, 31, 33, 64, 65, 100, 300]

extension [Float] {
  var doubles: [Double] { map(Double.init) }
  var magnitudes: [Double] { map { Double($0.magnitude) } }
}

/// Checks that guard bands are intact and that inputs hold the bits that they held.
func checkUntouched(_ buffer: GuardedBuffer<Float>, _ values: [Float]) throws {
  try buffer.checkGuards()
  if !values.isEmpty { try FloatAgreement.checkSameBits(buffer.values, as: values) }
}
