// swift-tools-version: 6.3

import PackageDescription

// The manifest is the architecture: a room may import exactly the rooms its target lists here, and the gate builds
// with `--explicit-target-dependency-import-check error`. README.md draws the same picture.

/// Settings of every target.
let strict: [SwiftSetting] = [
  .enableUpcomingFeature("ExistentialAny"),
  .enableUpcomingFeature("InternalImportsByDefault"),
  .enableUpcomingFeature("MemberImportVisibility"),
]

/// Settings of a room that computes.
///
/// A debug build is optimized too, or its loops run some 400 times slower and the tests take hours. SwiftPM takes unsafe
/// flags from a package that was fetched by version only if its manifest is for tools of version 6.2 or newer.
let hot: [SwiftSetting] = strict + [.unsafeFlags(["-O"], .when(configuration: .debug))]

/// The instruction sets that the SIMD kernels are compiled for, besides the target's baseline: one source, one module
/// each.
#if arch(x86_64)
  let instructionSets = [
    "AVX2": ["-mavx2", "-mfma"],
    "AVX512": ["-mavx512f", "-mavx512bw", "-mavx512dq", "-mavx512vl", "-mfma", "-mprefer-vector-width=512"],
  ]
#else
  let instructionSets: [String: [String]] = [:]
#endif

/// The SIMD kernels, compiled for one instruction set.
///
/// The folders share their sources through symbolic links. The baseline's module has the shortest name, and so is linked
/// before the others: of small functions that the compiler makes for several modules, the linker keeps the first copy,
/// which must run on every machine. `Tools/check-instruction-sets` checks it.
func simdKernels(_ level: String) -> Target {
  let flags = (instructionSets[level] ?? []).flatMap { ["-Xcc", $0] }
  return .target(
    name: "SIMDKernels\(level)",
    dependencies: ["KernelInterface", "VectorIntrinsics"],
    path: "Sources/SIMDKernels/\(level.isEmpty ? "Baseline" : level)",
    swiftSettings: hot + (flags.isEmpty ? [] : [.unsafeFlags(flags)])
  )
}
let simdLevels = [""] + instructionSets.keys.sorted()

/// A room: one library target under `Sources/`.
func room(_ name: String, _ dependencies: [String] = [], settings: [SwiftSetting] = strict) -> Target {
  .target(
    name: name,
    dependencies: dependencies.map { .byName(name: $0) },
    exclude: ["README.md"],
    swiftSettings: settings
  )
}

/// The tests of a room: one target under `Tests/`.
func tests(
  of name: String, _ dependencies: [String], exclude: [String] = [], resources: [Resource] = [],
  settings: [SwiftSetting] = strict
) -> Target {
  .testTarget(
    name: name + "Tests",
    dependencies: (dependencies + ["TestSupport"]).map { .byName(name: $0) },
    exclude: exclude,
    resources: resources,
    swiftSettings: settings
  )
}

let package = Package(
  name: "asgd-train",
  products: [
    .executable(name: "asgd-train", targets: ["asgd-train"]),
    .executable(name: "asgd-bench", targets: ["asgd-bench"]),
    .library(
      name: "AsyncSGD",
      targets: ["AsyncSGD", "NeuralNet", "Kernels", "KernelInterface", "DataPipeline", "Randomness"]),
    .library(name: "Interchange", targets: ["Interchange"]),
  ],
  targets: simdLevels.map(simdKernels) + [
    // Rooms, from the ground up.
    room("Randomness", settings: hot),
    room("KernelInterface", settings: hot),
    room("Kernels", ["KernelInterface", "VectorIntrinsics"] + simdLevels.map { "SIMDKernels\($0)" }, settings: hot),
    room("NeuralNet", ["Kernels", "Randomness"], settings: hot),
    room("DataPipeline", ["Randomness"], settings: hot),
    room("AsyncSGD", ["NeuralNet", "Kernels", "DataPipeline", "Randomness"], settings: hot),
    room("Interchange", ["NeuralNet"]),
    room("Reporting", ["AsyncSGD"]),
    room("TrainCommand", ["Reporting", "AsyncSGD", "Interchange", "NeuralNet", "Kernels", "DataPipeline"]),
    .executableTarget(name: "asgd-train", dependencies: ["TrainCommand"], swiftSettings: strict),

    // Measurements; the only room that may import any other.
    room(
      "Benchmarks",
      ["TrainCommand", "Reporting", "AsyncSGD", "Interchange", "NeuralNet", "Kernels", "DataPipeline", "Randomness"]),
    .executableTarget(
      name: "asgd-bench", dependencies: ["Benchmarks"], path: "Tools/asgd-bench", exclude: ["README.md"],
      swiftSettings: strict),

    // C headers for what Swift cannot say about vector registers.
    .target(name: "VectorIntrinsics"),

    // What the tests share, tested itself.
    .target(name: "AllocationCounter", path: "Tests/AllocationCounter"),
    .target(
      name: "TestSupport", dependencies: ["Randomness"], path: "Tests/TestSupport", exclude: ["README.md"],
      swiftSettings: hot),
    .testTarget(name: "TestSupportTests", dependencies: ["TestSupport", "Kernels"], swiftSettings: strict),

    tests(of: "Randomness", ["Randomness"]),
    tests(of: "Kernels", ["Kernels", "Randomness"], settings: hot),
    tests(of: "NeuralNet", ["NeuralNet", "Kernels", "Randomness"], resources: [.copy("Fixtures")]),
    tests(of: "DataPipeline", ["DataPipeline", "Randomness"]),
    tests(of: "AsyncSGD", ["AsyncSGD", "NeuralNet", "Kernels", "DataPipeline", "Randomness", "AllocationCounter"]),
    tests(of: "Interchange", ["Interchange", "NeuralNet", "Kernels"]),
    tests(of: "Reporting", ["Reporting", "AsyncSGD"]),
    // The snapshots are read through `#filePath`, so that a recording lands in the sources.
    tests(
      of: "TrainCommand",
      ["TrainCommand", "Reporting", "AsyncSGD", "Interchange", "NeuralNet", "Kernels", "DataPipeline", "Randomness"],
      exclude: ["Snapshots"]),
    tests(
      of: "Benchmarks",
      ["Benchmarks", "TrainCommand", "AsyncSGD", "NeuralNet", "Kernels", "DataPipeline", "Randomness"],
      exclude: ["Snapshots"]),
    tests(
      of: "System", ["asgd-train", "asgd-bench", "Interchange", "AsyncSGD", "NeuralNet", "Kernels", "DataPipeline"],
      exclude: ["Snapshots"]),
  ],
  swiftLanguageModes: [.v6]
)
