import AsyncSGD
import Foundation
import Testing
import TrainCommand

@Suite("The help")
struct HelpTests {
  @Test(
    "is the snapshot, however it is asked for",
    arguments: [
      ("train", ["--help", "-h", "help", "help train", "help help", "train --help", "--workers 0 -h --unknown"]),
      ("compare", ["compare --help", "help compare", "compare -h"]),
      ("simulate", ["simulate --help", "help simulate", "simulate -h"]),
      ("replay", ["replay --help", "help replay", "replay -h"]), ("scripts", ["help scripts"]),
      ("list", ["list --help", "help list", "list -h", "list models --help"]),
      ("summary", ["summary --help", "help summary", "summary -h"]),
      ("trace", ["trace --help", "help trace", "trace -h", "trace run.asgd --json --help"]),
      ("fit", ["fit --help", "help fit", "fit run.asgd -h"]),
      ("modes", ["help modes"]), ("rules", ["help rules"]), ("optimizers", ["help optimizers"]),
      ("compressions", ["help compressions"]),
    ])
  func snapshot(name: String, requests: [String]) throws {
    for request in requests {
      guard case .help(let text) = try parse(request) else {
        Issue.record("'\(request)' is no request for help")
        continue
      }
      try expectSnapshot(text, named: name)
    }
  }

  @Test(
    "is at most 80 columns wide, without trailing spaces, and ends with one newline",
    arguments: [
      "train", "compare", "simulate", "replay", "list", "summary", "trace", "fit", "modes", "rules", "optimizers",
      "compressions", "scripts",
    ])
  func layout(name: String) throws {
    guard case .help(let text) = try parse("help \(name)") else {
      Issue.record("no help")
      return
    }
    let lines = text.split(separator: "\n", omittingEmptySubsequences: false)
    #expect(lines.count > 10)
    for line in lines {
      #expect(line.count <= 80, "\(line)")
      #expect(line.last != " ", "\(line)")
    }
    #expect(text.hasSuffix("\n") && !text.hasSuffix("\n\n"))
  }

  @Test("names no command that does not exist")
  func noOtherCommands() throws {
    guard case .help(let text) = try parse("help") else {
      Issue.record("no help")
      return
    }
    for absent in ["evaluate", "predict", "export", "report"] {
      #expect(!text.contains("asgd-train \(absent)"))
    }
  }

  @Test("tells every hyperparameter and every choice, with what it goes with")
  func algorithms() throws {
    var pages = ""
    for topic in ["modes", "rules", "optimizers", "compressions"] {
      guard case .help(let text) = try parse("help \(topic)") else {
        Issue.record("no help on \(topic)")
        continue
      }
      pages += text
    }
    for member in AlgorithmFamily.allCases.flatMap({ $0.members }) {
      #expect(pages.contains("\n  \(member.rawValue) "))
    }
    for hyperparameter in Hyperparameter.all
    where !Hyperparameter.general.contains(where: { $0.name == hyperparameter.name }) {
      #expect(pages.contains("\n  \(hyperparameter.option) "), "\(hyperparameter.name)")
    }
    #expect(pages.contains("Goes with --mode async, ssp, dssp, agn or ringmaster;"))
  }

  @Test("lists every exit code")
  func exitCodes() throws {
    guard case .help(let text) = try parse("help") else {
      Issue.record("no help")
      return
    }
    let section = try #require(text.components(separatedBy: "EXIT STATUS:\n").last)
    for code in ExitCode.allCases { #expect(section.contains("  \(code.rawValue) ")) }
  }
}

/// Compares `text` with a file in `Snapshots`.
///
/// With `RECORD_SNAPSHOTS=1` in the environment the file is written and the test fails, so that a recording cannot be
/// taken for a pass.
private func expectSnapshot(_ text: String, named name: String) throws {
  let file = URL(fileURLWithPath: #filePath).deletingLastPathComponent()
    .appendingPathComponent("Snapshots/\(name).txt")
  if ProcessInfo.processInfo.environment["RECORD_SNAPSHOTS"] == "1" {
    try text.write(to: file, atomically: true, encoding: .utf8)
    Issue.record("recorded \(file.lastPathComponent); run again without RECORD_SNAPSHOTS")
  } else {
    let snapshot = try String(contentsOf: file, encoding: .utf8)
    #expect(text == snapshot)
  }
}
