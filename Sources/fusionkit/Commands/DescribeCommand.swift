import ArgumentParser
import FusionConfig
import FusionCore

/// `fusionkit describe`: a plugin's options, or a pipeline's layers.
struct DescribeCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "describe",
    abstract: "Explains a component, or shows the layers of a configuration's pipeline.",
    discussion: """
      With the name of a component: what it does, its traits, its options with their defaults. With a configuration: every \
      layer with its shape, parameters and operations for one sample.

      Examples:
        fusionkit describe low_rank_tensor
        fusionkit describe configs/late_fusion.yaml --set fusion.type=add
      """)

  @Argument(help: ArgumentHelp("A component's name, or the path of a configuration.", valueName: "name or config"))
  var subject: String

  @OptionGroup var overrides: OverrideOptions

  @Option(help: "The kind, where several components have the name.")
  var kind: ComponentKind?

  @OptionGroup var plugins: PluginOptions
  @OptionGroup var json: JSONOption

  func run() throws {
    let registry = try Registry.complete(plugins: plugins.paths)
    if kind == nil, subject.hasSuffix(".yaml") || subject.hasSuffix(".yml") || subject.contains("/") {
      return try describePipeline(Experiment.load(path: subject, overrides: overrides.set, registry: registry))
    }
    guard overrides.set.isEmpty else {
      throw UsageError("--set changes a configuration; '\(subject)' names a component")
    }
    let entries = try find(subject, in: registry)
    if json.isOn { return try Console.printJSON(entries.map { PluginDescription($0) }) }
    try Console.print(entries.map { PluginDescription($0).text }.joined(separator: "\n\n"))
  }

  private func describePipeline(_ experiment: Experiment) throws {
    let overview = try PipelineOverview(experiment, experiment.inferred(KnownShapes(experiment)))
    if json.isOn { return try Console.printJSON(overview) }
    try Console.print(overview.text)
  }

  /// Every component of this name: `mlp` is an encoder and a decoder.
  private func find(_ name: String, in registry: Registry) throws -> [Registry.Entry] {
    if let kind { return [try registry.find(kind, name)] }
    let found = ComponentKind.allCases.compactMap { try? registry.find($0, name) }
    guard found.isEmpty else { return found }
    let names = Set(ComponentKind.allCases.flatMap { registry.all($0).map { $0.type.name } }).sorted()
    throw UsageError(
      "nothing is called '\(name)'" + (nearestSpelling(of: name, among: names).map { ": did you mean '\($0)'?" } ?? "")
        + "\n  available: \(names.joined(separator: ", "))   (fusionkit list)"
        + "\n  a configuration is given by its path, which ends in .yaml")
  }
}
