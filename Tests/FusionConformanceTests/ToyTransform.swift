import FusionCore
import Synchronization

enum TRF1: Flaw { static let id = "TRF-1" }
enum TRF2: Flaw { static let id = "TRF-2" }
enum TRF3: Flaw { static let id = "TRF-3" }
enum TRF3Suits: Flaw {
  static let id = "TRF-3"
  static let variant = "suits"
}
enum TRF4: Flaw { static let id = "TRF-4" }
enum TRF5: Flaw { static let id = "TRF-5" }
enum TRF5Key: Flaw {
  static let id = "TRF-5"
  static let variant = "key"
}
enum TRF6: Flaw { static let id = "TRF-6" }
enum TRF6Still: Flaw {
  static let id = "TRF-6"
  static let variant = "still"
}
enum TRF7: Flaw { static let id = "TRF-7" }

/// A valid transform, noise; each flaw breaks one rule of the kit.
final class ToyTransform<F: Flaw>: Transform {
  static var name: String { "toy" }
  static var summary: String { "noise" }
  static var strengthKey: String? { F.id == "TRF-5" && F.variant == "key" ? "size" : "std" }
  struct Configuration: ComponentConfiguration {
    var std = 0.5
    static var options: [Option] { [Option("std", "deviation", .range(0, 1000))] }
  }
  static func isStochastic(_ configuration: Configuration) -> Bool { F.id != "TRF-6" || F.variant == "still" }
  static func problems(_ configuration: Configuration, inputs: [ModalityShape]) -> [Problem] {
    F.id == "TRF-3" && F.variant == "suits" ? [Problem("nothing suits")] : []
  }

  private let std: Float
  private let count: Int
  private let seen = Atomic(0)
  private let own = Float.random(in: 0..<1)

  init(_ configuration: Configuration, inputs: [ModalityShape]) {
    (std, count) = (Float(configuration.std), inputs.count)
  }

  func callAsFunction(_ sample: inout TransformSample, random: RandomStream) {
    let before = seen.add(1, ordering: .relaxed).oldValue
    for i in sample.modalities.indices {
      let random = F.id == "TRF-6" && F.variant == "still" ? RandomStream(seed: 1) : random.derived(i)
      let noise = random.normals(sample.modalities[i].values.count)
      var std = std
      if F.id == "TRF-5", F.variant.isEmpty { std += 0.1 }
      if F.id == "TRF-2" { std *= Float(before + 1) }
      for k in noise.indices { sample.modalities[i].values[k] += std * noise[k] }
      if F.id == "TRF-1", std > 0 { sample.modalities[i].values[0] += own }
      if F.id == "TRF-3", F.variant.isEmpty, std > 0 { sample.modalities[i].values.append(0) }
      if F.id == "TRF-4", std > 0, sample.modalities[i].values[0].magnitude > 1e10 {
        sample.modalities[i].values[0] = .nan
      }
    }
    if F.id == "TRF-7", sample.modalities.count < count { sample.modalities.append(.init("other", [1], [0])) }
  }
}
