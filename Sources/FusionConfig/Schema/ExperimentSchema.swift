import FusionCore

/// The JSON Schema (draft 7) of experiments, for editors: names, options, defaults, ranges, all from the registry.
///
/// A file that `extends` another need not say everything, so required keys are asked only of files that do not.
public func experimentSchema(registry: Registry) -> String {
  let schemas = SectionSchemas(registry: registry)
  let fields = IdentitySettings.fields.map(\.schema)
  let sections = Section.allCases.map { ConfigValue.Entry($0.rawValue, schemas.section($0)) }
  let extends = ConfigValue.Entry(
    "extends",
    .object([
      "description": .string("files to build upon, relative to this file; this file's own keys win"),
      "anyOf": .list([
        .object(["type": .string("string")]),
        .object(["type": .string("array"), "items": .object(["type": .string("string")])]),
      ]),
    ]))
  let plugins = ConfigValue.Entry(
    PluginsSetting.key,
    .object([
      "description": .string(PluginsSetting.summary),
      "anyOf": .list([
        .object(["type": .string("string")]), .object(["type": .string("null")]),
        .object(["type": .string("array"), "items": .object(["type": .string("string")])]),
      ]),
    ]))
  let required = Section.allCases.filter { $0.example != nil }.map(\.rawValue)
  let needsType = ConfigValue.object(["required": .strings(["type"])])
  let complete = ConfigValue.object([
    "required": .strings(required),
    "properties": .object([
      "data": .object(["required": .strings(["dataset"])]), "fusion": needsType, "decoder": needsType,
      "modalities": .object([
        "additionalProperties": .object([
          "required": .strings(["type", "encoder"]), "properties": .object(["encoder": needsType]),
        ])
      ]),
    ]),
  ])
  let root: [ConfigValue.Entry] =
    [
      .init("$schema", .string("http://json-schema.org/draft-07/schema#")),
      .init("title", .string("FusionKit experiment")), .init("type", .string("object")),
    ] + closedObject([extends, plugins] + fields + sections) + [
      .init("if", .object(["required": .strings(["extends"])])), .init("else", complete),
      .init(
        "definitions",
        .object([
          "encoder": schemas.components(.encoder, "from an input to features"),
          "transform": schemas.components(.transform, "a change of samples"),
        ])),
    ]
  return ConfigValue.map(root).json + "\n"
}

private struct SectionSchemas {
  let registry: Registry

  func section(_ section: Section) -> ConfigValue {
    switch section {
    case .data: return components(.dataset, section.summary, [transforms])
    case .fusion: return components(.fusion, section.summary)
    case .decoder: return components(.decoder, section.summary)
    case .task: return variants(TaskSettings.self, section.summary)
    case .modalities:
      let encoder = ConfigValue.Entry("encoder", .object(["$ref": .string("#/definitions/encoder")]))
      return .object([
        "description": .string(section.summary), "type": .string("object"), "minProperties": .integer(1),
        "propertyNames": .object(["pattern": .string("^[a-z][a-z0-9_]*$")]),
        "additionalProperties": components(.modality, nil, [encoder, transforms]),
      ])
    case .compare:
      let training = ConfigValue.Entry("training", .object(["$ref": .string("#/properties/training")]))
      let fusions = ConfigValue.object([
        "description": .string(
          "by name: the options of that fusion, or of the one that 'type' names, and keys of its training"),
        "type": .strings(["object", "null"]), "propertyNames": .object(["pattern": .string("^[a-z][a-z0-9_]*$")]),
        "additionalProperties": components(.fusion, nil, [training]),
      ])
      return .map(
        [.init("description", .string(section.summary)), .init("type", .strings(["object", "null"]))]
          + closedObject([.init("fusions", fusions)]))
    case .training:
      let own = TrainingLoopSettings.fields.map(\.schema)
      let objectives = ConfigValue.object([
        "description": .string("what is minimised, and what changes gradients; none: the task's own loss alone"),
        "type": .strings(["array", "null"]), "minItems": .integer(1),
        "items": components(.objective, nil, ObjectivePartSettings.fields.map(\.schema)),
      ])
      let components: [ConfigValue.Entry] = [
        .init("objective", objectives),
        .init("optimizer", components(.optimizer, "how weights are changed")),
        .init("schedule", components(.schedule, "how the learning rate changes")),
        .init("groups", groups),
      ]
      let initial = ConfigValue.Entry(WeightSource.section, weightSources)
      let callbacks = ConfigValue.object([
        "description": .string("what is told of the training and writes it down; never changes a result"),
        "type": .strings(["array", "null"]), "items": self.components(.callback, nil),
      ])
      return .map(
        [.init("description", .string(section.summary)), .init("type", .strings(["object", "null"]))]
          + closedObject(
            own + components + [initial, .init("callbacks", callbacks), .init("stages", stages(own + components))]))
    case .sweep:
      let sampler = ConfigValue.Entry("sampler", variants(SamplerSettings.self, "which combinations are tried"))
      let own = [sampler] + SweepJudging.fields.map(\.schema) + [.init("parameters", sweepParameters)]
      return .map(
        [.init("description", .string(section.summary)), .init("type", .strings(["object", "null"]))]
          + closedObject(own))
    }
  }

  /// A list of transforms.
  private var transforms: ConfigValue.Entry {
    .init(
      TransformSettings.key,
      .object([
        "description": .string(TransformSettings.summary), "type": .strings(["array", "null"]),
        "items": .object(["$ref": .string("#/definitions/transform")]),
      ]))
  }

  /// A list of values or a range for each key; null takes one of a base away.
  private var sweepParameters: ConfigValue {
    let list = ConfigValue.object(["type": .string("array"), "minItems": .integer(2)])
    let range = ConfigValue.map(
      [.init("type", .string("object")), .init("required", .strings(["low", "high"]))]
        + closedObject(SweepRangeSettings.fields.map(\.schema)))
    return .object([
      "description": .string("what is varied: dotted keys, several with commas between them set together"),
      "type": .string("object"),
      "additionalProperties": .object([
        "anyOf": .list([list, range, .object(["type": .string("null")])])
      ]),
    ])
  }

  /// A path for each part of the pipeline; null takes one of a base away.
  private var weightSources: ConfigValue {
    let path = ConfigValue.object(["type": .strings(["string", "null"])])
    let encoders = ConfigValue.object(["type": .strings(["string", "object", "null"]), "additionalProperties": path])
    return .map(
      [
        .init(
          "description",
          .string(
            "runs or safetensors files whose weights parts begin with: encoders, encoders.NAME, fusion, decoder, or model"
          )),
        .init("type", .strings(["object", "null"])), .init("properties", .object(["encoders": encoders])),
        .init("additionalProperties", path),
      ])
  }

  /// The keys of any optimizer, for each part of the pipeline.
  private var groups: ConfigValue {
    let keys = registry.all(.optimizer).flatMap { fields(of: $0.type) }.map(\.key) + GroupPartSettings.fields.map(\.key)
    let group = closedObject(Set(keys).sorted().map { .init($0, .map([])) })
    return .object([
      "description": .string(
        "parts with another learning rate, decay or warm-up: encoders, encoders.NAME, fusion, decoder"),
      "type": .strings(["object", "null"]),
      "additionalProperties": .map([.init("type", .strings(["object", "null"]))] + group),
    ])
  }

  /// A map whose `type` (`dataset` for data sets) decides which other keys there are.
  ///
  /// - Parameter more: keys beside those of every component of the kind.
  func components(_ kind: ComponentKind, _ description: String?, _ more: [ConfigValue.Entry] = []) -> ConfigValue {
    choice(
      registry.all(kind).map { entry in
        Choice(
          names: [entry.type.name] + entry.type.aliases, summary: entry.type.summary,
          options: fields(of: entry.type).map(\.schema))
      }, key: kind.nameKey, common: kind.commonFields.map(\.schema) + more,
      // A modality that is null is taken away.
      types: kind == .modality ? .strings(["object", "null"]) : .string("object"),
      description: description)
  }

  /// The stages of a training, which take its keys `common` too: their defaults are what the training says.
  private func stages(_ common: [ConfigValue.Entry]) -> ConfigValue {
    let inherited = common.map { entry in
      ConfigValue.Entry(entry.key, .map(entry.value.entries.filter { $0.key != "default" }))
    }
    // A word, or a list as the training's.
    let word = StageKeys.fields.map(\.schema).first { $0.key == "objective" }
    let objective = ConfigValue.Entry(
      "objective",
      .object([
        "anyOf": .list(
          [word?.value, common.first { $0.key == "objective" }?.value].compactMap { $0 })
      ]))
    let own = StageKeys.fields.map(\.schema).filter { $0.key != "objective" }
    let others = inherited.filter { $0.key != "objective" }
    let stage: [ConfigValue.Entry] =
      [.init("type", .string("object"))] + closedObject(own + [objective] + others)
    return .object([
      "description": .string("stages of training, one after the other; what they do not say they take from 'training'"),
      "type": .strings(["array", "null"]), "minItems": .integer(1), "items": .map(stage),
    ])
  }

  func variants<V: VariantSettings>(_ type: V.Type, _ description: String) -> ConfigValue {
    choice(
      V.variants.map {
        Choice(names: [$0.name], summary: $0.summary, options: $0.configuration.fields.map(\.schema))
      }, key: "type", common: [], description: description)
  }

  private struct Choice {
    let names: [String]
    let summary: String
    let options: [ConfigValue.Entry]
  }

  private func choice(
    _ choices: [Choice], key: String, common: [ConfigValue.Entry], types: ConfigValue = .string("object"),
    description: String?
  ) -> ConfigValue {
    let names = choices.flatMap(\.names)
    let summaries = choices.flatMap { choice in choice.names.map { _ in choice.summary } }
    let type = ConfigValue.Entry(
      key, .object(["enum": .strings(names), "enumDescriptions": .strings(summaries)]))
    let cases = choices.map { choice -> ConfigValue in
      let taken = Set(common.map(\.key) + [key])
      let own = choice.options.filter { !taken.contains($0.key) }
      let named = ConfigValue.Entry(key, .object(["enum": .strings(choice.names)]))
      return .object([
        "if": .object(["required": .strings([key]), "properties": .map([named])]),
        "then": .map([.init("description", .string(choice.summary))] + closedObject([type] + common + own)),
      ])
    }
    // Without a type, which a file that is extended may have said: any key of any of them.
    let keys = Set(choices.flatMap { $0.options.map(\.key) }).subtracting(common.map(\.key)).subtracting([key])
    let anyKey = keys.sorted().map { ConfigValue.Entry($0, .map([])) }
    let untyped = ConfigValue.object([
      "if": .object(["not": .object(["required": .strings([key])])]),
      "then": .map(closedObject([type] + common + anyKey)),
    ])
    let head = description.map { [ConfigValue.Entry("description", .string($0))] } ?? []
    return .map(
      head + [
        .init("type", types), .init("properties", .map([type] + common)),
        .init("allOf", .list(cases + [untyped])),
      ])
  }

  private func fields(of type: any Component.Type) -> [Field] {
    func fields<C: Component>(_ type: C.Type) -> [Field] { C.Configuration.fields }
    return fields(type)
  }
}
