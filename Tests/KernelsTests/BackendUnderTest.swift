import Kernels
import TestSupport
import Testing

/// One backend of the list, as an argument of the conformance tests.
struct BackendUnderTest: Sendable, CustomTestStringConvertible {
  let kernels: any KernelBackend<Float>

  var testDescription: String { kernels.name }

  /// Every backend that this machine can use.
  static let all: [BackendUnderTest] = KernelBackends.all.compactMap { entry in
    (try? entry.make()).map(BackendUnderTest.init(kernels:))
  }
}

/// The judge of all backends.
let oracle = ReferenceBackend<Double>()

extension [Float] {
  var doubles: [Double] { map(Double.init) }
  var magnitudes: [Double] { map { Double($0.magnitude) } }
}

/// Checks that guard bands are intact and that inputs hold the bits that they held.
func checkUntouched(_ buffer: GuardedBuffer<Float>, _ values: [Float]) throws {
  try buffer.checkGuards()
  if !values.isEmpty { try FloatAgreement.checkSameBits(buffer.values, as: values) }
}
