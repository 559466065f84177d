/// The header as bytes: settings, then the state that the run was resumed from.
///
/// They are one stream, cut into blocks wherever one is full.
struct HeaderEncoder {
  private let file: RecordingFile
  private let block = BlockBuffer(payloadCapacity: 1 << 20)

  /// Creates an encoder that appends to `file`.
  init(to file: RecordingFile) {
    self.file = file
  }

  /// Appends a header.
  func encode(_ header: RecordingHeader) throws(RecordingError) {
    try append(count: header.settings.count)
    for (name, value) in sorted(header.settings) {
      try append(name)
      try append(value)
    }
    try ensureRoom()
    block.append(header.state == nil ? 0 : 1 as UInt8)
    if let state = header.state { try append(state) }
    try file.append(block, .headerEnd)
  }

  private func append(_ state: TrainerState) throws(RecordingError) {
    for number in [state.version, state.epoch, state.nextMinibatch, state.trainingExamples, state.examples] {
      try append(count: number)
    }
    try append(state.parameters)
    try append(count: state.carried.scalars.count)
    for (name, value) in sorted(state.carried.scalars) {
      try append(name)
      try ensureRoom()
      block.append(value.bitPattern)
    }
    try append(count: state.carried.vectors.count)
    for (name, vector) in sorted(state.carried.vectors) {
      try append(name)
      try append(vector)
    }
  }

  private func append(count: Int) throws(RecordingError) {
    try ensureRoom()
    block.append(varint: UInt64(count))
  }

  private func append(_ text: String) throws(RecordingError) {
    let bytes = Array(text.utf8)
    try append(count: bytes.count)
    try appendBytes(of: bytes)
  }

  private func append(_ vector: [Float]) throws(RecordingError) {
    try append(count: vector.count)
    #if _endian(little)
      try appendBytes(of: vector)
    #else
      try appendBytes(of: vector.map(\.bitPattern.littleEndian))
    #endif
  }

  private func appendBytes(of elements: [some BitwiseCopyable]) throws(RecordingError) {
    try elements.withUnsafeBufferPointer { (elements) throws(RecordingError) in
      var rest = block.append(UnsafeRawBufferPointer(elements))
      while !rest.isEmpty {
        try writePart()
        rest = block.append(rest)
      }
    }
  }

  /// Makes room for any number.
  private func ensureRoom() throws(RecordingError) {
    if block.room < 16 { try writePart() }
  }

  private func writePart() throws(RecordingError) {
    try file.append(block, .headerPart)
    block.removeAll()
  }
}

extension RecordingHeader {
  /// Reads a header that ``HeaderEncoder`` wrote, its pieces put together again.
  init(_ bytes: UnsafeRawBufferPointer) throws(ByteReader.Malformed) {
    var reader = ByteReader(bytes)
    let settings = try reader.dictionary(entrySize: 2) { (reader) throws(ByteReader.Malformed) in try reader.text() }
    let hasState = try reader.byte()
    guard hasState <= 1 else { throw ByteReader.Malformed(reason: "a state that neither is nor is not there") }
    self.init(settings: settings, state: hasState == 1 ? try TrainerState(&reader) : nil)
    guard reader.remaining == 0 else {
      throw ByteReader.Malformed(reason: "\(reader.remaining) bytes that do not belong there")
    }
  }

  /// The number of workers of the run, as its settings have it; `nil` if they do not say.
  public var workers: Int? { number("workers") }

  /// A setting that is a whole number; `nil` if it is not there, or is none.
  func number(_ name: String) -> Int? { settings[name].flatMap { Int($0) } }
}

extension TrainerState {
  fileprivate init(_ reader: inout ByteReader) throws(ByteReader.Malformed) {
    let version = try reader.natural(below: 1 << 53)
    let epoch = try reader.natural(below: 1 << 31)
    let nextMinibatch = try reader.natural(below: 1 << 31)
    let trainingExamples = try reader.natural(below: 1 << 31)
    let examples = try reader.natural(below: 1 << 53)
    let parameters = try reader.vector()
    let scalars = try reader.dictionary(entrySize: 9) { (reader) throws(ByteReader.Malformed) in
      Double(bitPattern: try reader.word64())
    }
    let vectors = try reader.dictionary(entrySize: 2) { (reader) throws(ByteReader.Malformed) in try reader.vector() }
    self.init(
      parameters: parameters, carried: CarriedState(vectors: vectors, scalars: scalars), version: version, epoch: epoch,
      nextMinibatch: nextMinibatch, trainingExamples: trainingExamples, examples: examples)
  }
}

extension ByteReader {
  /// Reads a number that is not negative, and small enough to be counted with.
  fileprivate mutating func natural(below limit: Int) throws(Malformed) -> Int {
    let value = try varint()
    guard let number = Int(exactly: value), number < limit else {
      throw Malformed(reason: "the number \(value), which is too large")
    }
    return number
  }

  /// Reads values by their names, which are in order.
  fileprivate mutating func dictionary<Value>(
    entrySize: Int, value: (inout ByteReader) throws(Malformed) -> Value
  ) throws(Malformed) -> [String: Value] {
    let count = try count(ofSize: entrySize)
    var values: [String: Value] = [:]
    var last: String?
    for _ in 0..<count {
      let name = try text()
      if let last, !last.utf8.lexicographicallyPrecedes(name.utf8) {
        throw Malformed(reason: "the name '\(name)' after '\(last)'")
      }
      values[name] = try value(&self)
      last = name
    }
    return values
  }
}

/// Returns the entries in the order of their names' bytes.
private func sorted<Value>(_ entries: [String: Value]) -> [(key: String, value: Value)] {
  entries.sorted { $0.key.utf8.lexicographicallyPrecedes($1.key.utf8) }
}
