// swift-tools-version: 6.2
import PackageDescription

let package = Package(
  name: "HeadsObjective",
  platforms: [.macOS(.v15)],
  products: [.library(name: "HeadsObjective", targets: ["HeadsObjective"])],
  dependencies: [.package(name: "FusionKit", path: "../..")],
  targets: [
    .target(name: "HeadsObjective", dependencies: [.product(name: "FusionCore", package: "FusionKit")]),
    .testTarget(
      name: "HeadsObjectiveTests",
      dependencies: ["HeadsObjective", .product(name: "FusionConformanceTesting", package: "FusionKit")]),
  ]
)
