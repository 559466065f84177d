import Foundation
import Testing

@Suite("Files that are there")
struct FileSafetyTests {
  private static let run = "--model softmax --epochs 1 --batch-size 64 --workers 2 --quiet"

  @Test(
    "no output overwrites an input, whatever it is called",
    arguments: [
      ("simulate --script s --record ./s", "'--record ./s' and '--script s' are the same file"),
      ("simulate --script s --metrics s", "'--metrics' and '--script' name the same file 's'"),
      ("simulate --script s --plots link", "'--plots link' and '--script s' are the same file"),
      ("simulate --delays ./d.csv --record d.csv", "'--record d.csv' and '--delays ./d.csv' are the same file"),
      ("simulate --script uses --metrics d.csv", "'--metrics d.csv' and the file of durations './d.csv' are the same"),
      ("train --inject s --metrics ./s", "'--metrics ./s' and '--inject s' are the same file"),
      ("train --record ./new --metrics new", "'--metrics new' and '--record ./new' are the same file"),
      ("replay s --metrics ./s", "'--metrics ./s' and the recording 's' are the same file"),
      ("replay s --metrics s", "'--metrics' and the recording name the same file 's'"),
      ("trace s --chrome-trace ./s", "'--chrome-trace ./s' and the recording 's' are the same file"),
      ("fit s --output link", "'--output link' and the recording 's' are the same file"),
      ("compare --delays d.csv --html ./d.csv", "'--html ./d.csv' and '--delays d.csv' are the same file"),
      ("compare --json new --html ./new", "'--json new' and '--html ./new' are the same file"),
    ])
  func distinct(arguments: String, message: String) throws {
    let directory = try TemporaryDirectory()
    try directory.write("s", Array("network latency 1ms\n".utf8))
    try directory.write("uses", Array("compute ./d.csv\n".utf8))
    try directory.write("d.csv", Array("0.1\n0.2\n".utf8))
    try FileManager.default.createSymbolicLink(atPath: directory.file("link"), withDestinationPath: "s")
    let outcome = try CommandRun.run(arguments, in: directory.path)
    #expect(outcome.exitCode == 64)
    #expect(outcome.errors.hasPrefix("error: " + message), "\(outcome.errors)")
    #expect(try directory.text("s") == "network latency 1ms\n")
    #expect(try directory.text("d.csv") == "0.1\n0.2\n")
    #expect(try directory.names == ["d.csv", "link", "s", "uses"])
  }

  @Test("metrics of an earlier run are kept until there is a run", arguments: ["train", "simulate", "replay"])
  func metrics(command: String) throws {
    let directory = try TemporaryDirectory()
    try directory.write("m", Array("precious\n".utf8))
    try directory.write("r", Array("no recording".utf8))
    let problem = command == "replay" ? "r" : "--dataset mnist --data-dir ."
    let arguments = "\(command) \(problem) --metrics m"
    let outcome = try CommandRun.run(arguments, in: directory.path)
    #expect(outcome.exitCode == (command == "replay" ? 65 : 66), "\(outcome.errors)")
    #expect(try directory.text("m") == "precious\n")
  }

  @Test("metrics of an earlier run are replaced by those of the next one")
  func replaced() throws {
    let directory = try TemporaryDirectory()
    try directory.write("m", Array("precious\n".utf8))
    let outcome = try CommandRun.run("\(Self.run) --metrics m", in: directory.path)
    #expect(outcome.exitCode == 0, "\(outcome.errors)")
    #expect(try directory.text("m").hasPrefix("{"))
  }

  @Test(
    "a description that is not there is 66, and one that makes no sense 65",
    arguments: [
      ("simulate --delays none.csv", 66, "'--delays': cannot read 'none.csv': No such file or directory\n"),
      ("simulate --delays ./sub", 66, "'--delays': cannot read './sub': it is a directory\n"),
      ("simulate --delays bad.csv", 65, "'--delays bad.csv': "),
      ("compare --delays none.csv", 66, "'--delays': cannot read 'none.csv': No such file or directory\n"),
      ("simulate --script none", 66, "cannot read the script 'none': No such file or directory\n"),
      ("simulate --script sub", 66, "cannot read the script 'sub': it is a directory\n"),
      ("simulate --script uses", 66, "script 'uses': cannot read 'none.csv': No such file or directory\n"),
      ("simulate --script bad.csv", 65, "script 'bad.csv': "),
      ("train --inject sub", 66, "cannot read the script 'sub': it is a directory\n"),
      ("train --inject none", 66, "cannot read the script 'none': No such file or directory\n"),
    ])
  func descriptions(arguments: String, exitCode: Int32, message: String) throws {
    let directory = try TemporaryDirectory()
    try FileManager.default.createDirectory(atPath: directory.file("sub"), withIntermediateDirectories: true)
    try directory.write("bad.csv", Array("1,2\nx,y\n".utf8))
    try directory.write("uses", Array("compute none.csv\n".utf8))
    let outcome = try CommandRun.run(arguments, in: directory.path)
    #expect(outcome.exitCode == exitCode)
    #expect(outcome.errors.hasPrefix("error: \(message)"), "\(outcome.errors)")
    #expect(!outcome.errors.contains("--help") && !outcome.errors.contains("NSCocoa"))
  }

  @Test("a mistake in the arguments of a command leads to the help of that command")
  func help() throws {
    #expect(try CommandRun.run("simulate --wokers 8").errors.hasSuffix("see 'asgd-train simulate --help'\n"))
    #expect(try CommandRun.run("train --wokers 8").errors.hasSuffix("see 'asgd-train --help'\n"))
  }
}
