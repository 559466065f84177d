import Foundation
import Testing

@Suite("The article on metrics")
struct MetricsArticleTests {
  @Test("explains every field that metrics have")
  func everyField() throws {
    let root = URL(fileURLWithPath: #filePath).deletingLastPathComponent().appendingPathComponent("../../Sources")
    let article = try String(
      contentsOf: root.appendingPathComponent("AsyncSGD/AsyncSGD.docc/Metrics.md"), encoding: .utf8)
    let directory = root.appendingPathComponent("Reporting/Metrics")
    var fields = Set<String>()
    for file in try FileManager.default.contentsOfDirectory(at: directory, includingPropertiesForKeys: nil) {
      let source = try String(contentsOf: file, encoding: .utf8)
      fields.formUnion(source.matches(of: /add\(\s*"(\w+)"/).map { String($0.1) })
    }
    #expect(fields.isSuperset(of: ["event", "staleness", "parametersHash", "versionGap", "remedies"]))
    let missing = fields.filter { !article.contains("`\($0)`") }
    #expect(missing.isEmpty, "the article says nothing of \(missing.sorted())")
  }
}
