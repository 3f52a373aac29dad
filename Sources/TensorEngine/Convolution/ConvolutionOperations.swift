extension Tensor {
  /// A 2-D convolution (cross-correlation), as `torch.nn.functional.conv2d`.
  ///
  /// Shapes: `[N, C, H, W]` to `[N, O, H', W']` with `H' = (H + 2·padding − dilation·(kernel − 1) − 1) / stride + 1`,
  /// rounded down.
  ///
  /// - Parameters:
  ///   - weight: `[O, C / groups, kernel height, kernel width]`.
  ///   - bias: `[O]`, if there is one.
  public func conv2d(
    _ weight: Tensor, bias: Tensor? = nil, stride: Pair = 1, padding: Pair = 0, dilation: Pair = 1, groups: Int = 1
  ) -> Tensor {
    let name = "conv2d"
    checkConvolution(name, weight, bias, groups, channelAxis: 1, outputs: weight.shape.first ?? 0)
    requireFitting(
      shape[1] == weight.shape[1] * groups && weight.shape[0] % groups == 0, [self, weight],
      "\(name): x has shape \(shape), the weight \(weight.shape); with \(groups) groups expected x to have "
        + "\(weight.shape[1] * groups) channels and the outputs to be a multiple of \(groups)")
    let window = ConvolutionWindow(
      image: Pair(shape[2], shape[3]), kernel: Pair(weight.shape[2], weight.shape[3]), stride: stride,
      padding: padding, dilation: dilation, operation: name)
    let products = ConvolutionProducts(
      window: window, samples: shape[0], imageChannels: shape[1], gridChannels: weight.shape[0], groups: groups,
      device: device)
    let (x, w) = (detached, weight.detached)
    let (wantsX, wantsWeight, wantsBias) = (isTracked, weight.isTracked, bias?.isTracked ?? false)
    let hasBias = bias != nil
    return Tensor.recorded(
      "conv2d", as: .convolution(stride: stride, padding: padding, dilation: dilation, groups: groups),
      inputs: [self, weight] + (bias.map { [$0] } ?? []), output: products.grid(from: x, w, bias: bias)
    ) { gradient in
      let dx = wantsX ? products.image(from: gradient, w, bias: nil) : nil
      let dw = wantsWeight ? products.weightGradient(image: x, grid: gradient, shape: w.shape) : nil
      return Array([dx, dw, wantsBias ? gradient.channelSums() : nil].prefix(hasBias ? 3 : 2))
    }
  }

  /// The transpose of a 2-D convolution, as `torch.nn.functional.conv_transpose2d`: what mirrored decoders need.
  ///
  /// Shapes: `[N, C, H, W]` to `[N, O, H', W']` with
  /// `H' = (H − 1)·stride − 2·padding + dilation·(kernel − 1) + outputPadding + 1`.
  ///
  /// - Parameters:
  ///   - weight: `[C, O / groups, kernel height, kernel width]`.
  ///   - bias: `[O]`, if there is one.
  public func convTranspose2d(
    _ weight: Tensor, bias: Tensor? = nil, stride: Pair = 1, padding: Pair = 0, outputPadding: Pair = 0,
    groups: Int = 1, dilation: Pair = 1
  ) -> Tensor {
    let name = "convTranspose2d"
    let outputs = (weight.rank == 4 ? weight.shape[1] : 0) * groups
    checkConvolution(name, weight, bias, groups, channelAxis: 0, outputs: outputs)
    requireFitting(
      shape[1] == weight.shape[0] && shape[1] % groups == 0, [self, weight],
      "\(name): x has shape \(shape), the weight \(weight.shape); expected x to have \(weight.shape[0]) channels, a "
        + "multiple of the \(groups) groups")
    let window = ConvolutionWindow(
      grid: Pair(shape[2], shape[3]), kernel: Pair(weight.shape[2], weight.shape[3]), stride: stride,
      padding: padding, outputPadding: outputPadding, dilation: dilation, operation: name)
    let products = ConvolutionProducts(
      window: window, samples: shape[0], imageChannels: outputs, gridChannels: shape[1], groups: groups,
      device: device)
    let (x, w) = (detached, weight.detached)
    let (wantsX, wantsWeight, wantsBias) = (isTracked, weight.isTracked, bias?.isTracked ?? false)
    let hasBias = bias != nil
    return Tensor.recorded(
      "convTranspose2d",
      as: .transposedConvolution(
        stride: stride, padding: padding, outputPadding: outputPadding, dilation: dilation, groups: groups),
      inputs: [self, weight] + (bias.map { [$0] } ?? []),
      output: products.image(from: x, w, bias: bias)
    ) { gradient in
      let dx = wantsX ? products.grid(from: gradient, w, bias: nil) : nil
      let dw = wantsWeight ? products.weightGradient(image: gradient, grid: x, shape: w.shape) : nil
      return Array([dx, dw, wantsBias ? gradient.channelSums() : nil].prefix(hasBias ? 3 : 2))
    }
  }

  /// A 1-D convolution, as `torch.nn.functional.conv1d`: ``conv2d(_:bias:stride:padding:dilation:groups:)`` over images
  /// of height 1.
  ///
  /// Shapes: `[N, C, L]` to `[N, O, L']`; the weight is `[O, C / groups, kernel]`.
  public func conv1d(
    _ weight: Tensor, bias: Tensor? = nil, stride: Int = 1, padding: Int = 0, dilation: Int = 1, groups: Int = 1
  ) -> Tensor {
    asLine("conv1d", weight) {
      $0.conv2d(
        $1, bias: bias, stride: Pair(1, stride), padding: Pair(0, padding), dilation: Pair(1, dilation), groups: groups)
    }
  }

  /// The transpose of a 1-D convolution, as `torch.nn.functional.conv_transpose1d`.
  ///
  /// Shapes: `[N, C, L]` to `[N, O, L']`; the weight is `[C, O / groups, kernel]`.
  public func convTranspose1d(
    _ weight: Tensor, bias: Tensor? = nil, stride: Int = 1, padding: Int = 0, outputPadding: Int = 0, groups: Int = 1,
    dilation: Int = 1
  ) -> Tensor {
    asLine("convTranspose1d", weight) {
      $0.convTranspose2d(
        $1, bias: bias, stride: Pair(1, stride), padding: Pair(0, padding), outputPadding: Pair(0, outputPadding),
        groups: groups, dilation: Pair(1, dilation))
    }
  }

  private func asLine(_ name: String, _ weight: Tensor, _ body: (Tensor, Tensor) -> Tensor) -> Tensor {
    require(
      rank == 3 && weight.rank == 3,
      "\(name): x has shape \(shape), the weight \(weight.shape); expected three dimensions each: [N, C, L] and a kernel"
    )
    let y = body(
      reshaped([shape[0], shape[1], 1, shape[2]]),
      weight.reshaped([weight.shape[0], weight.shape[1], 1, weight.shape[2]]))
    return y.reshaped([y.shape[0], y.shape[1], y.shape[3]])
  }

  private func checkConvolution(
    _ name: String, _ weight: Tensor, _ bias: Tensor?, _ groups: Int, channelAxis: Int, outputs: Int
  ) {
    require(
      rank == 4 && weight.rank == 4,
      "\(name): x has shape \(shape), the weight \(weight.shape); expected four dimensions each: [N, C, H, W] and a "
        + "kernel")
    require(groups >= 1, "\(name): \(groups) groups; expected 1 or more")
    require(
      bias == nil || bias!.shape == [outputs],
      "\(name): the bias has shape \(bias?.shape ?? []), the weight \(weight.shape); expected the bias to be [\(outputs)]"
    )
  }
}
