import Foundation
import Interchange
import Testing

@Suite("A file replaced as a whole")
struct AtomicFileTests {
  @Test("is created, and replaced by the pieces in their order")
  func writes() throws {
    let directory = try TemporaryDirectory()
    let path = directory.file("file")
    try AtomicFile.write([1, 2, 3], to: path)
    #expect(try bytes(of: path) == [1, 2, 3])
    try AtomicFile.write(to: path) { (writer) throws(AtomicFileError) in
      try writer.append([4])
      try writer.append([])
      try writer.append([5, 6])
    }
    #expect(try bytes(of: path) == [4, 5, 6])
    #expect(try directory.contents() == ["file"])
  }

  @Test("takes a path relative to the working directory")
  func relativePath() throws {
    let name = "atomic-\(UUID().uuidString)"
    defer { try? FileManager.default.removeItem(atPath: name) }
    try AtomicFile.write([7], to: name)
    #expect(try bytes(of: name) == [7])
  }

  @Test("keeps its permissions")
  func permissions() throws {
    let directory = try TemporaryDirectory()
    let path = directory.file("file")
    try AtomicFile.write([1], to: path)
    try #require(chmod(path, 0o640) == 0)
    try AtomicFile.write([2], to: path)
    var information = stat()
    try #require(stat(path, &information) == 0)
    #expect(information.st_mode & 0o777 == 0o640)
  }

  @Test("stays where a symbolic link leads, and the link stays a link")
  func symbolicLink() throws {
    let directory = try TemporaryDirectory()
    try FileManager.default.createDirectory(atPath: directory.file("other"), withIntermediateDirectories: false)
    let target = directory.file("other/target")
    try put([1], at: target)
    let link = directory.file("link")
    try FileManager.default.createSymbolicLink(atPath: link, withDestinationPath: "other/target")
    try AtomicFile.write([2], to: link)
    #expect(try bytes(of: target) == [2])
    #expect(try FileManager.default.destinationOfSymbolicLink(atPath: link) == "other/target")
  }

  @Test("is refused where there is a device or a directory")
  func notAFile() throws {
    let directory = try TemporaryDirectory()
    for path in ["/dev/null", directory.path] {
      let error = #expect(throws: AtomicFileError.self) { try AtomicFile.write([1], to: path) }
      #expect(error?.description == "cannot create '\(path)': it exists and is not a regular file")
    }
    #expect(try directory.contents().isEmpty)
  }

  @Test("is refused where its directory is missing or is a file")
  func noDirectory() throws {
    let directory = try TemporaryDirectory()
    let missing = directory.file("missing/file")
    var error = #expect(throws: AtomicFileError.self) { try AtomicFile.write([1], to: missing) }
    #expect(error?.description == "cannot create '\(missing)': No such file or directory")
    try put([1], at: directory.file("plain"))
    let below = directory.file("plain/file")
    error = #expect(throws: AtomicFileError.self) { try AtomicFile.write([1], to: below) }
    #expect(error?.description == "cannot create '\(below)': Not a directory")
    #expect(try directory.contents() == ["plain"])
  }

  @Test("is refused in a directory without permission")
  func noPermission() async {
    // Root may write anywhere, so it steps down to the user "nobody"; that holds for a whole process, so the test has
    // its own.
    await #expect(processExitsWith: .success) {
      let directory = try TemporaryDirectory()
      let path = directory.file("file")
      try put([1], at: path)
      try #require(chmod(directory.path, 0o555) == 0)
      let user = geteuid()
      if user == 0 { try #require(seteuid(65_534) == 0) }
      let error = #expect(throws: AtomicFileError.self) { try AtomicFile.write([2], to: path) }
      if user == 0 { try #require(seteuid(user) == 0) }
      try #require(chmod(directory.path, 0o700) == 0)
      #expect(error?.description == "cannot create '\(path)': Permission denied")
      #expect(try bytes(of: path) == [1])
      #expect(try directory.contents() == ["file"])
    }
  }

  @Test("keeps the old contents when the writer gives up, and leaves no temporary")
  func bodyFails() throws {
    let directory = try TemporaryDirectory()
    let path = directory.file("file")
    try put([1], at: path)
    let failure = AtomicFileError(path: path, operation: .write, reason: "no more")
    #expect(throws: failure) {
      try AtomicFile.write(to: path) { (writer) throws(AtomicFileError) in
        try writer.append([2])
        throw failure
      }
    }
    #expect(try bytes(of: path) == [1])
    #expect(try directory.contents() == ["file"])
  }

  @Test("keeps the old contents when the disk takes no more, and leaves no temporary")
  func diskRefuses() async {
    // A limit on the size of files stands for a full disk; it holds for a whole process, so the test has its own.
    await #expect(processExitsWith: .success) {
      let directory = try TemporaryDirectory()
      let path = directory.file("file")
      try put([1], at: path)
      signal(SIGXFSZ, SIG_IGN)
      var limit = rlimit(rlim_cur: 4096, rlim_max: 4096)
      #if os(Linux)
        let resource = __rlimit_resource_t(RLIMIT_FSIZE.rawValue)
      #else
        let resource = RLIMIT_FSIZE
      #endif
      guard setrlimit(resource, &limit) == 0 else { exit(2) }
      do {
        try SafetensorsFile(
          tensors: [NamedTensor(name: "w", shape: [10_000], values: Array(repeating: 1, count: 10_000))]
        ).write(to: path)
        exit(3)
      } catch let error as AtomicFileError {
        guard error.description == "cannot write '\(path)': File too large" else { exit(4) }
      }
      guard try bytes(of: path) == [1], try directory.contents() == ["file"] else { exit(5) }
    }
  }

  @Test("never shows a reader a mixture")
  func readersSeeWholeFiles() async throws {
    let directory = try TemporaryDirectory()
    let path = directory.file("file")
    let size = 100_000
    try AtomicFile.write(Array(repeating: 0, count: size), to: path)
    try await withThrowingTaskGroup(of: Void.self) { group in
      group.addTask {
        for generation in 1...20 {
          try AtomicFile.write(Array(repeating: UInt8(generation), count: size), to: path)
        }
      }
      group.addTask {
        for _ in 0..<200 {
          let contents = try bytes(of: path)
          #expect(contents.count == size)
          #expect(Set(contents).count == 1)
        }
      }
      try await group.waitForAll()
    }
    #expect(try directory.contents() == ["file"])
  }
}
