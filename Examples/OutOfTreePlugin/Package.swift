// swift-tools-version: 6.2
import PackageDescription

let package = Package(
  name: "GatedSumFusion",
  platforms: [.macOS(.v15)],
  products: [.library(name: "GatedSumFusion", targets: ["GatedSumFusion"])],
  dependencies: [.package(name: "FusionKit", path: "../..")],
  targets: [
    .target(name: "GatedSumFusion", dependencies: [.product(name: "FusionCore", package: "FusionKit")]),
    .testTarget(
      name: "GatedSumFusionTests",
      dependencies: ["GatedSumFusion", .product(name: "FusionConformanceTesting", package: "FusionKit")]),
  ]
)
