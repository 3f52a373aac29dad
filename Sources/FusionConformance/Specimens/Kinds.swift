import FusionCore

// How the components of each kind become specimens, and the shapes they are tried on: few values, every rank that a
// component may meet, sizes that differ so that no two can be mistaken for each other.

extension Plugin {
  /// In the order of the inputs.
  static let modalityNames = ["image", "audio", "text", "touch", "pose"]

  static func fusion<F: Fusion>(_ type: F.Type, _ record: ParameterRecord?) -> Plugin {
    Plugin(type, record) { configuration, label, inputs in
      let traits = F.traits(configuration)
      let sets = inputs.isEmpty ? fusionInputs(traits) : [inputs]
      return sets.filter { $0.count >= traits.fewest && $0.count <= traits.most ?? .max }.map { shapes in
        specimen(
          type, configuration, traits, label,
          shapes.enumerated().map { index, shape in
            ModalityShape(modalityNames.indices.contains(index) ? modalityNames[index] : "modality_\(index)", shape)
          })
      }
    }
  }

  private static func specimen<F: Fusion>(
    _ type: F.Type, _ configuration: F.Configuration, _ traits: FusionTraits, _ label: String,
    _ inputs: [ModalityShape]
  ) -> Specimen {
    Specimen(
      kind: .fusion, name: F.name, configuration: label, inputs: inputs, orderMatters: traits.orderMatters,
      isStochastic: traits.isStochastic,
      infer: { ConfiguredFusion(type, configuration).infer(inputs, &$0) },
      make: { context in
        let fusion = F(configuration, inputs: inputs, context: context)
        return { tensors, pass in
          fusion(Features(zip(inputs, tensors).map { ($0.modality, $1) }), pass)
        }
      },
      reordered: { order in specimen(type, configuration, traits, label, order.map { inputs[$0] }) },
      missing: missing(type, configuration, traits, label, inputs))
  }

  private static func missing<F: Fusion>(
    _ type: F.Type, _ configuration: F.Configuration, _ traits: FusionTraits, _ label: String,
    _ inputs: [ModalityShape]
  ) -> Specimen.Missing {
    Specimen.Missing(
      policy: traits.missing,
      make: { context in
        let fusion = F(configuration, inputs: inputs, context: context)
        let policy = MissingModalities(
          traits.missing, fusion: F.name, inputs, context: context.scope("missing"))
        let leavesOut = traits.missing == .skip || traits.missing == .renormalise
        return { tensors, presence, pass in
          let features = Features(zip(inputs, tensors).map { ($0.modality, $1) }, presence: presence)
          // What leaves terms out itself is handed them with whatever there is, and not with a pipeline's zeros.
          return fusion(leavesOut ? features : try policy.complete(features, pass), pass)
        }
      },
      first: { count in
        count < traits.fewest ? nil : specimen(type, configuration, traits, label, Array(inputs.prefix(count)))
      })
  }

  /// Sets of shapes, the most modalities first.
  private static func fusionInputs(_ traits: FusionTraits) -> [[Shape]] {
    let most = min(traits.most ?? .max, max(3, traits.fewest))
    return stride(from: most, through: max(1, traits.fewest), by: -1).flatMap { count -> [[Shape]] in
      let families: [[Shape]] = [
        [[5], [3], [4]],
        [[4], [4], [4]],
        [[3, 4], [2, 4], [5, 4]],
        [[3, 4], [2, 5], [4, 3]],
        [[4], [3, 4], [2, 4]],
        [[2, 3, 3], [2, 3, 3], [2, 3, 3]],
      ]
      return (count == most ? families : Array(families.prefix(3))).map { family in
        (0..<count).map { family[$0 % family.count] }
      }
    }
  }

  static func encoder<E: Encoder>(_ type: E.Type, _ record: ParameterRecord?) -> Plugin {
    let own: [Shape] = [[1, 8, 8], [2, 16, 16], [5, 4], [6], [1, 20, 24]]
    return Plugin(type, record) { configuration, label, inputs in
      (inputs.isEmpty ? own : inputs.prefix(1).map { $0 }).map { shape in
        Specimen(
          kind: .encoder, name: E.name, configuration: label, inputs: [ModalityShape("input", shape)],
          isStochastic: E.isStochastic(configuration),
          infer: { ConfiguredEncoder(type, configuration).infer(shape, &$0) },
          make: { context in
            let encoder = E(configuration, input: shape, context: context)
            return { encoder($0[0], $1) }
          })
      }
    }
  }

  static func decoder<D: Decoder>(_ type: D.Type, _ record: ParameterRecord?) -> Plugin {
    let own: [Shape] = [[6], [3, 4], [2, 3, 3]]
    return Plugin(type, record) { configuration, label, inputs in
      (inputs.isEmpty ? own : inputs.prefix(1).map { $0 }).flatMap { shape in
        [[4], [1], [10], [2]].map { output in
          Specimen(
            kind: .decoder, name: D.name,
            configuration: [label, "\(output[0]) outputs"].filter { !$0.isEmpty }.joined(separator: " › "),
            inputs: [ModalityShape("fused", shape)], asked: output, isStochastic: D.isStochastic(configuration),
            infer: { ConfiguredDecoder(type, configuration).infer(shape, output, &$0) },
            make: { context in
              let decoder = D(configuration, input: shape, output: output, context: context)
              return { decoder($0[0], $1) }
            })
        }
      }
    }
  }

  static func modality<M: Modality>(_ type: M.Type, _ record: ParameterRecord?) -> Plugin {
    let own: [Shape] = [[4, 4], [1, 4, 6], [5, 5, 3], [9], [4, 6]]
    let stored: [(type: String, range: ClosedRange<Double>)] = [("float32", 0...1), ("uint8", 0...255)]
    return Plugin(type, record) { configuration, label, inputs in
      (inputs.isEmpty ? own : inputs.prefix(1).map { $0 }).flatMap { shape in
        stored.map { stored in
          let array = ArrayDescription(sampleShape: shape, elementType: stored.type, valueRange: stored.range)
          return Specimen(
            kind: .modality, name: M.name, configuration: label, inputs: [ModalityShape("array", shape)], array: array,
            isStochastic: M.isStochastic(configuration), conversion: { M.conversion(configuration, input: array) },
            infer: { ConfiguredModality(type, configuration).infer(array, &$0) },
            make: { context in
              let modality = M(configuration, input: array, context: context)
              return { modality($0[0], $1) }
            })
        }
      }
    }
  }

  /// Inputs of which one or all are of an odd shape.
  struct OddInputs {
    let shapes: [Shape]
    /// Which; nil: all.
    var odd: Int?
    /// The same with a usual shape in its place.
    var usual: [Shape] = []
  }

  /// Shapes that a data set may hold and that few components can take: no dimension at all, a single value, many
  /// dimensions. For fusions also one of them among vectors and tokens.
  static func oddInputs(_ kind: ComponentKind) -> [OddInputs] {
    let odd: [Shape] = [[], [1], [1, 1], [1, 1, 1], [2, 3, 4, 5], [1, 1, 1, 1, 1]]
    guard kind == .fusion else { return odd.map { OddInputs(shapes: [$0]) } }
    let families: [[Shape]] = [[[4], [4], [4]], [[3, 4], [2, 4], [5, 4]]]
    return (1...3).flatMap { count -> [OddInputs] in
      let all = odd.map { OddInputs(shapes: Array(repeating: $0, count: count)) }
      let single = families.map { Array($0.prefix(count)) }.flatMap { usual in
        odd.flatMap { shape in
          (0..<count).map { index in
            var shapes = usual
            shapes[index] = shape
            return OddInputs(shapes: shapes, odd: index, usual: usual)
          }
        }
      }
      return all + single
    }
  }
}
