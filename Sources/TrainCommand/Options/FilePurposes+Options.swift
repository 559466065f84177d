internal import AsyncSGD
internal import DataPipeline

extension TrainOptions {
  /// The files of the run.
  var files: FilePurposes {
    var files = FilePurposes()
    files.writes(metrics, as: "'--metrics'")
    files.writes(record, as: "'--record'")
    files.writes(plots, as: "'--plots'")
    files.writes(checkpoint, as: "'--checkpoint'", after: "'--resume'")
    files.reads(resume, as: "'--resume'")
    files.reads(inject, as: "'--inject'")
    return files
  }
}

extension SimulateOptions {
  /// The files of the run, but for those that its script names.
  var files: FilePurposes {
    var files = train.files
    addInputs(to: &files)
    return files
  }

  /// Adds the files that describe the cluster.
  func addInputs(to files: inout FilePurposes) {
    files.reads(script, as: "'--script'")
    files.reads(delays?.file, as: "'--delays'")
  }
}

extension ReplayOptions {
  /// The files of the replay.
  var files: FilePurposes {
    var files = changes.files
    files.reads(path, as: "the recording")
    return files
  }
}

extension CompareOptions {
  /// The files of the comparison, but for those that its script names.
  var files: FilePurposes {
    var files = FilePurposes()
    files.writes(json, as: "'--json'")
    files.writes(csv, as: "'--csv'")
    files.writes(html, as: "'--html'")
    simulation.addInputs(to: &files)
    return files
  }
}

extension TraceOptions {
  /// The files of the command.
  var files: FilePurposes {
    FilePurposes(of: path, writing: chromeTrace, as: "'--chrome-trace'")
  }
}

extension FitOptions {
  /// The files of the command.
  var files: FilePurposes {
    FilePurposes(of: path, writing: output, as: "'--output'")
  }
}

extension FilePurposes {
  /// Creates those of a command that reads a recording and writes one file.
  fileprivate init(of recording: String, writing path: String?, as name: String) {
    self.init()
    writes(path, as: name)
    reads(recording, as: "the recording")
  }

  /// Adds the files of a data set.
  mutating func reads(dataset: String, in directory: String?) {
    for path in DatasetCatalog.files(of: dataset, directory: directory) { reads(path, as: "the data file") }
  }

  /// Adds the files of durations that a script names.
  mutating func reads(_ cluster: ClusterDescription) {
    for model in [cluster.compute, cluster.network.service] { reads(model?.file, as: "the file of durations") }
  }
}

extension ComputeTimeModel {
  /// The file that the durations were measured in; `nil` if they have a formula.
  fileprivate var file: String? {
    guard case .measured(let durations) = family else { return nil }
    return String(durations.source.prefix { $0 != ":" })
  }
}
