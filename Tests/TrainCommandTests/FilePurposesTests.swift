import Foundation
import Testing

@testable import TrainCommand

@Suite("The files of a command")
final class FilePurposesTests {
  private let directory: String

  deinit {
    try? FileManager.default.removeItem(atPath: directory)
  }

  init() throws {
    directory = FileManager.default.temporaryDirectory.appendingPathComponent("asgd-files-\(UUID().uuidString)").path
    try FileManager.default.createDirectory(atPath: directory, withIntermediateDirectories: true)
  }

  /// The message about two files in the test's directory, the second of which is written; `nil` if they may be used.
  private func message(_ first: String, _ second: String, isWritten: Bool = false) -> String? {
    var files = FilePurposes()
    if isWritten { files.writes(first, as: "'--json'") } else { files.reads(first, as: "the recording") }
    files.writes(second, as: "'--metrics'")
    do throws(UsageError) {
      try files.check()
      return nil
    } catch {
      return error.message
    }
  }

  @Test("are the same if their paths are, if links lead to one, and if they would come to be at one place")
  func same() throws {
    let (old, new) = ("\(directory)/old", "\(directory)/new")
    try Data("x".utf8).write(to: URL(fileURLWithPath: old))
    #expect(message(old, old) == "the recording and '--metrics' name the same file '\(old)'")
    #expect(message("x", "x", isWritten: true) == "'--json' and '--metrics' name the same file 'x'")
    let name = URL(fileURLWithPath: directory).lastPathComponent
    for (path, other) in [
      (old, "\(directory)/./old"), (new, "\(directory)//new"), (new, "\(directory)/../\(name)/new"),
    ] {
      #expect(message(path, other) == "the recording '\(path)' and '--metrics \(other)' are the same file")
      #expect(message(path, other, isWritten: true) == "'--json \(path)' and '--metrics \(other)' are the same file")
    }
    let manager = FileManager.default
    try manager.linkItem(atPath: old, toPath: "\(directory)/hard")
    try manager.createSymbolicLink(atPath: "\(directory)/soft", withDestinationPath: old)
    try manager.createSymbolicLink(atPath: "\(directory)/dangling", withDestinationPath: "new")
    #expect(message(old, "\(directory)/hard") != nil)
    #expect(message(old, "\(directory)/soft") != nil)
    #expect(message(new, "\(directory)/dangling") != nil)
    #expect(message("new", "./new") != nil)
  }

  @Test("are two if their places are, and a device or what is only read may have any number of purposes")
  func different() throws {
    let old = "\(directory)/old"
    try Data("x".utf8).write(to: URL(fileURLWithPath: old))
    #expect(message(old, "\(directory)/new") == nil)
    #expect(message("\(directory)/a", "\(directory)/b") == nil)
    #expect(message("/dev/null", "/dev/./null") == nil)
    var files = FilePurposes()
    files.reads(old, as: "the recording")
    files.reads(old, as: "'--script'")
    files.reads(nil, as: "'--delays'")
    try files.check()
  }

  @Test("of a data set, plain or gzip, are not written over")
  func dataset() throws {
    for name in ["train-images-idx3-ubyte.gz", "t10k-labels-idx1-ubyte"] {
      try Data("x".utf8).write(to: URL(fileURLWithPath: "\(directory)/\(name)"))
      var files = FilePurposes()
      files.reads(dataset: "mnist", in: directory)
      files.writes("\(directory)/./\(name)", as: "'--metrics'")
      #expect(
        throws: UsageError(
          "the data file '\(directory)/\(name)' and '--metrics \(directory)/./\(name)' are the same file")
      ) { try files.check() }
    }
    var others = FilePurposes()
    others.reads(dataset: "mnist", in: directory)
    others.reads(dataset: "digits", in: directory)
    others.writes("\(directory)/train-images-idx3-ubyte", as: "'--metrics'")
    try others.check()
  }

  @Test("may be replaced by what goes on from them")
  func successor() throws {
    var files = FilePurposes()
    files.writes("c", as: "'--checkpoint'", after: "'--resume'")
    files.reads("c", as: "'--resume'")
    try files.check()
    files.writes("./c", as: "'--metrics'")
    #expect(throws: UsageError("'--checkpoint c' and '--metrics ./c' are the same file")) { try files.check() }
  }

  @Test(
    "of all commands are looked at",
    arguments: [
      "train --inject x --metrics x", "train --record x --plots x", "simulate --script x --record x",
      "simulate --script x --plots x", "replay x --metrics x", "compare --script x --html x",
      "compare --json x --csv x",
    ])
  func commands(_ arguments: String) {
    do throws(UsageError) {
      _ = try parse(arguments)
      Issue.record("\(arguments) is taken")
    } catch {
      #expect(error.message.hasSuffix(" name the same file 'x'"))
    }
  }

  @Test(
    "without gradients there is nothing to write or to reach",
    arguments: [
      "--record x", "--plots x", "--target-accuracy 0.9", "--fresh-gradients 0.1",
      "--evaluations-per-epoch 2",
    ])
  func timing(_ option: String) {
    do throws(UsageError) {
      _ = try parse("simulate --timing-only \(option)")
      Issue.record("\(option) is taken")
    } catch {
      let name = option.prefix { $0 != " " }
      #expect(error.message.hasPrefix("'\(name)' does not go with '--timing-only', in which "))
    }
  }
}
