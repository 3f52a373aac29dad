import TensorEngine

extension ModelSummary {
  /// The number of samples of the batch that goes through without values: a prime that hardly any layer has as a width, so
  /// that a batch dimension that is lost or taken for another is seen.
  private static let batch = 7

  /// Makes a component without memory and runs it once without values: its shapes, layers, costs and mistakes follow.
  ///
  /// It runs as in training, so that what happens only there is told of, and once more as in evaluation.
  ///
  /// - Parameters:
  ///   - type: the component's type.
  ///   - inputs: what goes in, by name, for one sample.
  ///   - make: makes the component.
  ///   - run: runs it on inputs `[N, …]`.
  /// - Returns: the shape of one sample's result; nil after a problem was reported.
  mutating func infer<C>(
    _ type: any Component.Type, _ inputs: [ModalityShape], make: @escaping (BuildContext) -> C,
    run: @escaping (C, [Tensor], ForwardPass) -> Tensor
  ) -> Shape? {
    let log = OperationLog()
    let device = Device.abstract(log: log)
    let store = ParameterStore()
    let path = path
    let (output, pass, bytes) = ShapePass.run { () -> Tensor? in
      let component = make(BuildContext(store: store, device: device, seed: 0).scope(path))
      guard ShapePass.current?.issues.isEmpty ?? true else { return nil }
      for parameter in store.parameters { log.addParameter(parameter.name, parameter.value) }
      let tensors = inputs.map { Tensor.zeros([Self.batch] + $0.shape, device: device) }
      for (input, tensor) in zip(inputs, tensors) { log.addInput(input.modality, tensor) }
      let trained = log.record { run(component, tensors, .shapes(.training, device)) }
      let evaluated = run(component, tensors, .shapes(.evaluation, device))
      guard ShapePass.current?.issues.isEmpty ?? true else { return nil }
      if trained.shape != evaluated.shape {
        ShapePass.current?.report(
          .init("it gives \(trained.shape) in training and \(evaluated.shape) in evaluation, expected one shape"))
        return nil
      }
      return trained
    }
    bytesTaken += bytes
    for issue in pass.issues {
      guard !issue.isOwn else {
        problem(issue.message, key: issue.key, hint: issue.hint)
        continue
      }
      let given = inputs.map { "\($0.modality) \($0.shape)" }.joined(separator: ", ")
      problem(
        "the \(type.kind.words) '\(type.name)' does not work on \(given): \(issue.message)",
        hint: issue.hint ?? "a mistake in its code, seen with a batch of \(Self.batch) samples without values")
    }
    guard let output = output ?? nil else { return nil }
    guard output.shape.first == Self.batch else {
      problem(
        "\(type.name): a batch of \(Self.batch) samples gives \(output.shape), expected [\(Self.batch), …]",
        hint: "the first dimension of every tensor is the sample's place in the batch")
      return nil
    }
    add(LayerTable(log, store, component: path, pass.words ?? type.name, result: output.shape, batch: Self.batch).rows)
    return Array(output.shape.dropFirst())
  }
}

extension ForwardPass {
  /// A pass that tells shapes alone: nothing is recorded for gradients.
  fileprivate static func shapes(_ mode: Mode, _ device: Device) -> ForwardPass {
    ForwardPass(mode: mode, tape: nil, device: device, seed: 0, step: 0)
  }
}
