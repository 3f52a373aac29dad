import FusionCore

/// The feature that each value of a sample belongs to, value after value.
struct FeaturePlace {
  private let layout: FeatureLayout
  /// The feature of the value at hand.
  private(set) var feature = 0
  /// How often each feature has come before in this sample.
  private(set) var turn = 0
  private var inner = 0
  private var turnsBefore = 0

  init(_ layout: FeatureLayout) { self.layout = layout }

  /// Goes on to the next value.
  @inline(__always)
  mutating func advance() {
    inner += 1
    if inner < layout.stride {
      turn += 1
      return
    }
    inner = 0
    feature += 1
    if feature == layout.count {
      feature = 0
      turnsBefore += layout.stride
    }
    turn = turnsBefore
  }
}

/// Mean and deviation of each feature of an array, over some of its rows.
public struct FeatureStatistics: Sendable, Equatable {
  /// The number of values that each feature has.
  public var count = 0
  /// One for each feature.
  public var means: [Double]
  /// The square root of the mean squared distance from the mean, as `numpy.std`; 0 for a constant feature.
  public var deviations: [Double]

  /// The features whose values do not vary, or by less than single precision can tell from nothing.
  public var constant: [Int] { deviations.indices.filter { Float(deviations[$0]) == 0 } }
}

/// Sums for one feature, as Welford (1962) keeps them up to date.
private struct Moments {
  /// The first value, which all others are measured from: of numbers far from zero, doubles are too coarse to follow a mean.
  var origin = 0.0
  /// The mean distance from the origin.
  var mean = 0.0
  /// The sum of squared distances from the mean.
  var squares = 0.0
}

extension StoredArray {
  /// Mean and deviation of each feature over some rows, in double precision and one pass.
  ///
  /// Rows are cut into units that follow from their number alone, and the units' sums are joined in order (Chan, Golub and
  /// LeVeque 1979): the same bits for any number of threads. Values are measured from the first of each feature, so that a
  /// constant one has a deviation of exactly 0.
  ///
  /// - Parameter rows: none of them is missing.
  /// - Throws: ``DataError`` where the file was shortened meanwhile.
  public func statistics(rows: [Int], _ layout: FeatureLayout, device: Device) throws(DataError) -> FeatureStatistics {
    let (width, features) = (sampleCount, layout.count)
    precondition(features > 0 && width % (features * layout.stride) == 0, "features that do not fill a sample")
    try store.checkSize()
    let turns = width / features
    // At most 64 units, fewer where there are so many features that their sums would take more than 16 MB.
    let units = max(1, min(64, rows.count, (1 << 20) / features))
    var sums = [Moments](repeating: Moments(), count: units * features)
    sums.withUnsafeMutableBufferPointer { buffer in
      let all = buffer.baseAddress!
      device.parallel(units: units) { unit in
        let own = all + unit * features
        var before = 0
        var reciprocals = [Double](repeating: 0, count: turns)
        for row in rows[unit * rows.count / units..<(unit + 1) * rows.count / units] {
          for turn in 0..<turns { reciprocals[turn] = 1 / Double(before + turn + 1) }
          var place = FeaturePlace(layout)
          visit(row * width..<(row + 1) * width) { _, stored in
            if before + place.turn == 0 { own[place.feature].origin = stored }
            let value = stored - own[place.feature].origin
            let difference = value - own[place.feature].mean
            own[place.feature].mean += difference * reciprocals[place.turn]
            own[place.feature].squares += difference * (value - own[place.feature].mean)
            place.advance()
          }
          before += turns
        }
      }
    }
    var total = 0
    var joined = [Moments](repeating: Moments(), count: features)
    for unit in 0..<units {
      let more = ((unit + 1) * rows.count / units - unit * rows.count / units) * turns
      guard more > 0 else { continue }
      let (a, b) = (Double(total), Double(more))
      for feature in 0..<features {
        let other = sums[unit * features + feature]
        guard total > 0 else {
          joined[feature] = other
          continue
        }
        let difference = (other.origin - joined[feature].origin) + (other.mean - joined[feature].mean)
        joined[feature].mean += difference * (b / (a + b))
        joined[feature].squares += other.squares + difference * difference * (a * b / (a + b))
      }
      total += more
    }
    guard total > 0 else {
      return FeatureStatistics(
        means: .init(repeating: 0, count: features), deviations: .init(repeating: 1, count: features))
    }
    return FeatureStatistics(
      count: total, means: joined.map { $0.origin + $0.mean },
      deviations: joined.map { ($0.squares / Double(total)).squareRoot() })
  }
}

extension DataSplit {
  /// Mean and deviation of each feature of a modality over the samples of this part that have it.
  public func statistics(
    ofModality place: Int, _ layout: FeatureLayout, device: Device
  ) throws(DataError) -> FeatureStatistics {
    let modality = modalities[place]
    let present = modality.presence.map { mask in rows.filter { mask.isPresent[$0] } } ?? rows
    return try modality.array.statistics(rows: present, layout, device: device)
  }

  /// Mean and deviation of each target of a regression over the samples of this part; nil for other targets.
  public func targetStatistics(device: Device) throws(DataError) -> FeatureStatistics? {
    guard case .values(let array) = targets else { return nil }
    return try array.statistics(rows: rows, FeatureLayout(count: array.sampleCount), device: device)
  }
}
