import ArgumentParser
import FusionConfig
import FusionCore

/// `fusionkit schema`: what editors need to complete and check configurations.
struct SchemaCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "schema",
    abstract: "Prints a JSON Schema of configurations, for editors.",
    discussion: """
      yaml-language-server takes it from a first line such as: # yaml-language-server: $schema=../schema.json

      Example:
        fusionkit schema > schema.json
      """)

  @OptionGroup var plugins: PluginOptions

  func run() throws { try Console.print(experimentSchema(registry: Registry.complete(plugins: plugins.paths))) }
}
