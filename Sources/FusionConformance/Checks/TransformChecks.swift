import FusionConfig
import FusionCore

extension Check {
  static let transforms = [
    transform(
      "TRF-1", "the same row and epoch give the same values",
      protects: "augmentation that nobody can repeat, and resumed runs that end elsewhere"
    ) { transform, inputs, findings in
      let sample = TransformSpecimen.sample(inputs, seed: findings.seed)
      findings.expectSame(
        TransformSpecimen.run(transform.make(inputs), sample, findings.seed),
        TransformSpecimen.run(transform.make(inputs), sample, findings.seed), "a second time",
        hint: "all random numbers come from 'random'")
    },
    transform(
      "TRF-2", "what it does to a sample does not depend on the samples before it",
      protects: "results that change with the size of a batch, the place in it, or the number of threads"
    ) { transform, inputs, findings in
      let sample = TransformSpecimen.sample(inputs, seed: findings.seed)
      let shared = transform.make(inputs)
      let alone = TransformSpecimen.run(shared, sample, findings.seed)
      for row in 1...3 {
        let other = TransformSpecimen.sample(inputs, seed: findings.seed &+ UInt64(row))
        _ = TransformSpecimen.run(shared, other, findings.seed, row: row)
      }
      findings.expectSame(
        TransformSpecimen.run(shared, sample, findings.seed), alone, "after three other samples",
        hint: "a transform keeps nothing between two samples")
    },
    transform(
      "TRF-3", "modalities, shapes and the number of values stay, and some input suits",
      protects: "samples that no longer fit the pipeline"
    ) { transform, inputs, findings in
      let sample = TransformSpecimen.sample(inputs, seed: findings.seed)
      for epoch in 0..<4 {
        findings.expectKept(TransformSpecimen.run(transform.make(inputs), sample, findings.seed, epoch: epoch), sample)
      }
    },
    transform(
      "TRF-4", "what it makes of finite values is finite: of zeros, of constant ones and of large ones too",
      protects: "a loss of NaN in the middle of a training"
    ) { transform, inputs, findings in
      for (value, what) in [(nil, "normal values"), (0, "zeros"), (1, "ones"), (1e18, "values of 1e18")]
        as [(Float?, String)]
      {
        var sample = TransformSpecimen.sample(inputs, seed: findings.seed)
        if let value {
          for i in sample.modalities.indices {
            sample.modalities[i].values = sample.modalities[i].values.map { _ in value }
          }
        }
        for epoch in 0..<4 {
          let result = TransformSpecimen.run(transform.make(inputs), sample, findings.seed, epoch: epoch)
          guard let bad = result.modalities.flatMap(\.values).first(where: { !$0.isFinite }) else { continue }
          findings.fail("of \(what) it makes \(bad)   expected finite values")
          break
        }
      }
    },
    transform(
      "TRF-5", "strength 0 leaves samples as they are, and a larger one does not",
      protects: "robustness curves that do not begin at the clean result"
    ) { transform, inputs, findings in
      guard let key = transform.type.strengthKey else { return }
      guard let none = TransformSpecimen.configured(transform, key, 0) else {
        return findings.fail(
          "the option '\(key)' does not take 0   expected an option that says how strong it is",
          hint: "strengthKey names one of its options")
      }
      let sample = TransformSpecimen.sample(inputs, seed: findings.seed)
      for epoch in 0..<4 {
        findings.expectSame(
          TransformSpecimen.run(none.make(inputs), sample, findings.seed, epoch: epoch), sample, "with '\(key)' 0")
      }
      let strong = [transform] + [1, 2, 4, 16].compactMap { TransformSpecimen.configured(transform, key, $0) }
      let changes = strong.contains { transform in
        (0..<16).contains { epoch in
          let result = TransformSpecimen.run(transform.make(inputs), sample, findings.seed, epoch: epoch)
          return result.modalities.map(\.values) != sample.modalities.map(\.values)
        }
      }
      if !changes { findings.fail("'\(key)' changes nothing   expected other values where it is above 0") }
    },
    transform(
      "TRF-6", "another epoch or another row gives another draw, if it says that it is stochastic, and only then",
      protects: "an augmentation that does the same in all epochs, and corruptions that are no function of the sample"
    ) { transform, inputs, findings in
      let sample = TransformSpecimen.sample(inputs, seed: findings.seed)
      func values(_ epoch: Int, _ row: Int) -> [[Float]] {
        TransformSpecimen.run(transform.make(inputs), sample, findings.seed, epoch: epoch, row: row).modalities
          .map(\.values)
      }
      let first = values(0, 0)
      for (what, others) in [
        ("another epoch", (1...24).map { values($0, 0) }), ("another row", (1...24).map { values(0, $0) }),
      ] {
        let differs = others.contains { $0 != first }
        guard differs != transform.isStochastic else { continue }
        findings.fail(
          transform.isStochastic
            ? "\(what) gives the same values, and it says that it is stochastic"
            : "\(what) gives other values   expected the same, or isStochastic: true",
          hint: "isStochastic(_:) says whether it draws random numbers")
      }
    },
    transform(
      "TRF-7", "a sample that lacks a modality is changed like any other",
      protects: "a crash, or values in another modality's place, where samples are incomplete"
    ) { transform, inputs, findings in
      guard inputs.count > 1 else { return }
      for index in inputs.indices {
        var sample = TransformSpecimen.sample(inputs, seed: findings.seed)
        sample.modalities.remove(at: index)
        let result = TransformSpecimen.run(transform.make(inputs), sample, findings.seed)
        findings.expectEqual(
          result.modalities.map(\.modality), sample.modalities.map(\.modality),
          "the modalities, without '\(inputs[index].modality)'")
      }
    },
  ]

  private static func transform(
    _ id: String, _ rule: String, protects: String,
    _ body: @escaping @Sendable (ConfiguredTransform, [ModalityShape], inout Findings) throws -> Void
  ) -> Check {
    Check(id, rule, protects: protects, of: .transform) { component, findings in
      guard let type = component.type as? any Transform.Type else {
        return findings.fail(
          "'\(component.type.name)' is registered as a transform   expected a type that conforms to Transform")
      }
      let transform = TransformSpecimen.configured(type, component.configuration)
      let suited = TransformSpecimen.inputs.filter { transform.problems($0).isEmpty }
      if suited.isEmpty, id == "TRF-3" {
        findings.fail(
          "no input of the kit suits it   expected one: vectors, sequences, images",
          hint: "problems(_:inputs:) refuses what does not suit")
      }
      for inputs in suited {
        let words = inputs.map { "\($0.modality) \($0.shape)" }.joined(separator: ", ")
        try findings.within(words) { try body(transform, inputs, &$0) }
      }
    }
  }
}

/// What transforms are tried on.
private enum TransformSpecimen {
  /// One modality of each rank, then several at once.
  static let inputs: [[ModalityShape]] = [
    [ModalityShape("text", [12])], [ModalityShape("audio", [10, 8])], [ModalityShape("image", [1, 12, 9])],
    [ModalityShape("image", [2, 8, 8])],
    [ModalityShape("image", [1, 12, 9]), ModalityShape("audio", [10, 8])],
    [ModalityShape("text", [12]), ModalityShape("pose", [12]), ModalityShape("touch", [12])],
  ]

  /// Normal values.
  static func sample(_ inputs: [ModalityShape], seed: UInt64) -> TransformSample {
    let random = RandomStream(seed: seed).derived("conformance.sample")
    return TransformSample(
      inputs.map { .init($0.modality, $0.shape, random.derived($0.modality).normals($0.shape.elementCount)) })
  }

  /// What becomes of a sample, drawn as in a training.
  static func run(
    _ transform: any Transform, _ sample: TransformSample, _ seed: UInt64, epoch: Int = 0, row: Int = 0
  ) -> TransformSample {
    var result = sample
    transform(&result, random: RandomStream(seed: seed).derived("conformance.transform").derived(epoch).derived(row))
    return result
  }

  static func configured(_ type: any Transform.Type, _ configuration: any ComponentConfiguration) -> ConfiguredTransform
  {
    func made<T: Transform>(_ type: T.Type) -> ConfiguredTransform {
      ConfiguredTransform(type, configuration as! T.Configuration)
    }
    return made(type)
  }

  /// With another value of an option; nil where it does not take that.
  static func configured(_ transform: ConfiguredTransform, _ key: String, _ value: Int) -> ConfiguredTransform? {
    func made<T: Transform>(_ type: T.Type) -> ConfiguredTransform? {
      let others = transform.configuration.configValue.entries.filter { $0.key != key }
      let text = (others.map { "\($0.key): \($0.value.flowText)" } + ["\(key): \(value)"]).joined(separator: ", ")
      guard case .success(let configuration) = T.Configuration.read("{\(text)}", name: type.name) else { return nil }
      return ConfiguredTransform(type, configuration)
    }
    return made(transform.type)
  }
}

extension Findings {
  /// Notes values that differ.
  fileprivate mutating func expectSame(
    _ got: TransformSample, _ expected: TransformSample, _ what: String, hint: String? = nil
  ) {
    for (a, b) in zip(got.modalities, expected.modalities) {
      expectSameBits(a.values, b.values, "'\(a.modality)' \(what)", hint: hint)
    }
  }

  /// Notes other modalities or shapes.
  fileprivate mutating func expectKept(_ got: TransformSample, _ expected: TransformSample) {
    expectEqual(got.modalities.map(\.modality), expected.modalities.map(\.modality), "the modalities")
    for (a, b) in zip(got.modalities, expected.modalities) where a.modality == b.modality {
      expectEqual(a.shape, b.shape, "the shape of '\(a.modality)'")
      expectEqual(a.values.count, b.values.count, "the number of values of '\(a.modality)'")
    }
  }
}
