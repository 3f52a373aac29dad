/// Which keys a query may look at.
public enum AttentionMask {
  /// Added to the scores before the softmax; -infinity hides a key. It gets a gradient where it is tracked.
  case additive(Tensor)
  /// 1 where a key may be looked at, 0 where not: PyTorch's boolean mask.
  case allowed(Tensor)
}

/// Dropout of attention weights: the probability and where its random numbers come from.
public struct AttentionDropout {
  let probability: Float
  let random: RandomStream

  /// Drops each weight with a probability.
  public init(_ probability: Float, random: RandomStream) { (self.probability, self.random) = (probability, random) }
}

/// The parameters of multi-head attention, laid out as those of `torch.nn.MultiheadAttention`.
public struct AttentionWeights {
  let inProjection: (weight: Tensor, bias: Tensor?)
  let outProjection: (weight: Tensor, bias: Tensor?)

  /// Weights of attention over vectors of width E.
  ///
  /// - Parameters:
  ///   - inWeight: `in_proj_weight [3·E, E]`: queries, keys, values from top to bottom.
  ///   - inBias: `in_proj_bias [3·E]`.
  ///   - outWeight: `out_proj.weight [E, E]`.
  ///   - outBias: `out_proj.bias [E]`.
  public init(inWeight: Tensor, inBias: Tensor?, outWeight: Tensor, outBias: Tensor?) {
    (inProjection, outProjection) = ((inWeight, inBias), (outWeight, outBias))
  }
}

extension Tensor {
  /// `softmax(query · keyᵀ · scale + mask) · value` (Vaswani et al. 2017), as
  /// `torch.nn.functional.scaled_dot_product_attention`.
  ///
  /// Shapes: query `[…, T, D]`, key `[…, S, D]`, value `[…, S, V]` to `[…, T, V]`, with the same dimensions in front. A
  /// query that may look at no key gets zeros.
  ///
  /// - Parameters:
  ///   - mask: broadcasts to `[…, T, S]`.
  ///   - isCausal: whether query t looks at keys 0 to t only.
  ///   - scale: 1 / √D if not given.
  public static func scaledDotProductAttention(
    query: Tensor, key: Tensor, value: Tensor, mask: AttentionMask? = nil, isCausal: Bool = false,
    dropout: AttentionDropout? = nil, scale: Float? = nil
  ) -> Tensor {
    let name: StaticString = "scaledDotProductAttention"
    let rank = query.rank
    let front = query.shape.dropLast(2)
    require(
      rank >= 2 && key.rank == rank && value.rank == rank && front == key.shape.dropLast(2)
        && front == value.shape.dropLast(2) && query.shape[rank - 1] == key.shape[rank - 1]
        && key.shape[rank - 2] == value.shape[rank - 2],
      "\(name): query \(query.shape), key \(key.shape), value \(value.shape); expected […, T, D], […, S, D], […, S, V] "
        + "with the same dimensions in front")
    let (t, s) = (query.shape[rank - 2], key.shape[rank - 2])
    let (d, v) = (query.shape[rank - 1], value.shape[rank - 1])
    let core = AttentionCore(
      samples: Shape(front).elementCount, heads: 1, queries: t, keys: s, depth: d, valueDepth: v, masks: [],
      isCausal: isCausal, scale: scale ?? 1 / Float(d).squareRoot())
    return attend(
      name, core, [query, key, value], q: Heads(input: 0, sampleStride: t * d, headStride: 0, rowStride: d),
      k: Heads(input: 1, sampleStride: s * d, headStride: 0, rowStride: d),
      v: Heads(input: 2, sampleStride: s * v, headStride: 0, rowStride: v),
      output: Heads(sampleStride: t * v, headStride: 0, rowStride: v), shape: front + [t, v], mask,
      target: front + [t, s], dropout: dropout)
  }

  /// Multi-head attention (Vaswani et al. 2017), as `torch.nn.functional.multi_head_attention_forward` with the batch
  /// first. Give one tensor three times for self-attention: its three projections are then one product.
  ///
  /// Shapes: query `[N, T, E]`, key and value `[N, S, E]` to `[N, T, E]`.
  ///
  /// - Parameters:
  ///   - heads: divides E.
  ///   - weights: see ``AttentionWeights``.
  ///   - keyPadding: `[N, S]`, 1 where a key is padding and to be ignored.
  ///   - mask: broadcasts to `[N, heads, T, S]`.
  ///   - isCausal: whether query t looks at keys 0 to t only.
  public static func multiHeadAttention(
    query: Tensor, key: Tensor, value: Tensor, heads: Int, weights: AttentionWeights, keyPadding: Tensor? = nil,
    mask: AttentionMask? = nil, isCausal: Bool = false, dropout: AttentionDropout? = nil
  ) -> Tensor {
    let name: StaticString = "multiHeadAttention"
    let shapes = [query.shape, key.shape, value.shape]
    require(
      shapes.allSatisfy { $0.count == 3 && $0[0] == query.shape[0] && $0[2] == query.shape[2] }
        && shapes[1] == shapes[2],
      "\(name): query \(shapes[0]), key \(shapes[1]), value \(shapes[2]); expected [N, T, E], [N, S, E], [N, S, E]")
    let (n, t, s, e) = (query.shape[0], query.shape[1], key.shape[1], query.shape[2])
    require(
      heads > 0 && e % heads == 0,
      "\(name): query \(query.shape) with \(heads) heads; expected a width that the number of heads divides")
    let (weight, bias) = weights.inProjection
    require(
      weight.shape == [3 * e, e],
      "\(name): query \(query.shape), in-projection \(weight.shape); expected the in-projection to be [\(3 * e), \(e)]")
    require(
      keyPadding == nil || keyPadding!.shape == [n, s],
      "\(name): key \(key.shape), key padding \(keyPadding?.shape ?? []); expected the key padding to be [\(n), \(s)]")

    func projected(_ x: Tensor, _ part: Range<Int>) -> Tensor {
      guard part.count < 3 else { return x.linear(weight, bias: bias) }
      let rows = part.lowerBound * e..<part.upperBound * e
      return x.linear(weight.sliced(rows, axis: 0), bias: bias?.sliced(rows, axis: 0))
    }
    func side(_ input: Int, _ index: Int, of parts: Int, _ tokens: Int) -> Heads {
      Heads(
        input: input, offset: index * e, sampleStride: tokens * parts * e, headStride: e / heads, rowStride: parts * e)
    }
    let inputs: [Tensor]
    let (q, k, v): (Heads, Heads, Heads)
    if query.isSame(as: key) && key.isSame(as: value) {
      inputs = [projected(query, 0..<3)]
      (q, k, v) = (side(0, 0, of: 3, t), side(0, 1, of: 3, t), side(0, 2, of: 3, t))
    } else if key.isSame(as: value) {
      inputs = [projected(query, 0..<1), projected(key, 1..<3)]
      (q, k, v) = (side(0, 0, of: 1, t), side(1, 0, of: 2, s), side(1, 1, of: 2, s))
    } else {
      inputs = [projected(query, 0..<1), projected(key, 1..<2), projected(value, 2..<3)]
      (q, k, v) = (side(0, 0, of: 1, t), side(1, 0, of: 1, s), side(2, 0, of: 1, s))
    }
    var core = AttentionCore(
      samples: n, heads: heads, queries: t, keys: s, depth: e / heads, valueDepth: e / heads, masks: [],
      isCausal: isCausal, scale: 1 / Float(e / heads).squareRoot())
    let target = [n, heads, t, s]
    if let keyPadding {
      core.masks = [PreparedMask(.ignored, keyPadding.reshaped([n, 1, 1, s]), target: target, name)]
    }
    let together = attend(
      name, core, inputs, q: q, k: k, v: v, output: side(0, 0, of: 1, t), shape: [n, t, e], mask, target: target,
      dropout: dropout)
    return together.linear(weights.outProjection.weight, bias: weights.outProjection.bias)
  }

  /// Records attention over inputs in which queries, keys and values lie somewhere.
  private static func attend(
    _ name: StaticString, _ plain: AttentionCore, _ inputs: [Tensor], q: Heads, k: Heads, v: Heads, output: Heads,
    shape: Shape, _ mask: AttentionMask?, target: Shape, dropout: AttentionDropout?
  ) -> Tensor {
    var core = plain
    var learned: Tensor?
    switch mask {
    case .additive(let tensor):
      learned = tensor.isTracked ? tensor : nil
      core.masks.insert(PreparedMask(.additive, tensor, target: target, name), at: 0)
    case .allowed(let tensor): core.masks.append(PreparedMask(.allowed, tensor, target: target, name))
    case nil: break
    }
    let device = inputs[0].device
    let masks = core.masks
    func logged() -> Operation {
      let sides = [q, k, v].map { Operation.Attention.Side(input: $0.input, offset: $0.offset) }
      return .attention(
        Operation.Attention(
          samples: plain.samples, heads: plain.heads, queryCount: plain.queries, keyCount: plain.keys,
          depth: plain.depth, valueDepth: plain.valueDepth, queries: sides[0], keys: sides[1], values: sides[2],
          masks: masks.map(\.kind), isCausal: plain.isCausal, scale: plain.scale,
          dropout: dropout?.probability ?? 0))
    }
    // Masks beside the learned one have no gradient, and are no inputs of the recorded operation.
    let all = inputs + masks.map { Tensor(shape: $0.shape, storage: $0.storage, device: device) }
    guard !device.isAbstract else {
      return noted(name, as: logged(), inputs: all, output: Tensor(abstract: shape, device: device))
    }
    if let dropout, dropout.probability > 0 {
      require(0...1 ~= dropout.probability, "\(name): the dropout is \(dropout.probability); expected 0 to 1")
      let storage = Storage(count: core.weightCount)
      dropout.random.fillDropoutMask(storage.values, dropout.probability, on: device)
      core.dropoutMask = storage
    }
    let storages = inputs.map(\.storage)
    let weights = Storage(count: core.weightCount)
    let result = Storage(count: shape.elementCount)
    core.forward(q, k, v, storages, weights: weights, output: output, into: result, on: device)

    let (ready, shapes) = (core, inputs.map(\.shape))
    let learnedMask = learned == nil ? nil : core.masks[0]
    let noted = noted(
      name, as: logged(), inputs: all, output: Tensor(shape: shape, storage: result, device: device))
    return recorded(name, inputs: inputs + (learned.map { [$0] } ?? []), output: noted) { gradient in
      let parts = storages.map { Storage(count: $0.count) }
      let scores = learnedMask == nil ? nil : Storage(count: ready.weightCount)
      ready.backward(
        gradient.storage, output: output, q, k, v, storages, weights: weights, into: parts, scores: scores, on: device)
      let gradients: [Tensor?] = zip(shapes, parts).map { Tensor(shape: $0, storage: $1, device: device) }
      guard let learnedMask, let scores else { return gradients }
      return gradients + [learnedMask.gradient(scores, queries: ready.queries, keys: ready.keys, device)]
    }
  }

  private func isSame(as other: Tensor) -> Bool {
    storage === other.storage && shape == other.shape && trace?.slot == other.trace?.slot
  }
}

extension PreparedMask {
  /// What the scores' gradients add up to for each of the mask's values, in the order of samples, heads, rows.
  fileprivate func gradient(_ scores: Storage, queries: Int, keys: Int, _ device: Device) -> Tensor {
    Tensor(shape: shape, device: device) { out in
      out.update(repeating: 0)
      for (unit, offset) in offsets.enumerated() {
        for query in 0..<queries {
          let row = scores.base + (unit * queries + query) * keys
          for key in 0..<keys { out[offset + query * rowStride + key * columnStride] += row[key] }
        }
      }
    }
  }
}
