import FusionCore

/// What lies beside the source of a scaffolded plugin: README, example, fixture, and a package of its own.
enum ScaffoldTexts {
  static func readme(_ template: PluginTemplate) -> String {
    """
    # `__name__`

    What it does, and the paper it comes from: authors, title, place, year.

    \(template.facts)
    ```yaml
    \(template.example)
    ```

    """
  }

  /// What to type in a package.
  static func packageSteps(_ template: PluginTemplate) -> String {
    """

    ```sh
    fusionkit plugin build                              # .build/__library__
    fusionkit conformance --plugin .build/__library__
    \(template.isWhole ? "" : "fusionkit data demo --out data/demo\n")\
    fusionkit train configs/__stem__.yaml               # loads the library, as its 'plugins' says
    swift test -c release                               # the same checks and the fixture; compiles FusionKit first
    ```

    """
  }

  /// An experiment that tries it, on the data of the other examples; one of a package loads its library.
  static func experiment(_ kind: ComponentKind, _ template: PluginTemplate, extends base: String?) -> String {
    let plugins = base == nil ? "\nplugins: [../.build/__library__]" : ""
    guard !template.isWhole else {
      return """
        # Tries the \(kind.words) '__name__': fusionkit train configs/__stem__.yaml
        name: __stem__\(plugins)
        \(template.experiment)

        """
    }
    return """
      # Tries the \(kind.words) '__name__'. Data by formula: fusionkit data demo --out data/demo, then
      #   fusionkit train configs/__stem__.yaml --set data.root=data/demo
      name: __stem__
      extends: \(base ?? "base.yaml")\(plugins)
      \(template.experiment)

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

  /// The tests of a package.
  static func tests(_ template: PluginTemplate) -> String {
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
      @Test func itKeepsTheRules() { expectConformance(of: __type__.self) }\(template.fixture == nil ? "" : fixture)

      """
  }

  /// The manifest of a package.
  ///
  /// - Parameter dependency: the arguments of `.package(…)`.
  static func manifest(_ template: PluginTemplate, dependency: String) -> String {
    let hasFixture = template.fixture != nil
    return """
      // swift-tools-version: 6.2
      import PackageDescription

      let package = Package(
        name: "__type__",
        platforms: [.macOS(.v15)],
        products: [.library(name: "__type__", targets: ["__type__"])],
        dependencies: [.package(\(dependency))],
        targets: [
          .target(name: "__type__", dependencies: [.product(name: "\(template.product)", package: "__package__")]),
          .testTarget(
            name: "__type__Tests",
            dependencies: ["__type__", .product(name: "FusionConformanceTesting", package: "__package__")]\(hasFixture ? ",\n      exclude: [\"Fixtures\"]" : "")),
        ]
      )

      """
  }
}
