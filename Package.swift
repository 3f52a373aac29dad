// swift-tools-version: 6.2
import PackageDescription

/// Every plugin with a target of its own, in `Plugins/<Kind>s/<Name>`. A listing of the folders would be cached by
/// SwiftPM, and a new plugin silently left out; this literal list is compared with the folders by a test. One word here
/// is all a new plugin needs.
let plugins = [
  "AddFusion", "AttentionBottleneckFusion", "AttentionSumFusion", "BimodalInteractionFusion", "BlockFusion",
  "ChannelAttentionFusion", "ConcatFusion", "CrossAttentionFusion", "CrossModalTransformerFusion",
  "DecisionAverageFusion", "DecisionProductFusion", "DeepSetsFusion", "EvidentialFusion", "FilmFusion",
  "FusionTransformerFusion", "GatedMultimodalUnitFusion", "HypernetworkFusion", "LowRankTensorFusion", "MaxFusion",
  "MCBFusion", "MeanFusion", "MFBFusion", "MFHFusion", "MinFusion", "MixtureOfExpertsFusion", "MLBFusion",
  "MultiplyFusion", "MutanFusion", "NLGateFusion", "PerceiverFusion", "ProductOfExpertsFusion", "TensorFusion",
  "TrimodalInteractionFusion", "TuckerFusion",
  "ConvEncoder", "GRUEncoder", "IdentityEncoder", "LeNetEncoder", "LSTMEncoder", "MLPEncoder", "TransformerEncoder",
  "IdentityDecoder", "LinearDecoder", "MLPDecoder",
  "TaskObjective", "UnimodalObjective", "InfoNCEObjective", "OGMGEObjective", "DistillationObjective",
  "ImageModality", "SequenceModality", "SpectrogramModality", "VectorModality",
]

/// The kinds whose components are small: their folder is one target for all of them, because each target costs time to
/// compile and link. A component is a type in a file of its own name, in a folder of that name:
/// `Plugins/Optimizers/SGD/SGD.swift`. The registration finds them.
let collections: [String] = ["Callbacks", "Datasets", "Optimizers", "Schedules", "Transforms"]

/// The folder of a plugin's kind: the last word of its name tells the kind.
func folder(of plugin: String) -> String {
  let kind = String(plugin[(plugin.lastIndex(where: \.isUppercase) ?? plugin.startIndex)...])
  return kind.hasSuffix("y") ? kind.dropLast() + "ies" : kind + "s"
}

extension Target {
  static func component(_ name: String, path: String) -> Target {
    // Data sets are made of FusionData's readers; everything else is made of the core.
    .target(
      name: name, dependencies: name == "Datasets" ? ["FusionData"] : ["FusionCore", "FusionComponents"], path: path,
      exclude: ["README.md"])
  }
}

/// The modules, lowest first: each imports only modules that stand before it.
let modules: [Target] = [
  .systemLibrary(name: "CLibYAML", pkgConfig: "yaml-0.1", providers: [.apt(["libyaml-dev"]), .brew(["libyaml"])]),
  .systemLibrary(name: "CBLAS", pkgConfig: "openblas", providers: [.apt(["libopenblas-dev"]), .brew(["openblas"])]),
  .systemLibrary(name: "CZlib", pkgConfig: "zlib", providers: [.apt(["zlib1g-dev"]), .brew(["zlib"])]),
  .systemLibrary(name: "CLibZip", pkgConfig: "libzip", providers: [.apt(["libzip-dev"]), .brew(["libzip"])]),
  .systemLibrary(
    name: "CSndFile", pkgConfig: "sndfile", providers: [.apt(["libsndfile1-dev"]), .brew(["libsndfile"])]),
  .systemLibrary(name: "CFFTW", pkgConfig: "fftw3f", providers: [.apt(["libfftw3-dev"]), .brew(["fftw"])]),
  .systemLibrary(name: "CCrypto", pkgConfig: "libcrypto", providers: [.apt(["libssl-dev"]), .brew(["openssl"])]),
  .systemLibrary(name: "CCairo", pkgConfig: "cairo", providers: [.apt(["libcairo2-dev"]), .brew(["cairo"])]),
  .target(name: "CFusionKernels"),
  .target(name: "TensorEngine", dependencies: ["CFusionKernels", "CBLAS"]),
  .target(name: "NeuralLayers", dependencies: ["TensorEngine", "CFusionKernels"]),
  .executableTarget(name: "FingerprintGenerator", dependencies: ["CCrypto"]),
  .plugin(
    name: "FingerprintCore", capability: .buildTool(), dependencies: ["FingerprintGenerator"],
    path: "BuildTools/FingerprintCore"),
  .target(name: "CFusionABI"),
  .target(
    name: "FusionCore", dependencies: ["TensorEngine", "NeuralLayers", "CFusionABI"], plugins: ["FingerprintCore"]),
  .target(name: "FusionComponents", dependencies: ["FusionCore"]),
  .target(name: "Checksums", dependencies: ["CCrypto"]),
  .target(name: "PluginLoading", dependencies: ["FusionCore", "CFusionABI", "Checksums"]),
  .target(name: "FusionConfig", dependencies: ["FusionCore", "PluginLoading", "CLibYAML"]),
  .target(
    name: "FusionData",
    dependencies: [
      "FusionCore", "CFusionKernels", "Checksums", "CBLAS", "CZlib", "CLibZip", "CSndFile", "CFFTW",
    ], plugins: ["FingerprintCore"]),
  .target(name: "FusionMetrics", dependencies: ["FusionCore"]),
  .target(
    name: "FusionTraining",
    dependencies: ["FusionCore", "FusionConfig", "FusionData", "FusionMetrics"]),
  .target(name: "FusionExport", dependencies: ["FusionTraining"]),
  .target(name: "FusionExperiments", dependencies: ["FusionTraining", "FusionComponents"]),
  .target(name: "FusionAnalysis", dependencies: ["FusionExperiments", "CCairo"]),
  .target(
    name: "FusionConformance",
    dependencies: ["FusionCore", "FusionConfig", "FusionData", "FusionTraining", "Optimizers"]),
  .target(name: "FusionConformanceTesting", dependencies: ["FusionConformance"]),
  .executableTarget(name: "RegistrationGenerator"),
  .plugin(
    name: "RegisterPlugins", capability: .buildTool(), dependencies: ["RegistrationGenerator"],
    path: "BuildTools/RegisterPlugins"),
  .target(
    name: "AllPlugins",
    dependencies: ["FusionCore", "FusionMetrics"] + (plugins + collections).map { .target(name: $0) },
    plugins: ["RegisterPlugins"]),
  .executableTarget(
    name: "fusionkit",
    dependencies: [
      "AllPlugins", "FusionAnalysis", "FusionConfig", "FusionConformance", "FusionData", "FusionMetrics",
      "FusionExperiments", "FusionExport", "FusionTraining", "Optimizers", "PluginLoading",
      .product(name: "ArgumentParser", package: "swift-argument-parser"),
    ],
    // A plugin that is loaded at run time finds the core here. The flag binds this program alone: packages that depend
    // on the libraries are not barred by it.
    linkerSettings: [.unsafeFlags(["-Xlinker", "--export-dynamic"], .when(platforms: [.linux]))]),
]

let tests: [Target] = [
  .executableTarget(
    name: "fusionkit-fuzz",
    dependencies: [
      "AllPlugins", "Datasets", "FusionConfig", "FusionCore", "FusionData", "FusionTraining", "CCrypto", "CZlib",
      .product(name: "ArgumentParser", package: "swift-argument-parser"),
    ], path: "Tests/Fuzzing", exclude: ["Corpus"]),
  .testTarget(name: "CFusionKernelsTests", dependencies: ["CFusionKernels", "NeuralLayers"]),
  .testTarget(name: "TensorEngineTests", dependencies: ["TensorEngine"]),
  .testTarget(name: "NeuralLayersTests", dependencies: ["NeuralLayers"]),
  .testTarget(name: "FusionComponentsTests", dependencies: ["FusionComponents"]),
  .testTarget(name: "ChecksumsTests", dependencies: ["Checksums"]),
  .testTarget(name: "PluginLoadingTests", dependencies: ["PluginLoading"]),
  .testTarget(name: "FusionMetricsTests", dependencies: ["FusionMetrics"]),
  .testTarget(
    name: "FusionTrainingTests",
    dependencies: ["FusionExperiments", "Callbacks", "Datasets", "Optimizers", "Schedules", "Transforms"]),
  .testTarget(name: "FusionExperimentsTests", dependencies: ["FusionExperiments"]),
  .testTarget(
    name: "FusionExportTests",
    dependencies: [
      "AllPlugins", "FusionExport", "FusionComponents", "FusionConfig", "FusionData", "FusionMetrics",
    ]),
  .testTarget(name: "FusionAnalysisTests", dependencies: ["FusionAnalysis"]),
  .testTarget(name: "FusionCoreTests", dependencies: ["FusionCore"]),
  .testTarget(name: "FusionConfigTests", dependencies: ["FusionConfig", "Optimizers", "Schedules", "Transforms"]),
  .testTarget(name: "FusionDataTests", dependencies: ["FusionData", "Datasets"]),
  .testTarget(
    name: "FusionConformanceTests",
    dependencies: ["FusionConformance", "FusionConformanceTesting", "FusionData", "FusionMetrics"]),
  .testTarget(name: "fusionkitTests", dependencies: ["fusionkit"]),
  .testTarget(
    name: "PluginTests",
    dependencies: ["AllPlugins", "FusionConfig", "FusionConformanceTesting"]
      + (plugins + collections).map { .target(name: $0) }),
]

/// The modules that other packages may import: every one that a public signature names.
let libraries = [
  "TensorEngine", "NeuralLayers", "FusionCore", "FusionComponents", "PluginLoading", "FusionConfig", "FusionData",
  "FusionMetrics", "FusionTraining", "FusionExport", "FusionExperiments", "FusionAnalysis", "FusionConformance",
  "FusionConformanceTesting", "AllPlugins",
]

let package = Package(
  name: "FusionKit",
  platforms: [.macOS(.v15)],
  products: libraries.map { .library(name: $0, targets: [$0]) } + [
    .executable(name: "fusionkit", targets: ["fusionkit"])
  ],
  dependencies: [
    .package(url: "https://github.com/apple/swift-argument-parser", from: "1.5.0")
  ],
  targets: modules + tests
    + plugins.map { .component($0, path: "Plugins/\(folder(of: $0))/\($0)") }
    + collections.map { .component($0, path: "Plugins/\($0)") }
)

for target in package.targets where [.regular, .executable, .test].contains(target.type) {
  guard !["CFusionKernels", "CFusionABI"].contains(target.name) else { continue }
  target.swiftSettings = [.enableUpcomingFeature("ExistentialAny")]
}
