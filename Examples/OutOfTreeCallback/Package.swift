// swift-tools-version: 6.2
import PackageDescription

let package = Package(
  name: "MarkdownLog",
  platforms: [.macOS(.v15)],
  products: [.library(name: "MarkdownLog", targets: ["MarkdownLog"])],
  dependencies: [.package(name: "FusionKit", path: "../..")],
  targets: [
    .target(name: "MarkdownLog", dependencies: [.product(name: "FusionCore", package: "FusionKit")]),
    .testTarget(
      name: "MarkdownLogTests",
      dependencies: ["MarkdownLog", .product(name: "FusionConformanceTesting", package: "FusionKit")]),
  ]
)
