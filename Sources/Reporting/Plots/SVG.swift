/// Pieces of SVG.
enum SVG {
  /// Returns `text` as markup may contain it, in elements and attributes alike.
  static func escaped(_ text: String) -> String {
    text.reduce(into: "") { result, character in
      switch character {
      case "&": result += "&amp;"
      case "<": result += "&lt;"
      case ">": result += "&gt;"
      case "\"": result += "&quot;"
      case "'": result += "&#39;"
      default: result.append(character)
      }
    }
  }

  /// Returns a coordinate with one digit after the point, which is finer than a screen.
  static func number(_ value: Double) -> String {
    let text = NumberText.fixed(value, digits: 1)
    return text.hasSuffix(".0") ? String(text.dropLast(2)) : text
  }

  /// Returns the path through points, `d` of a `path` element.
  static func path(_ points: [(x: Double, y: Double)]) -> String {
    points.enumerated().map { "\($0 == 0 ? "M" : "L")\(number($1.x)) \(number($1.y))" }.joined()
  }

  /// Returns a text at a place; its classes say how it stands there.
  static func text(_ text: String, x: Double, y: Double, classes: String) -> String {
    "<text class=\"\(classes)\" x=\"\(number(x))\" y=\"\(number(y))\">\(escaped(text))</text>"
  }

  /// Returns about how wide a text is at 13 pixels.
  static func width(of text: String) -> Double { 7.1 * Double(text.count) }

  /// Returns a whole picture, which a screen reader announces by its title and description.
  static func picture(
    id: String, width: Double, height: Double, title: String, description: String, content: [String]
  ) -> String {
    """
    <svg class="plot" xmlns="http://www.w3.org/2000/svg" role="img" viewBox="0 0 \(number(width)) \(number(height))" \
    aria-labelledby="\(id)-title \(id)-description">
    <title id="\(id)-title">\(escaped(title))</title>
    <desc id="\(id)-description">\(escaped(description))</desc>
    \(content.joined(separator: "\n"))
    </svg>

    """
  }
}
