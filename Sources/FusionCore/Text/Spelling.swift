/// The candidate that `word` was most likely meant to be, if any is close: at most a third of its letters differ, capitals
/// aside.
///
/// Distance: optimal string alignment (insertions, deletions, substitutions and swaps of neighbours).
public func nearestSpelling(of word: String, among candidates: [String]) -> String? {
  let length = word.count
  func allowed(_ candidate: String) -> Int { max(1, max(length, candidate.count) / 3) }
  // The lengths differ by no more than the words do: a text of megabytes is not compared letter by letter.
  let near = candidates.filter { abs($0.count - length) <= allowed($0) }
  let scored = near.map { (distance(Array(word.lowercased()), Array($0.lowercased())), $0) }.min { $0 < $1 }
  guard let (best, candidate) = scored, best <= allowed(candidate) else { return nil }
  return candidate
}

private func distance(_ a: [Character], _ b: [Character]) -> Int {
  var rows = [Array(0...b.count)]
  for i in 0..<a.count {
    var row = [i + 1]
    for j in 0..<b.count {
      var best = min(rows[i][j + 1] + 1, row[j] + 1, rows[i][j] + (a[i] == b[j] ? 0 : 1))
      if i > 0, j > 0, a[i] == b[j - 1], a[i - 1] == b[j] { best = min(best, rows[i - 1][j - 1] + 1) }
      row.append(best)
    }
    rows.append(row)
  }
  return rows[a.count][b.count]
}

/// A count with its thousands apart: 260,922.
package func grouped(_ count: Int) -> String {
  let digits = Array(String(count))
  return String(digits.enumerated().flatMap { (digits.count - $0) % 3 == 0 && $0 > 0 ? [",", $1] : [$1] })
}
