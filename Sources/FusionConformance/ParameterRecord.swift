import FusionCore

/// The checked-in list of a plugin's parameters: a text with one section a configuration.
///
/// Saved models hold parameters by name and shape. A list beside the tests makes a change of either a visible one.
///
/// ```text
/// form: vector › modalities image [5], audio [3]
///   W [5, 3]
///   V [3]
/// ```
public struct ParameterRecord: Sendable, Equatable {
  /// The text.
  public let text: String

  /// A record that was read from a file.
  public init(text: String) { self.text = text }

  /// What a plugin makes today.
  public init(of type: any Component.Type) {
    let sections = Plugin(erasing: type, record: nil).representatives.map { Self.section($0) }
    text = sections.map { ([$0.title] + $0.lines).joined(separator: "\n") + "\n" }.joined()
  }

  /// The lines of a specimen, and those on record; nil where the configuration is not on record.
  func lines(of specimen: Specimen) -> (got: [String], expected: [String]?) {
    let own = Self.section(specimen)
    let lines = text.split(separator: "\n").map(String.init)
    guard let start = lines.firstIndex(of: own.title) else { return (own.lines, nil) }
    return (own.lines, Array(lines[(start + 1)...].prefix { $0.hasPrefix("  ") }))
  }

  private static func section(_ specimen: Specimen) -> (title: String, lines: [String]) {
    let configuration = specimen.configuration.isEmpty ? "defaults" : specimen.configuration
    let trial = BuiltComponent(specimen, seed: 0)
    let lines = trial.store.parameters.map { parameter in
      "  \(parameter.name) \(parameter.value.shape)" + (parameter.role == .buffer ? " buffer" : "")
    }
    return ("\(configuration) › \(specimen.inputsDescription)", lines)
  }
}
