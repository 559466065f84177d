internal import AsyncSGD
internal import DataPipeline
internal import Kernels
internal import NeuralNet

/// What the header of a recording says of its run, apart from the events.
struct RecordedRun {
  /// The choices that were made.
  var settings: RunSettings
  /// The kernels that computed, by their own name.
  var backend: String
  /// The instruction set of the kernels, as they call it.
  var instructionSet: String
  /// How the run came about.
  var driver: RunDescription.Driver
  /// The hashes of training and test set.
  var dataHash: String
  /// The version of the program.
  var programVersion: String
  /// The emulated cluster, or the faults that were injected; `nil` for none.
  var cluster: String?

  /// Describes a run that is about to be recorded.
  init(
    _ settings: RunSettings, backend: any KernelBackend<Float>, data: DatasetPair, driver: RunDescription.Driver,
    cluster: String? = nil
  ) {
    self.settings = settings
    self.backend = backend.name
    instructionSet = backend.instructionSet
    self.driver = driver
    dataHash = Self.hash(of: data)
    programVersion = Program.version
    self.cluster = cluster
  }

  /// Reads what ``fields`` wrote.
  ///
  /// - Parameters:
  ///   - header: The header of a recording.
  ///   - path: Where it was read.
  /// - Throws: ``CheckpointError`` if a field is missing or makes no sense.
  init(_ header: RecordingHeader, path: String) throws(CheckpointError) {
    let fields = MetadataFields(header.settings, prefix: "", path: path)
    settings = try RunSettings(fields, mostWorkers: Simulator.maximumWorkers)
    guard settings.configuration.mode != .hogwild else {
      throw fields.malformed("mode", "one whose pulls are of one version")
    }
    backend = try fields.name("backend", among: Vocabulary.ofThisProgram.kernels.map(\.name))
    instructionSet = try fields.text("instructionSet")
    guard let driver = RunDescription.Driver(rawValue: try fields.text("driver")), driver != .replay else {
      throw fields.malformed("driver", "live or virtual")
    }
    self.driver = driver
    dataHash = try fields.text("dataHash")
    programVersion = try fields.text("version")
    cluster = fields.optionalText("cluster")
  }

  /// The run as names and values.
  var fields: [String: String] {
    var fields = settings.metadata
    fields["backend"] = backend
    fields["instructionSet"] = instructionSet
    fields["driver"] = driver.rawValue
    fields["dataHash"] = dataHash
    fields["version"] = programVersion
    fields["cluster"] = cluster
    return fields
  }

  /// Returns the kernels that give the same bits.
  ///
  /// - Throws: `KernelBackendError` if this machine or this build has not got them.
  func makeBackend() throws -> any KernelBackend<Float> {
    let sets = InstructionSet.allCases.first { $0.rawValue == instructionSet }
    let takesSet = Vocabulary.ofThisProgram.kernelsWithInstructionSets.contains(backend)
    return try KernelBackends.make(named: backend, instructionSet: takesSet ? sets : nil)
  }

  /// The hashes of training and test set.
  static func hash(of data: DatasetPair) -> String {
    "\(data.training.contentHash)-\(data.test.contentHash)"
  }
}
