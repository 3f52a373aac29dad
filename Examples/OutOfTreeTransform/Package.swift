// swift-tools-version: 6.2
import PackageDescription

let package = Package(
  name: "TimeWarp",
  platforms: [.macOS(.v15)],
  products: [.library(name: "TimeWarp", targets: ["TimeWarp"])],
  dependencies: [.package(name: "FusionKit", path: "../..")],
  targets: [
    .target(name: "TimeWarp", dependencies: [.product(name: "FusionCore", package: "FusionKit")]),
    .testTarget(
      name: "TimeWarpTests",
      dependencies: ["TimeWarp", .product(name: "FusionConformanceTesting", package: "FusionKit")]),
  ]
)
