import FusionConfig
import FusionCore

/// A plugin with everything that the checks try it on.
struct Plugin: Sendable {
  let type: any Component.Type
  var kind: ComponentKind { type.kind }
  var name: String { type.name }
  let knownFailures: [String: String]
  /// The checked-in list of its parameters, where there is one.
  let record: ParameterRecord?
  /// The keys of its configuration.
  let fields: [Field]
  /// The keys that its options describe.
  let optionKeys: [String]
  /// What is lost when the defaults are encoded and decoded; nil: nothing.
  let roundTripLoss: @Sendable () -> String?
  /// Reads options from YAML as a configuration file's, and puts them on all inputs.
  let read: @Sendable (_ yaml: String) -> Result<[Specimen], ConfigError>
  /// The same on given inputs.
  let readOn: @Sendable (_ yaml: String, _ inputs: [Shape]) -> Result<[Specimen], ConfigError>
  /// The defaults, the examples, and the defaults with each word and switch that the options offer, and what each differs
  /// in from the defaults.
  let configurations: [(label: String, component: ConfiguredComponent)]
  /// Every configuration on every input shape, those that are refused included.
  let candidates: [Specimen]
  /// The defaults, or the first example, on shapes that most components cannot take: only whether they are refused sees them.
  let odd: [Specimen]
  /// Those that are accepted.
  let accepted: [Specimen]
  /// The first accepted one of each configuration.
  let representatives: [Specimen]
  /// Configurations that were declared, as defaults or examples, and that no input suits.
  let unsuited: [String]

  /// The plugin of a type of any kind; one that is no part of the pipeline has no specimens.
  init(erasing type: any Component.Type, record: ParameterRecord?) {
    switch type {
    case let fusion as any Fusion.Type: self = Self.fusion(fusion, record)
    case let encoder as any Encoder.Type: self = Self.encoder(encoder, record)
    case let decoder as any Decoder.Type: self = Self.decoder(decoder, record)
    case let modality as any Modality.Type: self = Self.modality(modality, record)
    default: self = Self.other(type, record)
    }
  }

  private static func other<C: Component>(_ type: C.Type, _ record: ParameterRecord?) -> Plugin {
    Plugin(type, record) { _, _, _ in [] }
  }

  /// - Parameter specimens: a configuration, its label, and input shapes besides the kit's own, to specimens.
  init<C: Component>(
    _ type: C.Type, _ record: ParameterRecord?,
    specimens: @escaping @Sendable (C.Configuration, _ label: String, _ inputs: [Shape]) -> [Specimen]
  ) {
    self.type = type
    self.record = record
    knownFailures = type.knownFailures
    fields = C.Configuration.fields
    optionKeys = C.Configuration.options.map { $0.key }
    let examples = type.examples
    let given = examples.map { $0.inputs }.filter { !$0.isEmpty }
    /// On the kit's shapes and on those of all examples.
    @Sendable func everywhere(_ configuration: C.Configuration, _ label: String) -> [Specimen] {
      given.flatMap { specimens(configuration, label, $0) } + specimens(configuration, label, [])
    }
    roundTripLoss = { Self.roundTripLoss(C.Configuration()) }
    read = { yaml in C.Configuration.read(yaml, name: type.name).map { everywhere($0, yaml) } }
    readOn = { yaml, inputs in
      C.Configuration.read(yaml, name: type.name).map { specimens($0, yaml, inputs) }
    }

    let defaults = C.Configuration()
    var groups = [everywhere(defaults, "")]
    groups += examples.map { example in
      let label = Self.difference(example.configuration)
      return example.inputs.isEmpty
        ? everywhere(example.configuration, label) : specimens(example.configuration, label, example.inputs)
    }
    let declared = groups.count
    let variants = Self.variants(of: C.Configuration.self)
    groups += variants.map { everywhere($0.configuration, $0.label) }
    configurations =
      [("", ConfiguredComponent(type, defaults))]
      + examples.map { (Self.difference($0.configuration), ConfiguredComponent(type, $0.configuration)) }
      + variants.filter { type.problems($0.configuration).isEmpty }
      .map { ($0.label, ConfiguredComponent(type, $0.configuration)) }
    candidates = groups.flatMap { $0 }
    let tried = examples.first?.configuration ?? defaults
    odd = Self.oddInputs(type.kind).flatMap { inputs -> [Specimen] in
      let isUsualAccepted = specimens(tried, "", inputs.usual).contains { $0.output != nil }
      return specimens(tried, "", inputs.shapes).map { specimen in
        var specimen = specimen
        specimen.oddInput = isUsualAccepted ? inputs.odd : nil
        return specimen
      }
    }
    let fitting = groups.map { group in group.filter { $0.output != nil } }
    accepted = fitting.flatMap { $0 }
    representatives = fitting.compactMap { $0.first }
    // The defaults may lack something that only a user can say, as long as there is an example that says it.
    let isExempt = { (index: Int) in index == 0 && !examples.isEmpty }
    unsuited =
      !type.kind.isPartOfPipeline
      ? []
      : groups.indices.prefix(declared).filter { fitting[$0].isEmpty && !isExempt($0) }.map {
        groups[$0].first?.configuration ?? ""
      }
  }

  private static func roundTripLoss<C: ComponentConfiguration>(_ defaults: C) -> String? {
    let value = defaults.configValue
    do {
      let back = try C(value: value).configValue
      return back == value ? nil : "encoded \(value.flowText), decoded \(back.flowText)"
    } catch {
      return "the encoded defaults \(value.flowText) do not decode: \(error)"
    }
  }
}

extension Plugin {
  /// The defaults with one switch turned or one word chosen, for each that the options offer.
  private static func variants<C: ComponentConfiguration>(of type: C.Type) -> [(configuration: C, label: String)] {
    type.fields.flatMap { field in
      words(field).compactMap { word in
        let label = "\(field.key): \(word)"
        return (try? C.read("{\(label)}", name: "variant").get()).map { ($0, label) }
      }
    }
  }

  /// What a key may say besides its default, where that can be listed.
  private static func words(_ field: Field) -> [String] {
    var kind = field.kind
    if case .optional(let wrapped) = kind { kind = wrapped }
    let all: [String] =
      switch (kind, field.rule) {
      case (.boolean, _): ["true", "false"]
      case (.choice(let words), _), (.string, .oneOf(let words)): words
      default: []
      }
    return all.filter { $0 != field.defaultValue.flowText }
  }

  /// What an example changes, in words.
  private static func difference<C: ComponentConfiguration>(_ configuration: C) -> String {
    let (own, defaults) = (configuration.configValue, C().configValue)
    return C.fields.compactMap { field in
      guard let value = own[field.key], value != defaults[field.key] else { return nil }
      return "\(field.key): \(value.flowText)"
    }.joined(separator: ", ")
  }
}
