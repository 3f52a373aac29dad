import ArgumentParser
import FusionCore

/// `fusionkit list`: what is registered.
struct ListCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "list",
    abstract: "Lists the components that a configuration can name.",
    discussion: """
      Example:
        fusionkit list fusions
      """)

  @Argument(help: "Only one kind, for example fusions.")
  var kind: ComponentKind?

  @OptionGroup var plugins: PluginOptions
  @OptionGroup var json: JSONOption

  func run() throws {
    let registry = try Registry.complete(plugins: plugins.paths)
    // A kind of which nothing is registered is not shown, unless it was asked for.
    let kinds = kind.map { [$0] } ?? ComponentKind.allCases.filter { !registry.all($0).isEmpty }
    guard !json.isOn else {
      return try Console.printJSON(kinds.flatMap { kind in registry.all(kind).map { Row($0) } })
    }
    if let kind, registry.all(kind).isEmpty {
      return try Console.print("\(kind.plural)\n  none is registered; --plugin LIBRARY loads those of a library")
    }
    // One table, cut where the kind changes, so that the columns of all kinds stand below each other.
    var table = TextTable(indent: "  ")
    for kind in kinds {
      for entry in registry.all(kind) {
        let aliases = entry.type.aliases.isEmpty ? "" : "   (also: \(entry.type.aliases.joined(separator: ", ")))"
        table.add(entry.type.name, entry.type.summary + aliases)
      }
    }
    var lines = table.text.split(separator: "\n")[...]
    let sections = kinds.map { kind in
      let count = registry.all(kind).count
      defer { lines = lines.dropFirst(count) }
      return ([kind.plural[...]] + lines.prefix(count)).joined(separator: "\n")
    }
    try Console.print(sections.joined(separator: "\n\n"))
  }

  private struct Row: Encodable {
    let kind: ComponentKind
    let name: String
    let aliases: [String]
    let summary: String
    let origin: String

    init(_ entry: Registry.Entry) {
      kind = entry.type.kind
      name = entry.type.name
      aliases = entry.type.aliases
      summary = entry.type.summary
      origin = entry.origin
    }
  }
}
