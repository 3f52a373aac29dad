import FusionCore

/// What lies beside the source of a scaffolded plugin: README, example, fixture, and a package of its own.
enum ScaffoldTexts {
  static func readme(_ kind: ComponentKind) -> String {
    let (formula, shapes, parameters, example) =
      switch kind {
      case .encoder:
        (
          "y = tanh(W x + b)", "`[N, …]` → `[N, width]`", "`linear.weight` `[width, d]`, `linear.bias` `[width]`",
          "modalities:\n  image: {type: image, encoder: {type: __name__, width: 64}}"
        )
      case .decoder:
        (
          "y = V tanh(W x + b) + c", "`[N, …]` → `[N, outputs]`",
          "`hidden.weight` `[width, d]`, `hidden.bias` `[width]`, `output.weight` `[outputs, width]`, "
            + "`output.bias` `[outputs]`", "decoder: {type: __name__, width: 64}"
        )
      case .modality:
        (
          "values scaled as `values` says", "stored `[N, …]` → `[N, D]`", "none",
          "modalities:\n  image: {type: __name__, values: byte, encoder: {type: mlp}}"
        )
      case .fusion, .dataset:
        (
          "y = Σ_m tanh(P_m x_m)", "x_m `[N, d_m]` → y `[N, width]`",
          "P_m: `projections.<modality>.weight` `[width, d_m]`, `.bias` `[width]`",
          "fusion: {type: __name__, width: 64}"
        )
      }
    let modalities =
      kind == .fusion ? "\n**Modalities** one or more, in any order; a missing one leaves its term out\n" : ""
    return """
      # `__name__`

      What it does, and the paper it comes from: authors, title, place, year.

      **Formula** \(formula)

      **Shapes** \(shapes)

      **Parameters** \(parameters) · **Cost** operations a sample
      \(modalities)
      ```yaml
      \(example)
      ```

      """
  }

  /// What to type in a package.
  static let packageSteps = """

    ```sh
    fusionkit plugin build                              # .build/__library__
    fusionkit conformance --plugin .build/__library__
    fusionkit data demo --out data/demo
    fusionkit train configs/__stem__.yaml               # loads the library, as its 'plugins' says
    swift test -c release                               # the same checks and the fixture; compiles FusionKit first
    ```

    """

  /// An experiment that tries it, on the data of the other examples; one of a package loads its library.
  static func experiment(_ kind: ComponentKind, extends base: String?) -> String {
    let part =
      switch kind {
      case .encoder: "modalities:\n  image: {encoder: {type: __name__}}\nfusion: {type: concat}"
      case .decoder: "fusion: {type: concat}\ndecoder: {type: __name__}"
      case .modality:
        "modalities:\n  image: {type: __name__, values: byte, encoder: {type: mlp}}\nfusion: {type: concat}"
      case .fusion, .dataset: "fusion: {type: __name__}"
      }
    return """
      # Tries the \(kind.rawValue) '__name__'. Data by formula: fusionkit data demo --out data/demo, then
      #   fusionkit train configs/__stem__.yaml --set data.root=data/demo
      name: __stem__
      extends: \(base ?? "base.yaml")\(base == nil ? "\nplugins: [../.build/__library__]" : "")
      \(part)

      """
  }

  /// The experiment that the one of a package extends.
  static let base = """
    # What experiments share: data, encoders, head and trainer. A base is no experiment: it has no fusion.
    seed: 2020
    data:
      dataset: avmnist
      root: data/demo
      validation: 0.1
    modalities:
      image: {type: image, encoder: {type: lenet, channels: 6, blocks: 4}}
      audio: {type: spectrogram, encoder: {type: lenet, channels: 6, blocks: 6}}
    decoder: {type: mlp, hidden: [100], dropout: 0.1}
    task: {type: classification}
    training:
      epochs: 3
      batch_size: 40
      optimizer: {type: sgd, learning_rate: 0.05, weight_decay: 1e-4}
      gradient_clip: 8

    """

  /// Values by PyTorch and the script that made them; a modality has nothing to compute.
  static func fixture(_ kind: ComponentKind) -> (script: String, values: String)? {
    switch kind {
    case .fusion: (ScaffoldFixtures.fusionScript, ScaffoldFixtures.fusionValues)
    case .encoder: (ScaffoldFixtures.encoderScript, ScaffoldFixtures.encoderValues)
    case .decoder: (ScaffoldFixtures.decoderScript, ScaffoldFixtures.decoderValues)
    case .modality, .dataset: nil
    }
  }

  /// The tests of a package.
  static func tests(_ kind: ComponentKind) -> String {
    let fixture = """


      /// Against PyTorch: Fixtures/make___stem__.py.
      @Test func itComputesWhatPyTorchDoes() {
        expectFixture(
          URL(filePath: #filePath).deletingLastPathComponent().appending(path: "Fixtures/__stem__.json").path,
          of: __type__.self)
      }
      """
    return """
      import __type__
      import Foundation
      import FusionConformanceTesting
      import Testing

      /// Shapes, gradients, determinism, saved files: all rules of the conformance kit.
      @Test func itKeepsTheRules() { expectConformance(of: __type__.self) }\(self.fixture(kind) == nil ? "" : fixture)

      """
  }

  /// The manifest of a package.
  ///
  /// - Parameter dependency: the arguments of `.package(…)`.
  static func manifest(_ kind: ComponentKind, dependency: String) -> String {
    let hasFixture = fixture(kind) != nil
    return """
      // swift-tools-version: 6.2
      import PackageDescription

      let package = Package(
        name: "__type__",
        platforms: [.macOS(.v14)],
        products: [.library(name: "__type__", targets: ["__type__"])],
        dependencies: [.package(\(dependency))],
        targets: [
          .target(name: "__type__", dependencies: [.product(name: "FusionCore", package: "__package__")]),
          .testTarget(
            name: "__type__Tests",
            dependencies: ["__type__", .product(name: "FusionConformanceTesting", package: "__package__")]\(hasFixture ? ",\n      exclude: [\"Fixtures\"]" : "")),
        ]
      )

      """
  }
}
