import FusionCore

/// An objective at work on a small model: encoders of a convolution and a linear layer, a linear fusion of all features, a
/// linear decoder.
///
/// All parameters stand in the store of one context, under the names that a pipeline gives them.
final class BuiltObjective {
  /// What it is tried on.
  struct Setting: Sendable, CustomStringConvertible {
    let task: TaskKind
    let modalities: Int
    var description: String { "\(task.rawValue), \(modalities) \(modalities == 1 ? "modality" : "modalities")" }
  }

  let configured: ConfiguredObjective
  let store: ParameterStore
  let parts: [PipelinePart]
  private let setting: Setting
  private let device: Device
  private let inputs: [ModalityShape]
  private let encoders: [(convolution: Conv2D, linear: Linear)]
  private let fusion: Linear
  private let decoder: Linear
  private let side: [(name: String, layer: Linear)]
  private let list: ObjectiveList
  private static let (width, fused, outputs) = (4, 5, 3)

  /// Every task that suits, with as few modalities as it takes, and with one more.
  static func settings(_ traits: ObjectiveTraits) -> [Setting] {
    let fewest = max(1, traits.fewestModalities)
    let most = min(traits.mostModalities ?? .max, Plugin.modalityNames.count)
    let counts = fewest + 1 <= most ? [fewest, fewest + 1] : [fewest]
    return traits.tasks.flatMap { task in counts.map { Setting(task: task, modalities: $0) } }
  }

  /// The shapes of the model of a setting.
  static func shapes(_ setting: Setting) -> ModelShapes {
    ModelShapes(
      features: Plugin.modalityNames.prefix(setting.modalities).map { ModalityShape($0, [width]) }, fused: [fused],
      output: [outputs], task: setting.task)
  }

  init(_ configured: ConfiguredObjective, _ setting: Setting, context: BuildContext) {
    self.configured = configured
    self.setting = setting
    device = context.device
    store = context.store
    let (width, fused) = (Self.width, Self.fused)
    inputs = Plugin.modalityNames.prefix(setting.modalities).enumerated().map { ModalityShape($1, [3 + $0]) }
    encoders = inputs.map { input in
      let own = context.scope("encoders.\(input.modality)")
      let convolution = Conv2D(inputs: 1, outputs: 2, kernel: 1, context: own.scope("conv"))
      return (convolution, Linear(inputs: 2 * input.width, outputs: width, context: own.scope("linear")))
    }
    fusion = Linear(inputs: width * setting.modalities, outputs: fused, context: context.scope("fusion"))
    decoder = Linear(inputs: fused, outputs: Self.outputs, context: context.scope("decoder"))
    let named = ObjectiveTraits.expanded(configured.traits.sideOutputs, modalities: inputs.map(\.modality))
    side = named.enumerated().map { index, name in
      (name, Linear(inputs: fused, outputs: Self.outputs, context: context.scope("fusion.side_\(index)")))
    }
    list = ObjectiveList([configured], model: Self.shapes(setting), context: context)
    parts = inputs.map { .encoder($0.modality) } + [.fusion, .decoder]
  }

  /// Which samples of a batch lack a modality: the second lacks the first modality, the fifth the last.
  func holes(_ samples: Int) -> Presence? {
    guard setting.modalities > 1 else { return nil }
    return Presence(
      inputs.indices.map { index in
        (0..<samples).map { !($0 == 1 && index == 0 || $0 == 4 && index == inputs.count - 1) }
      }, count: samples)
  }

  /// The forward pass of a batch, with data that follow from the seed and the number of the step.
  func step(_ samples: Int, presence: Presence? = nil, seed: UInt64, number: Int = 0, _ pass: ForwardPass)
    -> TrainingStep
  {
    let random = RandomStream(seed: seed).derived("conformance.objective").derived(number)
    let features = encoded(samples, presence, random, pass)
    let fused = fuse(features, pass)
    for (name, layer) in side { pass.sideOutput(name, layer(fused, pass)) }
    let classes = (0..<samples).map { random.derived("classes").integer(below: Self.outputs, at: $0) }
    let shape = [samples, Self.outputs]
    let flags = random.derived("flags").bernoulli(shape, probability: 0.5, device: device)
    let values = random.derived("values").normal(shape, device: device)
    let task = setting.task
    func loss(_ output: Tensor, _ rows: [Int]?) -> Tensor {
      let rows = rows ?? Array(0..<samples)
      return switch task {
      case .classification: output.crossEntropy(rows.map { classes[$0] })
      case .multilabel: output.binaryCrossEntropy(flags.selected(rows, axis: 0))
      case .regression: output.meanSquaredError(values.selected(rows, axis: 0))
      }
    }
    let targets: StepTargets =
      switch task {
      case .classification: .classes(classes)
      case .multilabel: .flags(flags)
      case .regression: .values(values)
      }
    return TrainingStep(
      features: features, fused: fused, sideOutputs: pass.sideOutputs, output: decoder(fused, pass), targets: targets,
      rows: (0..<samples).map { number * samples + $0 }, epoch: number, epochs: 10, step: number, pass: pass,
      taskLoss: loss,
      decode: { [self] features, pass throws(PipelineError) in decoder(fuse(features, pass), pass) },
      teacher: { [device, configured] run throws(PipelineError) in
        guard run == configured.traits.teacher else {
          throw PipelineError(problems: [
            Problem("asks for the teacher '\(run)', which its traits do not name", hint: "ObjectiveTraits(teacher: …)")
          ])
        }
        // Any numbers will do that are none of this model's.
        let random = random.derived("teacher")
        return TeacherPass(
          features: Features(
            features.entries.enumerated().map {
              ($1.modality, random.derived($0).normal($1.tensor.shape, device: device))
            }, presence: features.presence),
          fused: random.derived("fused").normal(fused.shape, device: device),
          output: random.derived("output").normal(shape, device: device))
      })
  }

  private func encoded(
    _ samples: Int, _ presence: Presence?, _ random: RandomStream, _ pass: ForwardPass
  ) -> Features {
    let raw = inputs.enumerated().map { random.derived($0).normal([samples, $1.width], device: device) }
    let names = inputs.map(\.modality)
    let tensors = zip(encoders, raw).map { encoder, x in
      let maps = encoder.convolution(x.reshaped([samples, 1, 1, x.shape[1]]), pass)
      return encoder.linear(maps.flattened(from: 1), pass).tanh()
    }
    let features = Features(zip(names, tensors).map { ($0, $1) }, presence: presence)
    return Features(zip(names, features.leavingOut(features.tensors)).map { ($0, $1) }, presence: presence)
  }

  private func fuse(_ features: Features, _ pass: ForwardPass) -> Tensor {
    fusion(Tensor.concatenated(features.leavingOut(features.vectors), axis: 1), pass).tanh()
  }

  /// What it reports of a batch of a validation part, in evaluation mode.
  func validation(_ samples: Int, seed: UInt64, number: Int) throws(PipelineError) -> [ObjectiveValue] {
    let pass = ForwardPass.evaluation(device: device)
    return try list.validation(step(samples, seed: seed, number: number, pass))
  }

  /// Tells it of the end of an epoch with these columns.
  func endEpoch(training: [String: Double], validation: [String: Double]) {
    list.epochEnded(epoch: 0, epochs: 10, stage: nil, training: training, validation: validation)
  }

  /// The losses that it asks to be kept apart.
  var separateLosses: [String] { configured.separateLosses(modalities: inputs.map(\.modality)) }

  /// The objective's loss of a step.
  func losses(_ step: TrainingStep) throws(PipelineError) -> ObjectiveList.Losses { try list.loss(step) }

  /// What a step did: its loss, the gradients before the objective changed them, and those after.
  struct Outcome {
    let loss: Tensor?
    let values: [ObjectiveValue]
    /// By the name of the parameter; without an entry where none was received.
    let before: [String: [Float]]
    let after: [String: [Float]]
    /// The parts that each loss that is kept apart reached.
    let separate: [String: Set<ObjectiveTraits.Part>]
  }

  /// A whole step, in training mode. With `task` the task's loss is added, so that there are gradients to change.
  func run(
    _ samples: Int, presence: Presence? = nil, seed: UInt64, number: Int = 0, addingTask task: Bool
  ) throws(PipelineError) -> Outcome {
    let pass = ForwardPass.training(device: device, seed: seed, step: number)
    let step = step(samples, presence: presence, seed: seed, number: number, pass)
    let losses = try list.loss(step)
    store.clearGradients()
    let own = task ? step.taskLoss(step.output) : nil
    var separate = SeparateGradients()
    if let tape = pass.tape { separate.add(losses.separate, store, tape) }
    if let total = [losses.total, own].compactMap({ $0 }).reduce(
      nil as Tensor?, { sum, next in sum.map { $0 + next } ?? next })
    {
      pass.tape?.backward(from: total)
    }
    let before = gradients
    let values = try list.adjust(PartGradients(store, parts: parts), separate: separate, step)
    let reached = separate[configured.name].mapValues { gradients in
      Set(store.parameters.filter { gradients[$0.name] != nil }.map(part))
    }
    return Outcome(
      loss: losses.total, values: losses.values + values, before: before, after: gradients, separate: reached)
  }

  private var gradients: [String: [Float]] {
    Dictionary(
      store.parameters.compactMap { parameter in parameter.gradient.map { (parameter.name, $0.scalars) } },
      uniquingKeysWith: { first, _ in first })
  }

  /// θ ← θ − 0.1 g.
  func descend() {
    for parameter in store.trainable {
      guard let gradient = parameter.gradient else { continue }
      for i in 0..<parameter.value.count { parameter.value.storage.base[i] -= 0.1 * gradient.storage.base[i] }
    }
  }

  /// The part that a parameter belongs to.
  func part(of parameter: Parameter) -> ObjectiveTraits.Part {
    guard let part = parts.first(where: { $0.owns(parameter.name) }) else { return .own }
    return ObjectiveTraits.Part(part)
  }
}
