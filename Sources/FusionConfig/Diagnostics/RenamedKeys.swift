/// Keys that earlier versions called otherwise: refused where somebody writes them, with the new name, and understood in the
/// configuration that a run of such a version left.
public enum RenamedKeys {
  /// New names by old ones.
  static let names = ["select_by": "monitor", "deviation": "std"]

  /// A resolved configuration as an earlier version wrote it, with the keys as they are called now.
  ///
  /// Each key stands at the beginning of a line there. The text is otherwise left as it is, so that it can be compared with
  /// what this version writes. Keys of the same name that belong to a component stay.
  public static func current(_ resolved: String) -> String {
    // Every run of such a version has this key, and none of this one.
    guard resolved.contains("\n  select_by: ") else { return resolved }
    var section = ""
    let lines = resolved.split(separator: "\n", omittingEmptySubsequences: false).map(String.init).map { line in
      if let name = line.wholeMatch(of: /(\w+):.*/)?.1 { section = String(name) }
      return switch section {
      case "training":
        line.replacing(#/^(?<indent> +(?:- )?)select_by: /#) { $0.indent + "monitor: " }
      case "modalities":
        line.replacing(#/^    deviation: /#, with: "    std: ")
      default: line
      }
    }
    return lines.joined(separator: "\n")
  }
}
