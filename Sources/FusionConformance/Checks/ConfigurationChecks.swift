import FusionConfig
import FusionCore

extension Check {
  static let configuration = [
    Check(
      "CFG-1", "the defaults survive a round trip, and each key is described once",
      protects: "options that a resolved configuration loses, so that a run cannot be repeated"
    ) { plugin, findings in
      if let loss = plugin.roundTripLoss() {
        findings.fail(loss, hint: "CodingKeys that leave a property out, or an init(from:) that reads other keys")
      }
      let keys = plugin.fields.map(\.key)
      findings.expectEqual(
        plugin.optionKeys.sorted(), keys.sorted(), "the keys of 'options' beside those of the encoded defaults",
        hint: "one Option for each property, under the name of its coding key")
    },
    Check(
      "CFG-2", "an unknown key is refused with its place",
      protects: "misspelt options that are silently left at their defaults"
    ) { plugin, findings in
      let stranger = "unknown_key_of_the_kit"
      for place in [[]] + mapPlaces(plugin.fields) {
        let (opening, closing) = (place.map { "{\($0): " }.joined(), String(repeating: "}", count: place.count))
        let text = "\(opening){\(stranger): 1}\(closing)"
        findings.within(text) { findings in
          switch plugin.read(text) {
          case .failure(let error) where error.diagnostics.contains { $0.mark != nil && $0.message.contains(stranger) }:
            break
          case .failure(let error):
            findings.fail("got another error: \(error.diagnostics.map(\.message).joined(separator: "; "))")
          case .success:
            findings.fail(
              "got a configuration   expected an error at line 1 that names '\(stranger)'",
              hint:
                "the options of a map inside of options are known only where its default is not nil, or its type is a "
                + "ComponentConfiguration")
          }
        }
      }
    },
    Check(
      "CFG-3", "a number out of range is refused when the file is read, at its place",
      protects: "widths of 0 or -1, and sizes whose products overflow, that stop a program in the middle of a run"
    ) { plugin, findings in
      for field in plugin.fields { checkRange(of: field, plugin, &findings) }
    },
  ]

  /// Where a map may stand below the options: what tells nothing of its keys, or has some.
  private static func mapPlaces(_ fields: [Field]) -> [[String]] {
    fields.flatMap { field -> [[String]] in
      var kind = field.kind
      if case .optional(let wrapped) = kind { kind = wrapped }
      switch kind {
      case .anything: return [[field.key]]
      case .structure(let inner): return [[field.key]] + mapPlaces(inner).map { [field.key] + $0 }
      default: return []
      }
    }
  }

  private static func checkRange(of field: Field, _ plugin: Plugin, _ findings: inout Findings) {
    guard let number = NumericField(field) else { return }
    let rule = "Option(\"\(field.key)\", …)"
    if number.isInteger, number.lower == nil || number.upper == nil {
      findings.fail(
        "the whole number '\(field.key)' has no \(number.lower == nil ? "lower" : "upper") end   expected a range in \(rule)",
        hint: "Option.Rule.size suits widths and ranks; .range(1, 64) a number of layers")
      return
    }
    for value in number.outside {
      let text = "{\(field.key): \(number.written(value))}"
      findings.within(text) { findings in
        if case .success = plugin.read(text) {
          findings.fail("got a configuration   expected an error at '\(field.key)'")
        }
      }
    }
    for value in number.ends {
      let text = "{\(field.key): \(number.written(value))}"
      guard case .success(let specimens) = plugin.read(text) else { continue }
      for specimen in specimens.prefix(12) {
        guard case .accepted(let shape, let summary) = specimen.verdict else { continue }
        let sizes = summary.layers.flatMap(\.output) + shape
        guard sizes.contains(where: { $0 < 1 }) || summary.layers.contains(where: { $0.parameters < 0 }) else {
          continue
        }
        findings.within("\(text) › \(specimen.inputsDescription)") {
          $0.fail(
            "it is accepted and gives \(shape)   expected an error: a size below 1 cannot be built",
            hint: "tighten the range in \(rule), or say context.problem(…) in init")
        }
        break
      }
    }
  }
}

/// A key that takes numbers, alone or in a list, and the values around its range.
private struct NumericField {
  let isInteger: Bool
  let isList: Bool
  let lower, upper: Double?
  private let includesLower, includesUpper: Bool

  init?(_ field: Field) {
    var kind = field.kind
    var isList = false
    unwrap: while true {
      switch kind {
      case .optional(let wrapped): kind = wrapped
      case .list(let element): (kind, isList) = (element, true)
      default: break unwrap
      }
    }
    switch kind {
    case .integer: isInteger = true
    case .number: isInteger = false
    default: return nil
    }
    self.isList = isList
    var (lower, upper, includesLower, includesUpper): (Double?, Double?, Bool, Bool) = (nil, nil, true, true)
    switch field.rule {
    case .any, .oneOf: break
    case .range(let low, let high, let withLow, let withHigh):
      (lower, upper, includesLower, includesUpper) = (low, high, withLow, withHigh)
    case .atLeast(let low): lower = low
    case .above(let low): (lower, includesLower) = (low, false)
    }
    (self.lower, self.upper, self.includesLower, self.includesUpper) = (lower, upper, includesLower, includesUpper)
  }

  /// Just outside of the range.
  var outside: [Double] {
    let step = isInteger ? 1 : 0.5
    return [lower.map { includesLower ? $0 - step : $0 }, upper.map { includesUpper ? $0 + step : $0 }].compactMap {
      $0
    }
  }

  /// The smallest value of the range; large ones are for machines that have the memory.
  var ends: [Double] { [lower.flatMap { includesLower ? $0 : nil }].compactMap { $0 } }

  func written(_ value: Double) -> String {
    let number = isInteger ? String(Int(value)) : "\(value)"
    return isList ? "[\(number)]" : number
  }
}
