import Foundation
import TensorEngine

extension Tensor {
  /// The cross entropy of softmax(logits) and classes, averaged over the batch: `torch.nn.CrossEntropyLoss`.
  ///
  /// With p = softmax(z), target t_i, weights w and smoothing ε over C classes, PyTorch minimises
  ///
  ///     L = Σ_i Σ_c −q_ic log p_ic / Σ_i w_{t_i},   q_ic = (1 − ε) w_c [c = t_i] + (ε / C) w_c,
  ///
  /// whose derivative is (p_ic Σ_k q_ik − q_ic) / Σ_i w_{t_i}. Where all targets have weight zero the mean is that of
  /// nothing: NaN, as in PyTorch.
  ///
  /// Shapes: `[N, C]` and N classes to `[]`.
  ///
  /// - Parameters:
  ///   - targets: the class of each row, `0 ..< C`.
  ///   - weights: one weight per class; nil: all 1.
  ///   - labelSmoothing: the share of each target that is spread over all classes (Szegedy et al. 2016).
  public func crossEntropy(_ targets: [Int], weights: [Float]? = nil, labelSmoothing: Double = 0) -> Tensor {
    require(
      rank == 2 && shape[0] == targets.count,
      "crossEntropy: \(targets.count) targets need logits of shape [\(targets.count), classes], these are \(shape)")
    let classes = shape[1]
    require(
      weights == nil || weights!.count == classes,
      "crossEntropy: \(classes) classes need as many weights, \(weights?.count ?? 0) were given")
    let weights = (weights ?? Array(repeating: 1, count: classes)).map(Double.init)
    let spread = labelSmoothing / Double(classes)

    var total = 0.0
    var totalWeight = 0.0
    let derivative = Tensor(shape: shape, device: device) { derivative in
      var probabilities = [Double](repeating: 0, count: classes)
      for (row, target) in targets.enumerated() {
        require(
          0..<classes ~= target,
          "crossEntropy: row \(row) has the target \(target), the classes are 0 to \(classes - 1)")
        let logits = storage.values[row * classes..<(row + 1) * classes]
        let largest = Double(logits.max() ?? 0)
        for (c, logit) in logits.enumerated() { probabilities[c] = Foundation.exp(Double(logit) - largest) }
        let sum = probabilities.reduce(0, +)
        let logSum = Foundation.log(sum)
        var mass = 0.0
        for (c, logit) in logits.enumerated() {
          let share = weights[c] * (spread + (c == target ? 1 - labelSmoothing : 0))
          mass += share
          if share != 0 { total += share * (logSum - (Double(logit) - largest)) }
        }
        for c in 0..<classes {
          let share = weights[c] * (spread + (c == target ? 1 - labelSmoothing : 0))
          derivative[row * classes + c] = Float(mass * probabilities[c] / sum - share)
        }
        totalWeight += weights[target]
      }
    }
    return loss("crossEntropy", total / totalWeight, derivative: derivative, divisor: totalWeight)
  }

  /// The cross entropy of sigmoid(logits) and independent yes-or-no targets, averaged over all values:
  /// `torch.nn.BCEWithLogitsLoss`.
  ///
  /// With x the logit, t the target and w the weight of its class when positive:
  /// L = (1 − t) x + (1 + (w − 1) t) log(1 + e^−x), dL/dx = (1 − t) − (1 + (w − 1) t) σ(−x), over the number of values.
  ///
  /// Shapes: `[…, C]` and targets `[…, C]` to `[]`.
  ///
  /// - Parameters:
  ///   - targets: 0 or 1, or a probability in between; no gradient flows to them.
  ///   - positiveWeights: one weight per class, for its positive targets; nil: all 1.
  public func binaryCrossEntropy(_ targets: Tensor, positiveWeights: [Float]? = nil) -> Tensor {
    let classes = shape.last ?? 1
    require(
      positiveWeights == nil || positiveWeights!.count == classes,
      "binaryCrossEntropy: \(classes) classes need as many weights, \(positiveWeights?.count ?? 0) were given")
    let weights = positiveWeights ?? Array(repeating: 1, count: classes)
    return elementwiseLoss("binaryCrossEntropy", targets) { x, t, position in
      let weight = 1 + (Double(weights[position % classes]) - 1) * t
      let small = Foundation.exp(-x.magnitude)  // log(1 + e^−x) without overflow
      let sigmoidOfMinus = (x >= 0 ? small : 1) / (1 + small)
      return ((1 - t) * x + weight * (Foundation.log1p(small) + Swift.max(-x, 0)), (1 - t) - weight * sigmoidOfMinus)
    }
  }

  /// The mean of (x − t)²: `torch.nn.MSELoss`. Shapes: any, and targets of the same shape, to `[]`.
  public func meanSquaredError(_ targets: Tensor) -> Tensor {
    elementwiseLoss("meanSquaredError", targets) { x, t, _ in ((x - t) * (x - t), 2 * (x - t)) }
  }

  /// The mean of |x − t|: `torch.nn.L1Loss`; its derivative is 0 where x = t.
  /// Shapes: any, and targets of the same shape, to `[]`.
  public func meanAbsoluteError(_ targets: Tensor) -> Tensor {
    elementwiseLoss("meanAbsoluteError", targets) { x, t, _ in ((x - t).magnitude, signum(x - t)) }
  }

  /// Squares near the target, absolute values beyond `delta` (Huber 1964): `torch.nn.HuberLoss`.
  ///
  /// With d = x − t: d²/2 where |d| < δ, else δ (|d| − δ/2). Shapes: any, and targets of the same shape, to `[]`.
  public func huberLoss(_ targets: Tensor, delta: Double = 1) -> Tensor {
    require(delta > 0, "huberLoss: delta has to be above 0, it is \(delta)")
    return elementwiseLoss("huberLoss", targets) { x, t, _ in
      let d = x - t
      return d.magnitude < delta ? (d * d / 2, d) : (delta * (d.magnitude - delta / 2), delta * signum(d))
    }
  }

  /// The Huber loss divided by its threshold, so that its slope is ±1 far out: `torch.nn.SmoothL1Loss`.
  ///
  /// With d = x − t: d²/2β where |d| < β, else |d| − β/2; β = 0 is ``meanAbsoluteError(_:)``.
  /// Shapes: any, and targets of the same shape, to `[]`.
  public func smoothAbsoluteError(_ targets: Tensor, beta: Double = 1) -> Tensor {
    require(beta >= 0, "smoothAbsoluteError: beta has to be 0 or more, it is \(beta)")
    return elementwiseLoss("smoothAbsoluteError", targets) { x, t, _ in
      let d = x - t
      return d.magnitude < beta ? (d * d / (2 * beta), d / beta) : (d.magnitude - beta / 2, signum(d))
    }
  }

  /// The mean over all values of a function of prediction and target that gives its own derivative.
  @inline(__always)
  private func elementwiseLoss(
    _ name: StaticString, _ targets: Tensor,
    _ function: (_ x: Double, _ target: Double, _ position: Int) -> (value: Double, derivative: Double)
  ) -> Tensor {
    require(
      shape == targets.shape, "\(name): predictions of shape \(shape) need targets of that shape, not \(targets.shape)")
    let derivative = Tensor(shape: shape, storage: Storage(count: count), device: device)
    let (x, t, slope) = (storage.base, targets.storage.base, derivative.storage.base)
    let total = device.sumOfBlocks(of: count) { range in
      var sum = 0.0
      for i in range {
        let point = function(Double(x[i]), Double(t[i]), i)
        sum += point.value
        slope[i] = Float(point.derivative)
      }
      return sum
    }
    return loss(name, total / Double(count), derivative: derivative, divisor: Double(count))
  }

  /// Records a scalar whose derivative was computed along with its value.
  private func loss(_ name: StaticString, _ value: Double, derivative: Tensor, divisor: Double) -> Tensor {
    .recorded(name, inputs: [self], output: Tensor([Float(value)], shape: [], device: device)) { gradient in
      let factor = Float(Double(gradient.item) / divisor)
      return [
        Tensor(shape: derivative.shape, device: derivative.device) { output in
          for i in 0..<output.count { output[i] = derivative.storage.base[i] * factor }
        }
      ]
    }
  }
}

private func signum(_ value: Double) -> Double { value > 0 ? 1 : value < 0 ? -1 : value }
