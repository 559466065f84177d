public import KernelInterface

/// The kernels as their formulas are written: the last entry of the list of backends, and the oracle of the tests.
///
/// Every sum is accumulated in `Scalar`, one term after the other in the order of its formula. Tests run this backend
/// in `Double` to judge the others, and layers are checked against central differences with it. It needs no
/// workspace.
///
/// The methods are specialized for `Float` and `Double`, so that a caller in another module does not pay for
/// arithmetic through witness tables.
public struct ReferenceBackend<Scalar: KernelScalar>: KernelBackend {
  /// Creates the backend.
  public init() {}

  /// The name that `--kernels` takes.
  public var name: String { "reference" }

  /// The instruction set that the code was compiled for: whatever the build was made for.
  public var instructionSet: String { "portable" }
}
