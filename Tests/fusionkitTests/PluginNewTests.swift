import Foundation
import FusionCore
import Testing

/// `fusionkit plugin new`, in a folder that looks like a checkout, and for a package of its own.
@Suite struct PluginNewTests {
  static let kinds = [
    "fusion", "encoder", "decoder", "modality", "dataset", "transform", "optimizer", "schedule", "objective",
    "metric", "callback",
  ]
  /// Those that share one target, and have neither word nor README of their own.
  static let collections = ["callback", "dataset", "optimizer", "schedule", "transform"]
  /// Those whose plugins start with values by PyTorch.
  static let withFixture = ["fusion", "encoder", "decoder"]

  /// A folder with this package's manifest and an empty folder of plugins.
  private func checkout(_ manifest: String? = nil) throws -> Scratch {
    let scratch = Scratch()
    try scratch.write(
      "Package.swift", manifest ?? String(contentsOfFile: Binary.package + "/Package.swift", encoding: .utf8))
    try scratch.write("Plugins/.keep", "")
    return scratch
  }

  private static func folder(of kind: String) throws -> String {
    "Plugins/" + (try #require(ComponentKind(rawValue: kind))).plural.capitalized
  }

  private func files(_ folder: String) -> [String] {
    let all = FileManager.default.enumerator(atPath: folder)?.compactMap { $0 as? String } ?? []
    return all.filter { !FileManager.default.isFolder("\(folder)/\($0)") }.sorted()
  }

  @Test(arguments: kinds) func aPluginIsMadeAndEntered(_ kind: String) throws {
    let folder = try checkout()
    let outcome = try Binary.run(["plugin", "new", "sample", "--kind", kind], in: folder.path)
    try #require(outcome.status == 0, "\(outcome.errors)")
    #expect(outcome.errors == "")
    let type = "Sample" + kind.capitalized
    let fixture = "Tests/Fixtures/plugins/"
    let plugin = try Self.folder(of: kind) + "/\(type)"
    let isOwnTarget = !Self.collections.contains(kind)
    let expected =
      ["Package.swift", "Plugins/.keep", "\(plugin)/\(type).swift", "configs/sample_\(kind).yaml"]
      + (isOwnTarget ? ["\(plugin)/README.md"] : [])
      + (!Self.withFixture.contains(kind) ? [] : ["\(fixture)make_sample_\(kind).py", "\(fixture)sample_\(kind).json"])
    #expect(files(folder.path) == expected.sorted())

    // What is compiled and examined in FusionConformanceTests is what is written here.
    let package = Binary.package + "/Tests/"
    let source = try bytes(folder / "\(plugin)/\(type).swift")
    #expect(source == (try bytes("\(package)FusionConformanceTests/Scaffold/\(type).swift")))
    if Self.withFixture.contains(kind) {
      #expect(
        try bytes(folder / "\(fixture)sample_\(kind).json") == bytes("\(package)Fixtures/scaffold/sample_\(kind).json"))
    }
    let manifest = try String(contentsOfFile: folder / "Package.swift", encoding: .utf8)
    let old = try String(contentsOfFile: Binary.package + "/Package.swift", encoding: .utf8)
    #expect(manifest.contains("\"\(type)\"") == isOwnTarget)
    #expect(manifest.replacing("  \"\(type)\",\n", with: "") == old)
    for file in files(folder.path) where file.contains("ample") {
      let text = try String(contentsOfFile: folder / file, encoding: .utf8)
      let left = ["__name__", "__type__", "__stem__", "__package__"].filter { text.contains($0) }
      #expect(left == [], "\(file)")
    }
  }

  /// The types come from the built modules, which lie beside the binary.
  @Test(arguments: kinds) func whatIsMadeHasTheRightTypes(_ kind: String) throws {
    let folder = try checkout()
    #expect(try Binary.run(["plugin", "new", "another_try", "--kind", kind], in: folder.path).status == 0)
    let type = "AnotherTry" + kind.capitalized
    let build = Binary.folder.path
    let system = ["CBLAS", "CZlib", "CLibZip", "CSndFile", "CFFTW", "CCrypto"]
      .map { "-I '\(Binary.package)/Sources/\($0)'" }.joined(separator: " ")
    let line = """
      swiftc -typecheck -swift-version 6 -warnings-as-errors -I '\(build)/Modules' \(system) \
      -Xcc -fmodule-map-file='\(build)/CFusionKernels.build/module.modulemap' \
      -Xcc -I'\(Binary.package)/Sources/CFusionKernels/include' \
      -Xcc -fmodule-map-file='\(build)/CFusionABI.build/module.modulemap' \
      -Xcc -I'\(Binary.package)/Sources/CFusionABI/include' '\(try Self.folder(of: kind))/\(type)/\(type).swift'
      """
    let outcome = try Binary.shell(line, in: folder.path)
    #expect(outcome.status == 0, "\(outcome.output)\(outcome.errors)")
  }

  @Test func aPackageOfItsOwnIsMade() throws {
    let folder = Scratch()
    let outcome = try Binary.run(
      ["plugin", "new", "sample", "--kind", "fusion", "--package", folder / "own", "--fusionkit", Binary.package])
    try #require(outcome.status == 0, "\(outcome.errors)")
    #expect(
      files(folder / "own") == [
        ".gitignore", "Package.swift", "README.md", "Sources/SampleFusion/SampleFusion.swift",
        "Tests/SampleFusionTests/Fixtures/make_sample_fusion.py", "Tests/SampleFusionTests/Fixtures/sample_fusion.json",
        "Tests/SampleFusionTests/SampleFusionTests.swift", "configs/base.yaml", "configs/sample_fusion.yaml",
      ])
    let manifest = try Binary.shell("swift package --package-path '\(folder / "own")' dump-package")
    #expect(manifest.status == 0 && manifest.output.contains("FusionConformanceTesting"), "\(manifest.errors)")
    let again = try Binary.run(["plugin", "new", "sample", "--kind", "fusion", "--package", folder / "own"])
    #expect(again.status == 2 && again.errors.contains("is not empty"))
  }

  /// Outside of any checkout: the program knows the one that it was built in.
  @Test func aPackageDependsOnTheCheckoutOfTheProgram() throws {
    let folder = Scratch()
    let outcome = try Binary.run(
      ["plugin", "new", "sample", "--kind", "encoders", "--package", "own"], in: folder.path)
    try #require(outcome.status == 0, "\(outcome.errors)")
    let manifest = try String(contentsOfFile: folder / "own/Package.swift", encoding: .utf8)
    #expect(manifest.contains(".package(path: \"\(Binary.package)\")"), "\(manifest)")
  }

  @Test(arguments: [
    ("Gated-Sum", "fusion", "'Gated-Sum' is no name for a plugin"), ("x__y", "fusion", "joined by single underscores"),
    ("late", "fusion", "there is a fusion 'late' already: ConcatFusion"),
    ("mlp", "encoder", "there is an encoder 'mlp' already"),
    ("gated_fusion", "fusion", "the kind is no part of the name: 'gated' --kind fusion"),
  ])
  func badNamesAreRefused(_ name: String, _ kind: String, _ message: String) throws {
    let folder = try checkout()
    let before = files(folder.path)
    let outcome = try Binary.run(["plugin", "new", name, "--kind", kind], in: folder.path)
    #expect(outcome.status == 2 && outcome.output == "")
    #expect(outcome.errors.contains(message), "\(outcome.errors)")
    #expect(files(folder.path) == before)
  }

  @Test func nothingIsWrittenWhereSomethingIsInTheWay() throws {
    let arguments = ["plugin", "new", "sample", "--kind", "fusion"]
    func refusal(_ folder: Scratch) throws -> String {
      let before = files(folder.path)
      let manifest = try? bytes(folder / "Package.swift")
      let outcome = try Binary.run(arguments, in: folder.path)
      #expect(outcome.status == 2)
      #expect(files(folder.path) == before)
      #expect((try? bytes(folder / "Package.swift")) == manifest)
      return outcome.errors
    }
    let taken = try checkout()
    try taken.write("Plugins/Fusions/SampleFusion/notes.txt", "mine")
    #expect(try refusal(taken).contains("Plugins/Fusions/SampleFusion is there already"))
    let example = try checkout()
    try example.write("configs/sample_fusion.yaml", "mine")
    #expect(try refusal(example).contains("configs/sample_fusion.yaml is there already"))
    #expect(
      try refusal(checkout("let package = Package(name: \"FusionKit\")")).contains("has no list 'let plugins = ["))
    #expect(try refusal(checkout("let plugins = [name(\"A\")]\n// name: \"FusionKit\"")).contains("has no list"))
    #expect(try refusal(checkout("let plugins = [\n  \"SampleFusion\",\n]\n// name: \"FusionKit\"")).contains("lists"))
    #expect(try refusal(checkout("// a package of someone else")).contains("is not in a checkout of FusionKit"))
  }

  @Test func aFolderThatCannotBeWrittenLeavesNothing() throws {
    let folder = try checkout()
    try folder.write("configs", "a file where the folder should be")
    let outcome = try Binary.run(["plugin", "new", "sample", "--kind", "fusion"], in: folder.path)
    #expect(outcome.status == 1)
    #expect(outcome.errors.contains("configs"), "\(outcome.errors)")
    #expect(files(folder.path) == ["Package.swift", "Plugins/.keep", "configs"])
  }
}

extension FileManager {
  fileprivate func isFolder(_ path: String) -> Bool {
    var isFolder: ObjCBool = false
    return fileExists(atPath: path, isDirectory: &isFolder) && isFolder.boolValue
  }
}
