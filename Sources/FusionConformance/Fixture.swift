import Foundation
import FusionCore

/// Values and gradients computed elsewhere, by PyTorch for instance, for a plugin to be held against.
///
/// ```json
/// {"kind": "fusion", "name": "gated_sum", "cases": [{
///   "name": "two modalities", "configuration": {"width": 2},
///   "inputs": [{"value": {"shape": [2, 3], "values": […]}, "gradient": {…}}, …],
///   "parameters": [{"name": "projections.image.weight", "value": {…}, "gradient": {…}}, …],
///   "output": {…}, "seed": {…}}]}
/// ```
///
/// `seed` is the gradient of the output. The modalities of a fusion are called image, audio, text, touch and pose, in order.
public struct Fixture: Sendable, Decodable {
  /// What the plugin is.
  public let kind: ComponentKind
  /// What it is called.
  public let name: String
  private let cases: [Case]

  private struct Values: Sendable, Decodable {
    let shape: Shape
    let values: [Float]
    var sample: Shape { Shape(shape.dropFirst()) }
  }
  private struct Input: Sendable, Decodable {
    let value: Values
    let gradient: Values?
  }
  private struct Weight: Sendable, Decodable {
    let name: String
    let value: Values
    let gradient: Values?
  }
  private struct Case: Sendable, Decodable {
    let name: String
    let inputs: [Input]
    let parameters: [Weight]
    let output, seed: Values
    var configuration = "{}"
    enum CodingKeys: CodingKey { case name, inputs, parameters, output, seed }
  }

  enum CodingKeys: CodingKey { case kind, name, cases }

  /// Reads a fixture from a JSON file.
  ///
  /// - Throws: where there is no such file, or not of this form.
  public init(contentsOf path: String) throws {
    let data = try Data(contentsOf: URL(fileURLWithPath: path))
    var fixture = try JSONDecoder().decode(Fixture.self, from: data)
    // Configurations stay text, which is YAML as well: each plugin reads its own.
    let raw = try JSONSerialization.jsonObject(with: data) as? [String: Any]
    let cases = zip(fixture.cases, raw?["cases"] as? [[String: Any]] ?? []).map { parsed, raw in
      var parsed = parsed
      if let configuration = raw["configuration"],
        let text = try? JSONSerialization.data(withJSONObject: configuration, options: .sortedKeys)
      {
        parsed.configuration = String(decoding: text, as: UTF8.self)
      }
      return parsed
    }
    fixture = Fixture(kind: fixture.kind, name: fixture.name, cases: cases)
    self = fixture
  }

  private init(kind: ComponentKind, name: String, cases: [Case]) {
    self.kind = kind
    self.name = name
    self.cases = cases
  }

  /// Everything in which a plugin differs: values by more than 1e-5, gradients by more than 1e-4, relative to the largest
  /// expected one, or to 1.
  public func differences(from type: any Component.Type) -> [String] {
    guard type.kind == kind, type.name == name || type.aliases.contains(name) else {
      return ["the fixture is of the \(kind.rawValue) '\(name)', not of the \(type.kind.rawValue) '\(type.name)'"]
    }
    let plugin = Plugin(erasing: type, record: nil)
    return cases.flatMap { item in differences(item, plugin).map { "\(item.name): \($0)" } }
  }

  private func differences(_ item: Case, _ plugin: Plugin) -> [String] {
    let specimens: [Specimen]
    switch plugin.readOn(item.configuration, item.inputs.map(\.value.sample)) {
    case .success(let found): specimens = found
    case .failure(let error): return ["the configuration \(item.configuration) is refused: \(error.description)"]
    }
    guard let specimen = specimens.first(where: { $0.output == item.output.sample }) else {
      let outputs = specimens.map { $0.output.map { "\($0)" } ?? "none" }
      return ["inferred output \(outputs.joined(separator: " or "))   expected \(item.output.sample)"]
    }
    let trial = BuiltComponent(specimen, seed: 0)
    let names = (trial.store.parameters.map(\.name).sorted(), item.parameters.map(\.name).sorted())
    guard names.0 == names.1 else { return ["parameters \(names.0)   expected \(names.1)"] }
    for weight in item.parameters {
      guard let parameter = trial.store[weight.name], parameter.value.shape == weight.value.shape else {
        return ["parameter '\(weight.name)'   expected the shape \(weight.value.shape)"]
      }
      _ = parameter.value.storage.values.update(fromContentsOf: weight.value.values)
    }
    let tensor = { (values: Values) in Tensor(values.values, shape: values.shape, device: trial.device) }
    let inputs = item.inputs.map { tensor($0.value) }
    let gradients = trial.backward(inputs, weights: tensor(item.seed))
    var found = [difference(gradients.output.scalars, item.output.values, 1e-5, "output")]
    for (index, input) in item.inputs.enumerated() {
      guard let expected = input.gradient else { continue }
      found.append(
        difference(gradients.inputs[index]?.scalars, expected.values, 1e-4, "gradient of input \(index + 1)"))
    }
    for weight in item.parameters {
      guard let expected = weight.gradient else { continue }
      found.append(
        difference(
          trial.store[weight.name]?.gradient?.scalars, expected.values, 1e-4, "gradient of '\(weight.name)'"))
    }
    return found.compactMap { $0 }
  }

  private func difference(_ got: [Float]?, _ expected: [Float], _ allowed: Float, _ what: String) -> String? {
    guard let got, got.count == expected.count else {
      return "\(what): got \(got.map { "\($0.count) values" } ?? "nothing")   expected \(expected.count) values"
    }
    let scale = max(1, expected.map(\.magnitude).max() ?? 1)
    let errors = zip(got, expected).map { ($0 - $1).magnitude / scale }
    guard let worst = errors.indices.first(where: { !(errors[$0] <= allowed) }) else { return nil }
    return "\(what), value \(worst): got \(got[worst])   expected \(expected[worst])   (allowed: \(allowed) relative)"
  }
}
