/// How help is set: always 80 columns wide, names on the left, what they mean beside them.
package enum HelpLayout {
  private static let width = 80
  /// The column at which an option's help begins.
  package static let helpColumn = 27

  /// Returns the lines of an option: its name, what it means, the values that it takes and its default.
  package static func entry<Options>(_ option: OptionSpecification<Options>) -> String {
    var facts: [String] = []
    if !option.values.isEmpty { facts.append("values: \(option.values.joined(separator: ", "))") }
    if let defaultText = option.defaultText { facts.append("default: \(defaultText)") }
    let help = option.help + (facts.isEmpty ? "" : " (\(facts.joined(separator: "; ")))")
    return entry(option.name + (option.placeholder.map { " \($0)" } ?? ""), help)
  }

  /// Returns a name at column 2 with its help beside it.
  package static func entry(_ name: String, _ help: String, column: Int = helpColumn) -> String {
    let lines = wrapped(help, indent: column)
    guard name.count + 4 <= column else { return "  \(name)\n\(lines)" }
    return "  \(name)" + String(lines.dropFirst(name.count + 2))
  }

  /// Breaks `text` into lines of at most ``width`` characters, each indented and with its newline.
  package static func wrapped(_ text: String, indent: Int = 0) -> String {
    let margin = String(repeating: " ", count: indent)
    var lines: [String] = []
    var line = margin
    for word in text.split(separator: " ") {
      if line.count > indent, line.count + 1 + word.count > width {
        lines.append(line)
        line = margin
      }
      line += (line.count > indent ? " " : "") + word
    }
    lines.append(line)
    return lines.joined(separator: "\n") + "\n"
  }
}
