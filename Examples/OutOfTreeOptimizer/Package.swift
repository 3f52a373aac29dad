// swift-tools-version: 6.2
import PackageDescription

let core: Target.Dependency = .product(name: "FusionCore", package: "FusionKit")

let package = Package(
  name: "SignSGD",
  platforms: [.macOS(.v15)],
  products: [.library(name: "SignSGD", targets: ["SignSGDOptimizer", "RootSchedule"])],
  dependencies: [.package(name: "FusionKit", path: "../..")],
  targets: [
    .target(name: "SignSGDOptimizer", dependencies: [core]),
    .target(name: "RootSchedule", dependencies: [core]),
    .testTarget(
      name: "TrainingTests",
      dependencies: [
        "SignSGDOptimizer", "RootSchedule", .product(name: "FusionConformanceTesting", package: "FusionKit"),
      ]),
  ]
)
