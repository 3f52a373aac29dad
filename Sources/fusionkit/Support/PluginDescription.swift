import FusionConfig
import FusionCore

/// What `fusionkit describe NAME` tells of a plugin.
struct PluginDescription: Encodable {
  /// A key of its configuration.
  struct Key: Encodable {
    let key: String
    let values: String
    let `default`: String
    let summary: String
  }

  /// What a fusion declares about itself.
  struct Traits: Encodable {
    let modalities: String
    let orderMatters: Bool
    let isStochastic: Bool
    let missing: MissingModalityPolicy

    enum CodingKeys: String, CodingKey {
      case modalities, missing
      case orderMatters = "order_matters"
      case isStochastic = "stochastic"
    }
  }

  let kind: ComponentKind
  let name: String
  let aliases: [String]
  let summary: String
  let origin: String
  let traits: Traits?
  /// Of a metric: which values are better, and what it is computed from.
  let direction: MetricDirection?
  let inputs: [MetricInput]?
  /// Of a transform: the option that says how strong it is.
  let strength: String?
  let options: [Key]

  init(_ entry: Registry.Entry) {
    kind = entry.type.kind
    name = entry.type.name
    aliases = entry.type.aliases
    summary = entry.type.summary
    origin = entry.origin
    traits = (entry.type as? any Fusion.Type).map { Self.traits(of: $0) }
    let metric = entry.type as? any Metric.Type
    direction = metric?.direction
    inputs = metric?.inputs.sorted { $0.rawValue < $1.rawValue }
    strength = (entry.type as? any Transform.Type)?.strengthKey
    let own = Self.options(of: entry.type)
    // Those of data sets are many, and the same for all: docs/data-formats.md.
    let common = kind == .dataset ? [] : kind.commonOptions.filter { option in !own.contains { $0.key == option.key } }
    options = Self.keys(own + common)
  }

  private static func traits<F: Fusion>(of type: F.Type) -> Traits {
    let traits = type.traits(F.Configuration())
    return Traits(
      modalities: traits.arity, orderMatters: traits.orderMatters, isStochastic: traits.isStochastic,
      missing: traits.missing)
  }

  private static func options<C: Component>(of type: C.Type) -> [OptionDescription] {
    C.Configuration.optionDescriptions
  }

  private static func keys(_ descriptions: [OptionDescription]) -> [Key] {
    descriptions.map {
      Key(key: $0.key, values: $0.values, default: $0.defaultText, summary: $0.summary)
    }
  }

  /// For people.
  var text: String {
    var lines = ["\(kind.words) \(name)" + (aliases.isEmpty ? "" : "   (also: \(aliases.joined(separator: ", ")))")]
    lines.append("  \(summary)")
    var facts = TextTable(indent: "  ")
    facts.add("from", origin)
    if let traits {
      facts.add("modalities", traits.modalities)
      facts.add("order matters", traits.orderMatters ? "yes" : "no")
      facts.add("stochastic", traits.isStochastic ? "yes" : "no")
      facts.add("missing modality", traits.missing.description)
    }
    if let direction, let inputs {
      facts.add("better", direction.rawValue)
      facts.add("computed from", inputs.map(\.rawValue).joined(separator: " or "))
      let tasks = MetricTask.allCases.filter { !Set(inputs).isDisjoint(with: $0.inputs) }
      facts.add("tasks", tasks.map(\.rawValue).joined(separator: ", "))
    }
    if kind == .transform { facts.add("strength", strength ?? "none") }
    lines += ["", facts.text, ""]
    guard !options.isEmpty else { return (lines + ["  no options"]).joined(separator: "\n") }
    var table = TextTable(["option", "default", "takes", "meaning"], indent: "  ")
    for option in options { table.add(option.key, option.default, option.values, option.summary) }
    return (lines + [table.text]).joined(separator: "\n")
  }
}

extension MissingModalityPolicy {
  /// What happens to its term.
  var description: String {
    switch self {
    case .zero: "zeros take its place"
    case .mean: "the mean of the training features takes its place"
    case .token: "a learned vector takes its place"
    case .skip: "its term is left out"
    case .renormalise: "the remaining terms are weighted up"
    case .refuse: "refused"
    }
  }
}
