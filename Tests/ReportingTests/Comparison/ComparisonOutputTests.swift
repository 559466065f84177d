import Foundation
import Testing

@testable import Reporting

#if canImport(FoundationXML)
  import FoundationXML
#endif

@Suite("The outputs of a comparison")
struct ComparisonOutputTests {
  private let cells = [sampleCell("sync"), sampleCell("async"), sampleCell("ssp:3", rule: "dc-asgd-a")]

  private var runs: [ComparisonRun] {
    sampleRuns(cells[0], [0.90, 0.91, 0.92], seconds: [10, 11, 12])
      + sampleRuns(cells[1], [0.93, 0.91, 0.94], seconds: [6, 7, 6])
      + sampleRuns(cells[2], [0.5, 0.4, 0.45], seconds: [5, 5, 5])
  }

  @Test("a run reads back from its line as it was, whatever its use")
  func roundTrip() {
    var run = runs[2]
    run.settings["note"] = "a \"quoted\" name, with a line\nend"
    run.seed = .max
    #expect(ComparisonRun.line(Array(run.json(as: .run).utf8)) == .run(run))
    #expect(ComparisonRun.line(Array(run.json(as: .unused).utf8)) == .run(run))
    #expect(!run.json(as: .run).contains("\n"))
  }

  @Test("a loss that is no number is null, and comes back as none")
  func infiniteLoss() throws {
    var run = runs[0]
    var points = run.curve.points
    points[4].testLoss = .infinity
    run.curve = LearningCurve(points)
    guard case .run(let read) = ComparisonRun.line(Array(run.json(as: .run).utf8)) else {
      Issue.record("no run")
      return
    }
    #expect(read.curve.points[4].testLoss.isNaN)
    #expect(read.curve.points[4].testAccuracy == points[4].testAccuracy)
  }

  @Test("a line that is damaged, or of something else, is no run")
  func damagedLines() {
    let line = runs[0].json(as: .run)
    for count in 0..<line.utf8.count {
      #expect(ComparisonRun.line(Array(line.utf8.prefix(count))) == nil)
    }
    for other in [
      "{}", "[]", "{\"event\":\"epoch\",\"epoch\":1}", "null", "\u{FF}",
      line.replacingOccurrences(of: "\"completed\"", with: "\"interrupted\""),
      line.replacingOccurrences(of: "\"workers\":4", with: "\"workers\":0"),
      line.replacingOccurrences(of: "\"examples\":250", with: "\"examples\":2.5"),
      line.replacingOccurrences(of: "\"from\":0", with: "\"from\":-1"),
      line.replacingOccurrences(of: "\"seconds\":2.5", with: "\"seconds\":-1"),
    ] {
      #expect(ComparisonRun.line(Array(other.utf8)) == nil, "\(other.prefix(80))")
    }
  }

  @Test("lines of cells and the verdict are JSON, and recognized as results")
  func records() throws {
    let analysis = ComparisonAnalysis(runs, cells: cells)
    let verdict = ComparisonVerdict(analysis, place: "here")
    let lines = ComparisonRecord.lines(analysis, verdict)
    #expect(lines.count == 4)
    for line in lines {
      #expect(ComparisonRun.line(Array(line.utf8)) == .derived)
      #expect(try JSONSerialization.jsonObject(with: Data(line.utf8)) is [String: Any])
    }
    let cell = try #require(try JSONSerialization.jsonObject(with: Data(lines[1].utf8)) as? [String: Any])
    #expect(cell["mode"] as? String == "async")
    let gradients = try #require(cell["equalGradients"] as? [String: Any])
    let difference = try #require(gradients["accuracyDifference"] as? [String: Any])
    #expect(abs(try #require(difference["mean"] as? Double) - 0.05 / 3) < 1e-9)
    #expect(difference["seeds"] as? Int == 3)
    let last = try #require(try JSONSerialization.jsonObject(with: Data(lines[3].utf8)) as? [String: Any])
    #expect(last["conclusion"] as? String == verdict.conclusion)
  }

  @Test("the table of values has one line for each evaluation, and quotes what needs it")
  func commaSeparated() {
    var run = runs[0]
    run.cell.mode = "dssp:a=1,\"b\""
    let lines = ComparisonCSV.text([run]).split(separator: "\n", omittingEmptySubsequences: false)
    #expect(lines.count == 23)
    #expect(lines[0] == "mode,rule,workers,seed,outcome,examples,updates,seconds,trainLoss,testLoss,testAccuracy")
    #expect(lines[1] == "\"dssp:a=1,\"\"b\"\"\",plain,4,1,completed,0,0,0.0,,2.3,0.1")
    #expect(lines[22].isEmpty)
  }

  @Test("the tables have a line for each cell, a baseline, and say what diverged")
  func tables() {
    let lost = sampleComparisonRun(cells[1], seed: 4, accuracy: 0.2, outcome: .diverged)
    let text = "\(ComparisonTables(ComparisonAnalysis(runs + [lost], cells: cells, target: 0.8)))"
    #expect(text.contains("AT EQUAL GRADIENTS: 1,000 examples, 4 workers\n"))
    #expect(text.contains("AT EQUAL TIME: 5.00s, 4 workers\n"))
    #expect(text.contains("TIME TO 80.00% (as given), 4 workers\n"))
    #expect(text.contains(/sync  +plain  +91\.00% ±2\.48  +baseline/))
    #expect(text.contains(/async  +plain  +92\.67% ±3\.79, 1 diverged/))
    #expect(text.contains(/ssp:3  +dc-asgd-a  +0 of 3  +never  +-  +1\.50/))
    #expect(!text.contains(" \n") && !text.contains("nan"))
  }

  @Test("the page is well formed, needs nothing else, and every picture has a title and a description")
  func page() throws {
    let strange = sampleCell("<b>&\"'", rule: "plain")
    let analysis = ComparisonAnalysis(
      runs + sampleRuns(strange, [0.1, .nan, 0.9], seconds: [1, 2, 3]), cells: cells + [strange])
    let html = ComparisonPage(
      analysis, verdict: ComparisonVerdict(analysis, place: "here"), command: "asgd-train compare --x '<&>'",
      clock: "wall-clock", notes: ["left out: <none>"]
    ).html
    #expect(!html.contains("<b>") && !html.contains("<script") && !html.contains("nan") && !html.contains("inf\""))
    let links = html.components(separatedBy: "http").dropFirst()
    #expect(links.allSatisfy { $0.hasPrefix("://www.w3.org/2000/svg\"") })
    #expect(html.contains("prefers-color-scheme:dark"))
    let pictures = try pictures(html)
    #expect(pictures.count == 4)
    var ids = Set<String>()
    for picture in pictures {
      let elements = try elements(picture)
      #expect(elements.contains("title") && elements.contains("desc"))
      for id in picture.components(separatedBy: " id=\"").dropFirst() {
        #expect(ids.insert(String(id.prefix { $0 != "\"" })).inserted)
      }
    }
  }

  @Test("the page of runs that all diverged has no pictures, and stands")
  func emptyPage() throws {
    let lost = cells.map { sampleComparisonRun($0, seed: 1, accuracy: 0.2, outcome: .diverged) }
    let analysis = ComparisonAnalysis(lost, cells: cells)
    let html = ComparisonPage(
      analysis, verdict: ComparisonVerdict(analysis, place: "here"), command: "c", clock: "virtual", notes: []
    ).html
    #expect(html.contains("There is one seed"))
    for picture in try pictures(html) { _ = try elements(picture) }
  }

  private func pictures(_ html: String) throws -> [String] {
    try html.components(separatedBy: "<svg ").dropFirst().map { part in
      let end = try #require(part.range(of: "</svg>"))
      return "<svg " + part[..<end.upperBound]
    }
  }

  /// The names of all elements; fails if the text is not well formed.
  private func elements(_ xml: String) throws -> [String] {
    let reader = ElementReader()
    let parser = XMLParser(data: Data(xml.utf8))
    parser.delegate = reader
    #expect(parser.parse(), "\(parser.parserError.map { "\($0)" } ?? "")")
    return reader.names
  }
}

private final class ElementReader: NSObject, XMLParserDelegate {
  private(set) var names: [String] = []

  func parser(
    _ parser: XMLParser, didStartElement elementName: String, namespaceURI: String?, qualifiedName: String?,
    attributes: [String: String]
  ) {
    names.append(elementName)
  }
}
