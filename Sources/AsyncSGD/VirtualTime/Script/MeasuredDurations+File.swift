extension MeasuredDurations {
  /// Reads durations from text: one number a line, or a column of comma-separated values.
  ///
  /// Where the first line names columns, `column` says which one holds the durations; it need not be given if there is only
  /// one, but for one of the name `worker`, which says whose they are. Empty lines, and those that begin with #, say nothing.
  ///
  /// - Parameters:
  ///   - path: The file.
  ///   - column: The name of the column with the durations.
  ///   - unit: What the numbers are in: `s`, `ms`, `us` or `ns`; seconds if not given.
  ///   - readFile: Returns the bytes of a file.
  /// - Throws: ``DescriptionError`` that names the file, and the line.
  init(
    path: String, column: String?, unit: String?, readFile: (String) throws -> [UInt8]
  ) throws(DescriptionError) {
    guard let scale = Quantity.duration.value("1" + (unit ?? "s")) else {
      throw DescriptionError("'\(unit ?? "")' is no unit of durations: choose s, ms, us or ns")
    }
    let bytes: [UInt8]
    do { bytes = try readFile(path) } catch { throw DescriptionError("'\(path)' cannot be read: \(error)") }
    if bytes.starts(with: RecordingFormat.magic), column == nil, unit == nil {
      try self.init(recording: bytes, path: path)
      return
    }
    var table = DurationTable(path: path, column: column)
    for (index, line) in String(decoding: bytes, as: UTF8.self).split(
      omittingEmptySubsequences: false, whereSeparator: \.isNewline
    ).enumerated() {
      try table.read(line, number: index + 1, scale: scale)
    }
    guard table.byWorker.contains(where: { !$0.isEmpty }) else {
      throw DescriptionError("'\(path)' holds no durations")
    }
    let settings = [column.map { "column=\($0)" }, unit.map { "unit=\($0)" }].compactMap(\.self)
    self.init(
      byWorker: table.byWorker,
      source: path + (settings.isEmpty ? "" : ":" + settings.joined(separator: ",")))
  }
}

extension MeasuredDurations {
  /// Takes the times of calculations from a recording, each worker's by themselves.
  private init(recording bytes: [UInt8], path: String) throws(DescriptionError) {
    let recording: Recording
    do { recording = try Recording(bytes: bytes, path: path) } catch { throw DescriptionError("\(error)") }
    var byWorker: [[Double]] = []
    for case .push(let push) in recording.events where !push.minibatches.isEmpty {
      while byWorker.count <= push.worker { byWorker.append([]) }
      let microseconds = Double(max(1, push.pushedAt - push.startedAt)) / Double(push.minibatches.count)
      do {
        try Quantity.duration.check(
          microseconds * 1e-6, Quantity.duration.text(microseconds * 1e-6), as: "duration")
      } catch {
        throw DescriptionError("a push of worker \(push.worker) in '\(path)': \(error.message)")
      }
      byWorker[push.worker].append(microseconds * 1e-6)
    }
    guard !byWorker.isEmpty else { throw DescriptionError("'\(path)' holds no pushes") }
    self.init(byWorker: byWorker, source: path)
  }
}

/// The durations of a file, line by line.
private struct DurationTable {
  let path: String
  let column: String?
  /// Where the durations stand in a line, once that is known.
  private var place: Int?
  private var workerPlace: Int?
  private(set) var byWorker: [[Double]] = []

  init(path: String, column: String?) {
    self.path = path
    self.column = column
  }

  mutating func read(_ line: Substring, number: Int, scale: Double) throws(DescriptionError) {
    let fields = line.split(separator: ",", omittingEmptySubsequences: false).map { field in
      String(field.drop(while: \.isWhitespace).reversed().drop(while: \.isWhitespace).reversed())
    }
    guard fields.contains(where: { !$0.isEmpty }), !line.hasPrefix("#") else { return }
    guard let place else {
      if let column {
        guard let found = fields.firstIndex(of: column) else {
          throw DescriptionError(
            "'\(path)' has no column '\(column)': line \(number) names \(fields.joined(separator: ", "))")
        }
        (place, workerPlace) = (found, fields.firstIndex(of: "worker"))
      } else if Quantity.number(fields[0]) != nil {
        guard fields.count == 1 else {
          throw DescriptionError("'\(path)' has \(fields.count) columns without names: one is needed, in seconds")
        }
        place = 0
        try read(line, number: number, scale: scale)
      } else {
        workerPlace = fields.firstIndex(of: "worker")
        let others = fields.indices.filter { $0 != workerPlace }
        guard others.count == 1 else {
          throw DescriptionError(
            "'\(path)' has several columns: say which with column=NAME, one of \(fields.joined(separator: ", "))")
        }
        place = others[0]
      }
      return
    }
    if place < fields.count, let duration = Quantity.number(fields[place]), duration > 0 {
      do {
        try Quantity.duration.check(duration * scale, fields[place], as: "duration")
      } catch {
        throw DescriptionError("line \(number) of '\(path)': \(error.message)")
      }
    }
    guard place < fields.count, let duration = Quantity.number(fields[place]), duration > 0,
      (duration * scale).isFinite, duration * scale > 0
    else {
      let word = place < fields.count ? fields[place] : ""
      throw DescriptionError("'\(word)' in line \(number) of '\(path)' is no duration above 0")
    }
    var worker = 0
    if let workerPlace {
      guard workerPlace < fields.count, let index = Int(fields[workerPlace]), (0..<1_000_000).contains(index) else {
        throw DescriptionError("line \(number) of '\(path)' names no worker")
      }
      worker = index
    }
    while byWorker.count <= worker { byWorker.append([]) }
    byWorker[worker].append(duration * scale)
  }
}
