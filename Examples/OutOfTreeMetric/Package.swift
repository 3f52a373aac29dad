// swift-tools-version: 6.2
import PackageDescription

let package = Package(
  name: "GeometricMeanRecall",
  platforms: [.macOS(.v15)],
  products: [.library(name: "GeometricMeanRecall", targets: ["GeometricMeanRecall"])],
  dependencies: [.package(name: "FusionKit", path: "../..")],
  targets: [
    .target(name: "GeometricMeanRecall", dependencies: [.product(name: "FusionCore", package: "FusionKit")]),
    .testTarget(
      name: "GeometricMeanRecallTests",
      dependencies: ["GeometricMeanRecall", .product(name: "FusionConformanceTesting", package: "FusionKit")]),
  ]
)
