import FusionCore

/// A valid optimizer, gradient descent with a velocity; each flaw breaks the rule of one check.
final class ToyOptimizer<F: Flaw>: Optimizer {
  static var name: String { "toy" }
  static var summary: String { "descent with a velocity" }
  struct Configuration: ComponentConfiguration {
    var rate = 0.01
    static var options: [Option] { [Option("rate", "step length", .atLeast(0))] }
  }

  var learningRate: Double
  private let initialRate: Double
  private let parameters: [Parameter]
  private var memory: OptimizerState
  private var velocities: [String: [Float]] = [:]

  init(_ configuration: Configuration, parameters: [Parameter]) {
    (learningRate, initialRate, self.parameters) = (configuration.rate, configuration.rate, parameters)
    memory = OptimizerState(parameters, keys: ["velocity"])
  }

  var state: [(name: String, tensor: Tensor)] { memory.tensors }
  func restore(_ state: [(name: String, tensor: Tensor)]) -> [String] { memory.restore(state) }

  func step() {
    let rate = Float(F.id == "OPT-4" ? initialRate : learningRate) * (F.id == "OPT-1" ? -1 : 1)
    for parameter in parameters {
      guard let gradient = parameter.gradient, parameter.isTrainable else {
        // Decay that depends on the list of parameters, not by the gradients.
        if F.id == "OPT-2" { parameter.value.storage.base[0] *= 0.99 }
        continue
      }
      let (value, slope) = (parameter.value.storage.base, gradient.storage.base)
      // Per thread: a scale that no two machines share.
      let scale: Float = F.id == "OPT-5" ? 1 / Float(parameter.value.device.threads) : 1
      let velocity = memory.values("velocity", of: parameter)
      var unsaved = velocities[parameter.name] ?? Array(repeating: 0, count: gradient.count)
      for i in 0..<gradient.count {
        velocity[i] = 0.5 * velocity[i] + slope[i]
        unsaved[i] = 0.5 * unsaved[i] + slope[i]
        value[i] -= rate * scale * (F.id == "OPT-3" ? unsaved[i] : velocity[i])
      }
      velocities[parameter.name] = unsaved
    }
  }
}

/// A valid schedule that halves the rate after an epoch without improvement; each flaw breaks the rule of one check.
struct ToySchedule<F: Flaw>: Schedule {
  static var name: String { "toy" }
  static var summary: String { "half after an epoch without improvement" }
  typealias Configuration = NoConfiguration
  static func watchedMetric(_ configuration: Configuration) -> WatchedMetric? {
    F.id == "SCD-4" ? nil : WatchedMetric("train.loss")
  }

  private let length: ScheduleLength
  private var best: Double?
  private var halvings = 0
  init(_ configuration: Configuration, length: ScheduleLength) { self.length = length }

  func learningRate(base: Double, step: Int) -> Double {
    if F.id == "SCD-1", step > 10 { return -1 }
    let rate = (0..<halvings).reduce(base) { rate, _ in rate / 2 }
    return F.id == "SCD-2" ? rate / Double(length.steps) : rate
  }
  func momentum(step: Int) -> Double? { F.id == "SCD-4" && F.variant == "momentum" ? 0.9 : nil }

  mutating func endEpoch(metric: Double, higherIsBetter: Bool) {
    if F.id == "SCD-4", F.variant == "momentum" { return }
    if best.map({ metric < $0 }) ?? true { best = metric } else { halvings += 1 }
  }
  var state: [String: Double] {
    var state = ["halvings": Double(F.id == "SCD-3" ? 0 : halvings)]
    state["best"] = best
    return state
  }
  mutating func restore(_ state: [String: Double]) -> [String] {
    guard let count = state["halvings"], Set(state.keys).isSubset(of: ["halvings", "best"]) else {
      return ["no state of this schedule"]
    }
    (best, halvings) = (state["best"], Int(count))
    return []
  }
}

enum OPT1: Flaw { static let id = "OPT-1" }
enum OPT2: Flaw { static let id = "OPT-2" }
enum OPT3: Flaw { static let id = "OPT-3" }
enum OPT4: Flaw { static let id = "OPT-4" }
enum OPT5: Flaw { static let id = "OPT-5" }
enum SCD1: Flaw { static let id = "SCD-1" }
enum SCD2: Flaw { static let id = "SCD-2" }
enum SCD3: Flaw { static let id = "SCD-3" }
enum SCD4: Flaw { static let id = "SCD-4" }
enum SCD4Momentum: Flaw {
  static let id = "SCD-4"
  static let variant = "momentum"
}

extension Mutant {
  /// Of the kinds that training has.
  static let training: [Mutant] = [
    Mutant(id: "OPT-1", type: ToyOptimizer<OPT1>.self),
    Mutant(id: "OPT-2", type: ToyOptimizer<OPT2>.self),
    Mutant(id: "OPT-3", type: ToyOptimizer<OPT3>.self),
    Mutant(id: "OPT-4", type: ToyOptimizer<OPT4>.self),
    Mutant(id: "OPT-5", type: ToyOptimizer<OPT5>.self),
    Mutant(id: "SCD-1", type: ToySchedule<SCD1>.self),
    Mutant(id: "SCD-2", type: ToySchedule<SCD2>.self),
    Mutant(id: "SCD-3", type: ToySchedule<SCD3>.self),
    Mutant(id: "SCD-4", type: ToySchedule<SCD4>.self),
    Mutant(id: "SCD-4", type: ToySchedule<SCD4Momentum>.self),
  ]
}
