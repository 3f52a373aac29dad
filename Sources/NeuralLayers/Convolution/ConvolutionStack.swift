import CFusionKernels
import TensorEngine

/// A stack of convolution blocks, run as one operation by kernels that keep eight samples in the lanes of a register.
///
/// Parameters of block i, named and laid out as in PyTorch: `convs.<i>.weight` `[out, in, K, K]` and `.bias`,
/// `norms.<i>.weight`, `.bias`, `.running_mean` and `.running_var`. First values are those of `nn.Conv2d` and
/// `nn.BatchNorm2d`.
/// Shapes: `[N, C, H, W]` to `[N, C', H', W']`, see ``outputShape(_:input:)``.
public final class ConvolutionStack {
  /// The blocks in order.
  public let blocks: [ConvolutionBlock]
  /// The shape of the input for one sample, `[C, H, W]`.
  public let input: Shape
  /// The shape of the result for one sample.
  public let output: Shape

  private struct Parameters {
    let weight: Parameter
    let bias: Parameter?
    let normWeight, normBias, runningMean, runningVariance: Parameter?
    var weights: [Parameter] { [weight, bias, normWeight, normBias].compactMap { $0 } }
  }
  private let parameters: [Parameters]
  private let plan: Plan
  /// The kernels and their memory; nil where only shapes are known.
  private let kernels: (stack: OpaquePointer, workspaces: ConvolutionWorkspaces)?
  private let path: String

  /// Makes the parameters. What ``plan(_:input:)`` finds wrong is reported as a problem of the component.
  ///
  /// - Parameters:
  ///   - key: the configuration key that the blocks follow from.
  ///   - input: the shape of one sample, `[C, H, W]`.
  ///   - instructions: forces an instruction set; if nil the environment or the machine decides.
  public init(
    _ blocks: [ConvolutionBlock], input: Shape, key: String? = nil, context: BuildContext,
    instructions: InstructionSet? = nil
  ) {
    let plan = Self.plan(blocks, input: input)
    for issue in plan.issues {
      context.problem(
        (issue.block.map { "block \($0 + 1): " } ?? "") + issue.message, key: issue.block == nil ? nil : key)
    }
    self.plan = plan
    self.blocks = blocks
    self.input = input
    output = plan.output ?? []
    path = context.path
    guard plan.output != nil, !context.device.isAbstract else {
      kernels = nil
      parameters = plan.output == nil ? [] : Self.parameters(blocks, input, context)
      return
    }
    var stack: OpaquePointer?
    let status = fk_stack_create(
      blocks.map(\.kernelBlock), Int32(blocks.count), Int32(input[0]), Int32(input[1]), Int32(input[2]),
      instructions?.rawValue, &stack)
    guard status == FK_OK, let stack else {
      stop("convolution stack: the kernels refuse it (status \(status.rawValue)); \(plan)")
    }
    kernels = (stack, ConvolutionWorkspaces(stack: stack, workers: context.device.threads))
    parameters = Self.parameters(blocks, input, context)
  }

  private static func parameters(_ blocks: [ConvolutionBlock], _ input: Shape, _ context: BuildContext) -> [Parameters]
  {
    blocks.indices.map { index in
      let block = blocks[index]
      let inputs = index == 0 ? input[0] : blocks[index - 1].channels
      let conv = context.scope("convs.\(index)")
      let norm = block.normalise ? context.scope("norms.\(index)") : nil
      return Parameters(
        weight: conv.parameter("weight", [block.channels, inputs, block.kernel, block.kernel], .layerDefault),
        bias: block.bias
          ? conv.parameter(
            "bias", [block.channels], .fanInUniform(fanIn: inputs * block.kernel * block.kernel)) : nil,
        normWeight: norm?.parameter("weight", [block.channels], .ones),
        normBias: norm?.parameter("bias", [block.channels], .zeros),
        runningMean: norm?.buffer("running_mean", [block.channels], .zeros),
        runningVariance: norm?.buffer("running_var", [block.channels], .ones, isNonNegative: true))
    }
  }

  /// Shapes: `[N, C, H, W]` to `[N, C', H', W']`.
  ///
  /// In training, batch norm uses the statistics of the batch and updates the running ones. A batch norm over a single
  /// value per channel gives its bias (where PyTorch refuses the batch), so that a last batch of one sample cannot stop
  /// a run.
  public func callAsFunction(_ x: Tensor, _ pass: ForwardPass) -> Tensor {
    require(
      x.rank == 4 && Array(x.shape.dropFirst()) == input && x.shape[0] > 0,
      "convolution stack: input has shape \(x.shape), expected [N, \(input.map(String.init).joined(separator: ", "))]")
    guard let (stack, workspaces) = kernels, x.device.log == nil else { return oneByOne(x, pass) }
    let samples = x.shape[0]
    let weights = parameters.flatMap { $0.weights.map { pass[$0] } }
    let isTracked = x.isTracked || weights.contains { $0.isTracked }
    let isTraining = pass.mode == .training
    let purpose =
      x.isTracked ? FK_TRAINING_WITH_INPUT_GRADIENT : isTracked || isTraining ? FK_TRAINING : FK_EVALUATION
    let lease = workspaces.lease(samples: samples, purpose: purpose)
    lease.measure(by: pass.stopwatch) { [self] in
      $0.times(of: path, operations: operations.map { $0 * Double(samples) })
    }
    let values = parameters.map {
      fk_block_values(
        weight: $0.weight.base, bias: $0.bias?.base, norm_weight: $0.normWeight?.base, norm_bias: $0.normBias?.base,
        running_mean: $0.runningMean?.base, running_variance: $0.runningVariance?.base)
    }
    let result = Tensor(shape: [samples] + output, device: x.device) { out in
      if purpose == FK_EVALUATION {
        fk_stack_evaluate(
          stack, lease.pointer, x.device.pool, values, x.storage.base, samples, out.baseAddress!)
      } else {
        let options = fk_forward_options(
          use_running_statistics: isTraining ? 0 : 1, random_key: pass.random(for: path).key)
        fk_stack_forward(
          stack, lease.pointer, x.device.pool, values, x.storage.base, samples, options, out.baseAddress!)
      }
    }
    guard isTracked else { return result }
    var held: ConvolutionWorkspaces.Lease? = lease
    let wanted = weights.map(\.isTracked)
    let wantsInput = purpose == FK_TRAINING_WITH_INPUT_GRADIENT
    return Tensor.recorded(
      "convolution stack", inputs: [x] + weights, output: result,
      releasing: { [self] in
        guard let lease = held else { stop("convolution stack: a backward pass after the last one") }
        if $1 {
          held = nil
          return pullback(stack, $0, lease, inputWanted: wantsInput, wanted: wanted)
        }
        // The kernels overwrite what the next backward pass reads.
        let kept = Storage(count: fk_stack_kept(stack, lease.pointer))
        fk_stack_keep(stack, lease.pointer, kept.base)
        defer { fk_stack_restore(stack, lease.pointer, kept.base) }
        return pullback(stack, $0, lease, inputWanted: wantsInput, wanted: wanted)
      })
  }

  /// The same blocks, one operation after the other: what a log is told.
  private func oneByOne(_ x: Tensor, _ pass: ForwardPass) -> Tensor {
    var x = x
    for (index, block) in blocks.enumerated() {
      let name = "\(path.isEmpty ? "" : path + ".")convs.\(index)"
      x = pass.layer(name, block.summary, path: plan.layers[index].path) {
        self.block(index, x, pass)
      }
    }
    return x
  }

  private func block(_ index: Int, _ input: Tensor, _ pass: ForwardPass) -> Tensor {
    let (block, own) = (blocks[index], parameters[index])
    var x = input.conv2d(
      pass[own.weight], bias: pass[own.bias], stride: Pair(block.stride), padding: Pair(block.padding))
    if let mean = own.runningMean, let variance = own.runningVariance {
      var running = RunningStatistics(mean: mean.value, variance: variance.value)
      x =
        pass.mode == .training
        ? x.batchNorm(weight: pass[own.normWeight], bias: pass[own.normBias], updating: &running)
        : x.batchNorm(weight: pass[own.normWeight], bias: pass[own.normBias], using: running)
    }
    switch block.activation {
    case .none: break
    case .relu: x = x.relu()
    case .sigmoid: x = x.sigmoid()
    case .tanh: x = x.tanh()
    }
    if block.dropout > 0, pass.mode == .training {
      x = x.dropout(Float(block.dropout), random: pass.random(for: "\(path).dropout.\(index)"))
    }
    switch block.pool {
    case .none: return x
    case .max(let size, let stride): return x.maxPool2d(Pair(size), stride: Pair(stride))
    case .average(let size, let stride): return x.averagePool2d(Pair(size), stride: Pair(stride))
    }
  }

  /// Operations of each convolution for one sample, taps outside the image left out.
  private var operations: [Double] {
    var shape = input
    return blocks.map { block in
      defer { shape = Self.outputShape([block], input: shape)! }
      func taps(_ size: Int) -> Int {
        (0...(size + 2 * block.padding - block.kernel) / block.stride).reduce(0) { sum, output in
          let start = output * block.stride - block.padding
          return sum + max(0, min(size, start + block.kernel) - max(0, start))
        }
      }
      return 2 * Double(block.channels * shape[0]) * Double(taps(shape[1])) * Double(taps(shape[2]))
    }
  }

  /// Gradients of the input and of all weights, in the order in which they were recorded; nil where not wanted.
  private func pullback(
    _ stack: OpaquePointer, _ gradient: Tensor, _ lease: ConvolutionWorkspaces.Lease, inputWanted: Bool, wanted: [Bool]
  ) -> [Tensor?] {
    let device = gradient.device
    func memory(_ shape: Shape, if wanted: Bool) -> Tensor? {
      wanted ? Tensor(shape: shape, storage: Storage(count: shape.elementCount), device: device) : nil
    }
    let inputGradient = memory([gradient.shape[0]] + input, if: inputWanted)
    let weights = parameters.flatMap(\.weights)
    let gradients = zip(weights, wanted).map { memory($0.value.shape, if: $1) }
    var next = gradients.makeIterator()
    let targets = parameters.map {
      var target = fk_block_values()
      target.weight = next.next()!?.storage.base
      if $0.bias != nil { target.bias = next.next()!?.storage.base }
      if $0.normWeight != nil {
        target.norm_weight = next.next()!?.storage.base
        target.norm_bias = next.next()!?.storage.base
      }
      return target
    }
    fk_stack_backward(
      stack, lease.pointer, device.pool, gradient.storage.base, targets, inputGradient?.storage.base)
    return [inputGradient] + gradients
  }
}

extension Parameter {
  /// The first value, for kernels that read it, or write it in place as batch norm does its running statistics.
  fileprivate var base: UnsafeMutablePointer<Float> { value.storage.base }
}
