import FusionConfig
import FusionCore
import Testing

@Suite struct SchemaTests {
  private let schema: ConfigValue
  init() throws { schema = try ConfigValue(yaml: experimentSchema(registry: toyRegistry)) }

  @Test(arguments: [
    plainText,
    "extends: base.yaml\n",
    "extends: a.yaml\nmodalities: {audio: null}\n",
    "extends: a.yaml\nmodalities: {audio: {transforms: [{type: gaussian_noise, std: 0.2}]}}\ndata: {transforms: null}\n",
    "extends: [a.yaml, b.yaml]\nfusion: {type: join}\ntraining: {optimizer: {weight_decay: 2e-4}}\n",
    plainText + "name: x\nseed: 18446744073709551615\ntask: {type: classification, class_weights: [1, 2.5]}\n",
    plainText + "task: {type: classification, class_weights: balanced}\ntraining:\n",
    plainText
      + "training: {modality_dropout: {audio: 0.5}}\n",
    plainText.replacing("{type: toy_join}", with: "{type: toy_join, missing: token}")
      + "training: {modality_dropout: 0.5}\n",
    plainText
      + "sweep: {sampler: {type: random, trials: 3}, folds: 2, parameters: {seed: [1, 2], 'a, b': {low: 1, high: 2}}}\n",
    plainText
      + "training: {gradient_clip: null, early_stopping: {patience: 3}, optimizer: {type: adam, betas: [0, 0.5]}}\n",
  ])
  func validFilesKeepTheSchema(text: String) throws {
    #expect(violations(of: schema, try ConfigValue(yaml: text)) == [])
  }

  @Test func everyResolvedConfigurationKeepsTheSchema() throws {
    let experiment = try load(plainText, "fusion.type=toy_pair", "training.optimizer.type=adamw")
    #expect(violations(of: schema, experiment.resolved) == [])
  }

  @Test(arguments: [
    ("sed: 1\n", "sed"), ("seed: -1\n", "seed"), ("training: {epochs: 2.5}\n", "epochs"),
    ("training: {optimizer: {type: adam, momentum: 0.9}}\n", "momentum"), ("task: {type: guess}\n", "type"),
    ("training: {early_stopping: {patience: 0}}\n", "patience"), ("training: {select: bets}\n", "select"),
    ("training: {optimizer: {learnig_rate: 1}}\n", "learnig_rate"),
    ("training: {modality_dropout: 1.5}\n", "modality_dropout"),
    ("training: {modality_dropout: {audio: -1}}\n", "modality_dropout"),
    ("task: {type: classification, class_weights: all}\n", "class_weights"),
    ("sweep: {sampler: {type: grid, trials: 3}}\n", "trials"), ("sweep: {fold: 3}\n", "fold"),
    ("sweep: {parameters: {seed: {low: 1}}}\n", "parameters.seed"),
  ])
  func invalidKeysBreakTheSchema(addition: String, key: String) throws {
    let found = violations(of: schema, try ConfigValue(yaml: plainText + addition))
    #expect(found.contains { $0.contains(key) }, "found \(found)")
  }

  @Test(arguments: [
    ("toy_join", "toy_jion"), ("toy_head", "toy_net"), ("blocks: 2", "blocks: 0"), ("image:", "Image:"),
    ("dataset: toy_digits, ", ""), ("fusion: {type: toy_join}\n", ""), ("blocks: 2", "bloks: 2"),
    ("{type: toy_join}", "{type: toy_join, missing: tokn}"),
    ("{type: toy_image, encoder: {type: toy_net}}", "{type: toy_image}"),
    ("encoder: {type: toy_net}}", "encoder: {type: toy_net}, transforms: [{type: gaussian_nose}]}"),
    ("encoder: {type: toy_net}}", "encoder: {type: toy_net}, transforms: [{type: gaussian_noise, std: -1}]}"),
    ("encoder: {type: toy_net}}", "encoder: {type: toy_net}, transforms: {type: gaussian_noise}}"),
  ])
  func mistakesInComponentsBreakTheSchema(right: String, wrong: String) throws {
    let text = plainText.replacing(right, with: wrong)
    #expect(violations(of: schema, try ConfigValue(yaml: text)) != [])
  }

  @Test func optionsAreDescribedWithDefaults() throws {
    let epochs = try #require(schema["properties"]?["training"]?["properties"]?["epochs"])
    #expect(epochs["description"] == .string("passes over the training part; 0 saves the initial weights"))
    #expect(epochs["default"] == .integer(20))
    #expect(epochs["minimum"] == .integer(0))
  }
}

/// The part of JSON Schema, draft 7, that the schema of experiments uses.
private func violations(of schema: ConfigValue, _ value: ConfigValue, root: ConfigValue? = nil, at path: String = "")
  -> [String]
{
  let root = root ?? schema
  func check(_ schema: ConfigValue, _ value: ConfigValue, _ path: String) -> [String] {
    violations(of: schema, value, root: root, at: path)
  }
  if case .string(let reference)? = schema["$ref"] {
    return check(root["definitions"]![String(reference.split(separator: "/").last!)]!, value, path)
  }
  var found: [String] = []
  if let types = schema["type"]?.asList, !types.contains(where: { matches($0, value) }) {
    return ["\(path): type"]
  }
  if let words = schema["enum"]?.asList, !words.contains(value) { found.append("\(path): enum") }
  if let number = value.asNumber {
    if let bound = schema["minimum"]?.asNumber, number < bound { found.append("\(path): minimum") }
    if let bound = schema["maximum"]?.asNumber, number > bound { found.append("\(path): maximum") }
    if let bound = schema["exclusiveMinimum"]?.asNumber, number <= bound { found.append("\(path): above") }
    if let bound = schema["exclusiveMaximum"]?.asNumber, number >= bound { found.append("\(path): below") }
  }
  if case .list(let elements) = value, let items = schema["items"] {
    found += elements.enumerated().flatMap { check(items, $0.element, "\(path)[\($0.offset)]") }
  }
  if case .map(let entries) = value {
    for key in schema["required"]?.asList ?? [] where !entries.contains(where: { .string($0.key) == key }) {
      found.append("\(path): required \(key)")
    }
    if case .string(let pattern)? = schema["propertyNames"]?["pattern"] {
      let regex = try! Regex(pattern)
      found += entries.filter { $0.key.wholeMatch(of: regex) == nil }.map { "\(path).\($0.key): name" }
    }
    for entry in entries {
      if let property = schema["properties"]?[entry.key] {
        found += check(property, entry.value, "\(path).\(entry.key)")
      } else if schema["additionalProperties"] == .boolean(false) {
        found.append("\(path).\(entry.key): unknown")
      } else if let additional = schema["additionalProperties"] {
        found += check(additional, entry.value, "\(path).\(entry.key)")
      }
    }
  }
  if let not = schema["not"], check(not, value, path).isEmpty { found.append("\(path): not") }
  for part in schema["allOf"]?.asList ?? [] { found += check(part, value, path) }
  if let any = schema["anyOf"]?.asList, !any.contains(where: { check($0, value, path).isEmpty }) {
    found.append("\(path): anyOf")
  }
  if let condition = schema["if"] {
    let branch = check(condition, value, path).isEmpty ? schema["then"] : schema["else"]
    found += branch.map { check($0, value, path) } ?? []
  }
  return found
}

private func matches(_ type: ConfigValue, _ value: ConfigValue) -> Bool {
  switch (type, value) {
  case (.string("object"), .map), (.string("array"), .list), (.string("string"), .string), (.string("null"), .null),
    (.string("boolean"), .boolean), (.string("integer"), .integer), (.string("integer"), .unsigned):
    true
  case (.string("number"), _): value.asNumber != nil
  default: false
  }
}

extension ConfigValue {
  fileprivate var asList: [ConfigValue]? {
    switch self {
    case .list(let elements): elements
    case .string: [self]
    default: nil
    }
  }

  fileprivate var asNumber: Double? {
    switch self {
    case .integer(let number): Double(number)
    case .unsigned(let number): Double(number)
    case .number(let number): number
    default: nil
    }
  }
}
