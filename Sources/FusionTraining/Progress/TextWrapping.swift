/// The lines of a text that is broken at blanks, none longer than a width but where a single word is: words stay whole.
///
/// Lines that the text has already stay lines.
package func wrapped(_ text: String, to width: Int) -> [String] {
  text.split(separator: "\n", omittingEmptySubsequences: false).flatMap { line -> [String] in
    if line.count <= width { return [String(line)] }
    // Blanks at the beginning indent what follows, too.
    let margin = String(line.prefix { $0 == " " }.prefix(width / 2))
    var lines: [String] = []
    var current = margin
    for word in line.split(separator: " ") {
      let isFirst = current.count == margin.count
      if !isFirst, current.count + 1 + word.count > width {
        lines.append(current)
        current = margin + word
      } else {
        current += (isFirst ? "" : " ") + word
      }
    }
    return lines + [current]
  }
}
