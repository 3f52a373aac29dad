// swift-tools-version: 6.2
import PackageDescription

let package = Package(
  name: "SensorsDataset",
  platforms: [.macOS(.v15)],
  products: [.library(name: "SensorsDataset", targets: ["SensorsDataset"])],
  dependencies: [.package(name: "FusionKit", path: "../..")],
  targets: [
    .target(name: "SensorsDataset", dependencies: [.product(name: "FusionData", package: "FusionKit")]),
    .testTarget(
      name: "SensorsDatasetTests",
      dependencies: ["SensorsDataset", .product(name: "FusionConformanceTesting", package: "FusionKit")]),
  ]
)
