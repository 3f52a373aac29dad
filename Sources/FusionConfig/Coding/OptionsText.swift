import FusionCore

extension ComponentConfiguration {
  /// Reads a flow map such as `{width: 4}` over the defaults, as the section of a component is read from a file.
  ///
  /// - Parameter name: of the section, for messages.
  package static func read(_ yaml: String, name: String) -> Result<Self, ConfigError> {
    do throws(ConfigError) {
      let node = try NodeParser.parse(checkedSource(name: "options.yaml", bytes: Array(yaml.utf8), order: 0))
      var reader = StrictReader()
      let configuration = reader.configuration(Self.self, node, MapContext(name))
      try reader.findings.throwIfAny()
      // Nil without a finding does not happen: reading gives one or the other.
      guard let configuration else { throw ConfigError(Diagnostic(node.mark, "the options cannot be read")) }
      return .success(configuration)
    } catch {
      return .failure(error)
    }
  }

  /// The configuration that encodes to `value`: the way back from ``configValue``.
  ///
  /// - Throws: `DecodingError`, or what the type's own `init(from:)` throws.
  package init(value: ConfigValue) throws { self = try ValueDecoder(value: value).decode(Self.self) }
}
