import FusionCore

extension SweepParameter {
  /// How many different values there are; nil: more than can be counted.
  var size: Int? {
    switch values {
    case .choices(let choices): choices.count
    case .range(let range): range.size
    }
  }

  /// Value `index` of a parameter whose ``size`` is known.
  func value(numbered index: Int) -> ConfigValue {
    switch values {
    case .choices(let choices): choices[index]
    case .range(let range): range.value(numbered: index)
    }
  }

  /// The value at a share of all of them, from 0 to below 1.
  func value(at share: Double) -> ConfigValue {
    switch values {
    case .choices(let choices): choices[min(choices.count - 1, Int(share * Double(choices.count)))]
    case .range(let range): range.value(at: share)
    }
  }
}

extension SweepSettings {
  /// How many combinations there are; nil: more than can be counted.
  public var combinationCount: Int? {
    var product = 1
    for parameter in parameters {
      guard let size = parameter.size else { return nil }
      let (next, overflow) = product.multipliedReportingOverflow(by: size)
      if overflow { return nil }
      product = next
    }
    return product
  }

  /// Combination `index` of those that can be counted: a value for each parameter, the last one changing fastest.
  func combination(_ index: Int) -> [ConfigValue] {
    var rest = index
    return parameters.reversed().map { parameter in
      // The sizes of all parameters are known where combinations are numbered.
      let size = parameter.size ?? 1
      defer { rest /= size }
      return parameter.value(numbered: rest % size)
    }.reversed()
  }

  /// The combinations to be tried, in order; nil where the sampler proposes one after the other.
  ///
  /// Random ones are drawn without repetition, each parameter from a stream of its own name: trial 7 is the same
  /// whatever the number of trials.
  public func trials(seed: UInt64) -> [[ConfigValue]]? {
    switch sampler {
    case .grid: return (0..<(combinationCount ?? 0)).map { combination($0) }
    case .random(let settings): return drawn(settings.trials, RandomStream(seed: seed).derived("sweep"))
    case .optuna: return nil
    }
  }

  private func drawn(_ count: Int, _ random: RandomStream) -> [[ConfigValue]] {
    var trials: [[ConfigValue]] = []
    var known: Set<String> = []
    func isNew(_ trial: [ConfigValue]) -> Bool { known.insert(ConfigValue.list(trial).flowText).inserted }
    for number in 0..<min(count, combinationCount ?? count) {
      // Of few combinations, the last ones are seldom drawn: they are taken in their order then.
      let draws = (0..<1000).lazy.map { attempt in
        parameters.map { $0.value(at: random.derived($0.name).derived(number).share(at: attempt)) }
      }
      let rest = (0..<(combinationCount ?? 0)).lazy.map { combination($0) }
      if let trial = draws.first(where: isNew) ?? rest.first(where: isNew) { trials.append(trial) }
    }
    return trials
  }
}

extension RandomStream {
  /// A number in 0 ..< 1 with 53 bits, the one at `position` of the stream.
  fileprivate func share(at position: Int) -> Double {
    let block = block(UInt64(position))
    return Double((UInt64(block[0]) << 32 | UInt64(block[1])) >> 11) * 0x1p-53
  }
}
