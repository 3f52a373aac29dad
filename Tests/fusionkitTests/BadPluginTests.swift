import Foundation
import Testing

/// Libraries that are none, that are of another core, and plugins that do not keep their word.
@Suite struct BadPluginTests {
  /// Refused with these words and nothing else happens.
  private func expectRefusal(
    _ library: String, _ words: String, sourceLocation: SourceLocation = #_sourceLocation
  ) throws {
    let outcome = try Binary.run(["list", "--plugin", library])
    #expect(outcome.status == 2 && outcome.output == "", sourceLocation: sourceLocation)
    #expect(
      outcome.errors.hasPrefix("error: plugin '\(library)': "), "\(outcome.errors)", sourceLocation: sourceLocation)
    #expect(outcome.errors.contains(words), "\(outcome.errors)", sourceLocation: sourceLocation)
  }

  @Test func whatIsNoLibraryIsRefused() throws {
    let folder = Scratch()
    let good = try bytes(PluginLibraries.gatedSumLibrary())
    try expectRefusal(folder / "absent.so", "there is no such file")
    try expectRefusal(folder.path, "it is not a file")
    try expectRefusal(try folder.write("empty.so", Data()), "the file is empty")
    try expectRefusal(try folder.write("text.so", "no library"), "not a shared library")
    try expectRefusal(try folder.write("archive.a", "!<arch>\nmember"), "not a shared library")
    var changed = good
    changed[18] = 0xF3
    try expectRefusal(try folder.write("machine.so", changed), "built for another processor (ELF machine 243)")
    changed = good
    changed[4] = 1
    try expectRefusal(try folder.write("narrow.so", changed), "not 64 bits")
    changed = good
    changed[16] = 1
    try expectRefusal(try folder.write("object.o", changed), "an object file")
    // The table of sections beyond the end, the table of symbols pointing nowhere.
    changed = good
    for index in 40..<48 { changed[index] = 0x7F }
    try expectRefusal(try folder.write("sections.so", changed), "the file is truncated")
    let several = try Binary.run(["list", "--plugin", folder / "absent.so", "--plugin", folder / "text.so"])
    #expect(several.errors.contains("absent.so': there is") && several.errors.contains("text.so': it is not"))
    #expect(try Binary.run(["list", "--plugin", Binary.path]).status == 2, "a program is no library")
  }

  @Test func aTruncatedLibraryIsRefusedWhereverItEnds() throws {
    let folder = Scratch()
    let good = try bytes(PluginLibraries.gatedSumLibrary())
    for part in 1..<24 {
      let outcome = try Binary.run(
        ["list", "--plugin", folder.write("cut\(part).so", good.prefix(good.count * part / 24))])
      #expect(outcome.status == 2 && outcome.errors.contains("truncated"), "\(part): \(outcome.errors)")
    }
    #expect(try Binary.run(["list", "--plugin", folder.write("one.so", good.dropLast())]).status == 2)
  }

  /// As `plugin build` would have made it: the SHA-256 of what is before it, by another program than FusionKit.
  private func sealed(_ library: Data, in folder: Scratch) throws -> Data {
    let mark = try #require(library.range(of: Data("\nfusionkit-sha256:".utf8), options: .backwards))
    let body = library[..<mark.lowerBound]
    let digest = try Binary.shell("sha256sum < '\(try folder.write("body", Data(body)))'").output.prefix(64)
    return body + Data("\nfusionkit-sha256:\(digest)".utf8)
  }

  /// Right headers, wrong bytes: what the loader would run, or would crash on.
  @Test func aDamagedLibraryIsRefusedWhereverTheDamageIs() throws {
    let folder = Scratch()
    let good = try bytes(PluginLibraries.gatedSumLibrary())
    #expect(try sealed(good, in: folder) == good, "the checksum is that of sha256sum")
    let words = "it is damaged, or was changed after it was built"
    for part in 1..<40 {
      var changed = good
      for index in 0..<4 { changed[good.count * part / 40 + index] ^= 0x5A }
      let outcome = try Binary.run(["list", "--plugin", folder.write("flip\(part).so", changed)])
      #expect(outcome.status == 2 && outcome.output == "", "\(part): \(outcome.status) \(outcome.errors)")
    }
    var changed = good
    changed[good.count - 1] ^= 1
    try expectRefusal(try folder.write("seal.so", changed), words)
    try expectRefusal(try folder.write("more.so", good + Data([0])), words)
    try expectRefusal(try folder.write("bare.so", good.dropLast(81)), words)
  }

  @Test func aLibraryOfPluginBuildIsLoadedWithoutANote() throws {
    let sealed = try Binary.run(["list", "--plugin", PluginLibraries.gatedSumLibrary()])
    #expect(sealed.status == 0 && sealed.errors == "", "\(sealed.errors)")
  }

  @Test func anotherCoreOrCompilerIsRefused() throws {
    let folder = Scratch()
    let good = try bytes(PluginLibraries.gatedSumLibrary())
    let text = String(decoding: good, as: UTF8.self)
    let core = try #require(text.firstMatch(of: /[0-9a-f]{64}/)?.0)
    let compiler = try #require(text.firstMatch(of: /Clang \d+\.\d+\.\d+/)?.0)
    func replacing(_ old: some StringProtocol, _ new: String) throws -> Data {
      var data = good
      let range = try #require(data.range(of: Data(old.utf8)))
      data.replaceSubrange(range, with: Data(new.utf8))
      return try sealed(data, in: folder)
    }
    let other = String(core.reversed())
    try expectRefusal(
      try folder.write("core.so", replacing(core, other)),
      "it was built against another core\n  it:           \(other)\n  this program: \(core)\n  build it again")
    try expectRefusal(
      try folder.write("compiler.so", replacing(compiler, String(repeating: "9", count: compiler.count))),
      "it was built by another compiler\n  it:           9999")
  }

  @Test func aHandshakeThatFailsIsRefused() throws {
    let folder = Scratch()
    func refusal(_ name: String, _ answer: String, more: String = "", _ words: String) throws {
      try expectRefusal(PluginLibraries.c(name, answer: answer, more: more, in: folder), words)
    }
    try refusal("abi", "answer.abi = 1;", "it speaks version 1 of the plugin interface, this program version 2")
    try refusal("silent", "return 0;", "it says nothing about what it was built with")
    try refusal("nameless", "answer.compiler = 0;", "it:           nothing")
    try refusal("stale", "answer.core = \"old\";", "another core\n  it:           old")
    try refusal("empty", "", "it offers no plugins")
    try refusal("mute", "answer.offer = 0;", "it offers no plugins")
    // A core of its own, in sight or hidden.
    try refusal("core", "", more: "const char fusionkit_core_marker = 1;", "it holds a core of its own")
    try refusal(
      "hidden", "answer.marker = &own;", more: "static const char own = 1;", "it holds a core of its own")
    try refusal(
      "wanting", "missing_function();", more: "void missing_function(void);",
      "it wants 'missing_function', which this program has not")
    let source = try folder.write("plain.c", "int nothing(void) { return 1; }")
    try #require(try Binary.shell("clang -shared -fPIC -o plain.so '\(source)'", in: folder.path).status == 0)
    try expectRefusal(folder / "plain.so", "it is no plugin of FusionKit: it has no symbol 'fusionkit_plugin'")
  }

  @Test func aNameThatIsTakenNamesBothOrigins() throws {
    let folder = Scratch()
    let built = try PluginLibraries.build(
      "Taken",
      [
        ("FreshFusion", PluginLibraries.fusion("FreshFusion", "fresh", forward: "return x")),
        ("LateFusion", PluginLibraries.fusion("LateFusion", "concat", forward: "return x")),
      ], in: folder)
    try #require(built.status == 0, "\(built.errors)")
    #expect(built.output.hasSuffix(": fusion concat, fusion fresh\n"))
    try expectRefusal(
      folder / "libTaken.so",
      "the fusion 'concat' is registered twice: by ConcatFusion and by \(folder.path)/libTaken.so; rename one of them")
  }

  @Test func aPackageThatCannotBecomeALibraryIsExplained() throws {
    let folder = Scratch()
    let none = try Binary.run(["plugin", "build", folder.path])
    #expect(none.status == 2 && none.errors.contains("there is no Package.swift"))
    let misnamed = try PluginLibraries.build(
      "Misnamed", [("OneFusion", PluginLibraries.fusion("OtherFusion", "one", forward: "return x"))], in: folder)
    #expect(misnamed.status == 2, "\(misnamed.errors)")
    #expect(
      misnamed.errors.contains("a target of a library product holds one public type, a plugin, and is called as it"))
    let broken = try PluginLibraries.build(
      "Broken", [("OneFusion", "import FusionCore\nlet x: Int = \"\"\n")], in: folder)
    #expect(broken.status == 1 && broken.errors.contains("OneFusion.swift:2:14: error: "), "\(broken.errors)")
    #expect(!FileManager.default.fileExists(atPath: folder / "libBroken.so"))
    #expect(try FileManager.default.contentsOfDirectory(atPath: folder.path).sorted() == ["Broken", "Misnamed"])
    try folder.write(
      "Far/Package.swift",
      """
      // swift-tools-version: 6.1
      import PackageDescription
      let package = Package(
        name: "Far", products: [.library(name: "Far", targets: ["FarFusion"])],
        dependencies: [.package(url: "https://github.com/apple/swift-numerics", from: "1.0.0")],
        targets: [.target(name: "FarFusion", dependencies: [.product(name: "Numerics", package: "swift-numerics")])])
      """)
    let far = try Binary.run(["plugin", "build", folder / "Far"])
    #expect(far.status == 2 && far.errors.contains("'FarFusion' depends on 'Numerics'"), "\(far.errors)")
    let moved = try Binary.shell(
      "cp \"$FUSIONKIT\" moved && ./moved plugin build '\(PluginLibraries.example)'", in: folder.path)
    #expect(moved.status == 2 && moved.errors.contains("are not beside it any more"), "\(moved.errors)")
  }

  /// Plugins that stop the program, each in a check of its own, and one that lies about its shape.
  @Test func pluginsThatStopDoNotTakeTheReportDown() throws {
    let folder = Scratch()
    let built = try PluginLibraries.build(
      "Bad",
      [
        (
          "CrashingFusion",
          PluginLibraries.fusion(
            "CrashingFusion", "crashing", forward: "if x.shape[0] == 5 { fatalError(\"five are too many\") }\n return x"
          )
        ),
        (
          "EndlessFusion",
          PluginLibraries.fusion(
            "EndlessFusion", "endless",
            forward: "return x.shape[0] == 5 ? callAsFunction(features, pass) + 1 : x")
        ),
        (
          "HangingFusion",
          PluginLibraries.fusion(
            "HangingFusion", "hanging", forward: "while x.shape[0] == 5 { print(terminator: \"\") }\n return x")
        ),
        (
          "HastyFusion",
          PluginLibraries.fusion(
            "HastyFusion", "hasty", make: "_ = inputs[0].shape[0]", forward: "return x")
        ),
        (
          "LyingFusion",
          PluginLibraries.fusion(
            "LyingFusion", "lying", forward: "return x.shape[0] == 7 ? x : x.sliced(1..<x.shape[1], axis: 1)")
        ),
      ], in: folder)
    try #require(built.status == 0, "\(built.errors)")
    let library = folder / "libBad.so"
    let outcome = try Binary.run(["conformance", "--plugin", library, "--limit", "5"])
    #expect(outcome.status == 1)
    let text = outcome.output
    func failures(_ name: String) -> [String] {
      text.matches(of: /✘ ([A-Z]+-\d) [^\n]*: (\w+)\n/).filter { $0.2 == name }.map { String($0.1) }
    }
    #expect(failures("lying").contains("SHP-1"), "\(text)")
    for name in ["crashing", "endless", "hanging"] { #expect(failures(name).contains("SHP-1"), "\(text)") }
    // All of them hand on the first modality alone, which is what TRN-1 says of this one, too.
    #expect(failures("hasty") == ["SHP-2", "TRN-1"], "\(text)")
    #expect(text.contains("five are too many"))
    #expect(text.contains("did not end within 5 s"))
    #expect(text.contains("recursion without end"))
    #expect(text.contains("again: fusionkit conformance crashing --only SHP-1 --seed 0 --plugin \(library)\n"))
    #expect(text.contains("5 of 5 plugins failed"))
    // The command it names repeats it.
    let again = try Binary.run(
      ["conformance", "crashing", "--only", "SHP-1", "--seed", "0", "--plugin", library, "--json"])
    let rows = try #require(try JSONSerialization.jsonObject(with: Data(again.output.utf8)) as? [[String: Any]])
    #expect(again.status == 1 && rows.count == 1 && rows[0]["passed"] as? Bool == false)

    // In training it is caught by name.
    try folder.write("a.yaml", DemoData.config(fusion: "{type: lying}"))
    let trained = try Binary.run(["train", "a.yaml", "--output", "./run", "--plugin", library], in: folder.path)
    #expect(trained.status == 2 && trained.output == "")
    #expect(trained.errors.contains("lying"), "\(trained.errors)")
  }
}
