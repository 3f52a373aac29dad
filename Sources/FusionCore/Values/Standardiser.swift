/// Mean and deviation of features, kept in buffers of the model: fitted on the training part once, saved with the
/// weights, and used by whatever the model is used for.
///
/// Buffers: `mean` `[3, F]`, of which the sum of the three rows is the mean in double precision, and `deviation` `[F]`,
/// the square root of the variance over all values (divided by their number, as scikit-learn's `StandardScaler`); 0 for a
/// constant feature. Before it is fitted, the mean is 0 and the deviation 1.
public final class Standardiser {
  /// Where the features stand in a sample.
  public let layout: FeatureLayout
  private let mean: Parameter
  private let deviation: Parameter

  init(_ layout: FeatureLayout, context: BuildContext) {
    self.layout = layout
    mean = context.buffer("mean", [3, layout.count], .zeros)
    deviation = context.buffer("deviation", [layout.count], .ones)
  }

  /// Takes over means and deviations, one for each feature.
  public func fit(means: [Double], deviations: [Double]) {
    precondition(means.count == layout.count && deviations.count == layout.count, "statistics of other features")
    for (feature, mean) in means.enumerated() {
      var rest = mean
      for row in 0..<3 {
        let part = Float(rest)
        self.mean.value.storage.base[row * layout.count + feature] = part
        rest -= Double(part)
      }
    }
    for (feature, deviation) in deviations.enumerated() {
      self.deviation.value.storage.base[feature] = Float(deviation)
    }
  }

  private var means: [Double] {
    let parts = mean.value.scalars
    return (0..<layout.count).map { feature in
      (0..<3).reduce(0.0) { $0 + Double(parts[(2 - $1) * layout.count + feature]) }
    }
  }

  /// The deviation of each feature; 0: it is constant.
  public var deviations: [Double] { deviation.value.scalars.map(Double.init) }

  /// What the buffers hold, for reading values.
  public var scale: FeatureScale {
    FeatureScale(layout: layout, means: means, factors: deviations.map { $0 > 0 ? 1 / $0 : 0 })
  }

  /// Values in their original units: times the deviation, plus the mean. Shapes: `[N, F]` to the same.
  public func original(_ values: Tensor) -> Tensor {
    let (means, deviations) = (means, deviations)
    return Tensor(
      values.scalars.enumerated().map { place, value in
        let feature = place % layout.count
        return Float(Double(value) * deviations[feature] + means[feature])
      }, shape: values.shape, device: values.device)
  }
}
