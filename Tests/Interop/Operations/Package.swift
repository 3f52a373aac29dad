// swift-tools-version: 6.2
import PackageDescription

let package = Package(
  name: "OperationFusion",
  platforms: [.macOS(.v14)],
  products: [.library(name: "OperationFusion", targets: ["OperationFusion"])],
  dependencies: [.package(name: "FusionKit", path: "../../..")],
  targets: [
    .target(name: "OperationFusion", dependencies: [.product(name: "FusionCore", package: "FusionKit")])
  ]
)
