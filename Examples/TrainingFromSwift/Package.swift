// swift-tools-version: 6.2
import PackageDescription

let package = Package(
  name: "TrainingFromSwift",
  platforms: [.macOS(.v14)],
  dependencies: [.package(name: "FusionKit", path: "../..")],
  targets: [
    .executableTarget(
      name: "TrainDigits",
      dependencies: [
        .product(name: "AllPlugins", package: "FusionKit"),
        .product(name: "FusionConfig", package: "FusionKit"),
        .product(name: "FusionData", package: "FusionKit"),
        .product(name: "FusionTraining", package: "FusionKit"),
      ])
  ]
)
