import Foundation
import Testing

/// Help texts and usage errors, whole: a change to any of them is a change that users see.
@Suite struct HelpTests {
  static let commands = [
    [], ["train"], ["compare"], ["sweep"], ["evaluate"], ["predict"], ["embed"], ["export"], ["list"], ["describe"],
    ["check"],
    ["schema"],
    ["data"],
    ["data", "demo"],
    ["data", "build"], ["data", "build", "avmnist"], ["data", "build", "written-spoken"], ["data", "inspect"],
    ["bench"], ["conformance"], ["plugin"], ["plugin", "new"], ["plugin", "build"],
  ]

  @Test(arguments: commands)
  func helpGoesToStandardOutput(_ command: [String]) throws {
    let outcome = try Binary.run(command + ["--help"])
    #expect(outcome.status == 0)
    #expect(outcome.errors == "")
    try expectGolden(outcome.output, (["help"] + command).joined(separator: "-"))
  }

  @Test func everyCommandShowsAnExample() throws {
    for command in Self.commands where ![["data"], ["data", "build"], ["plugin"]].contains(command) {
      let help = try Binary.run(command + ["--help"]).output
      #expect(help.contains("\n  fusionkit \(command.joined(separator: " "))"), "\(command)")
    }
  }

  @Test func withoutACommandHelpIsShown() throws {
    let outcome = try Binary.run([])
    #expect(outcome.status == 0)
    #expect(outcome.output == (try Binary.run(["--help"]).output))
  }

  @Test func version() throws {
    let outcome = try Binary.run(["--version"])
    #expect(outcome.status == 0)
    #expect(outcome.output.wholeMatch(of: /fusionkit \d+\.\d+\.\d+\n/) != nil)
  }

  @Test(arguments: [
    ("command", ["trian"]), ("command-familiar", ["eval", "outputs/x"]), ("subcommand", ["data", "buidl", "avmnist"]),
    ("command-unknown", ["zebra"]), ("option", ["list", "--jsn"]), ("kind", ["list", "fusiones"]),
    ("argument", ["check"]),
    ("number", ["bench", "--batch", "many"]), ("threads", ["bench", "--threads", "0"]), ("train", ["train"]),
    ("bench-config-and-fusion", ["bench", "configs/late_fusion.yaml", "--fusion", "add"]),
    (
      "noise-without-snr",
      ["data", "build", "avmnist", "--mnist", "a", "--fsdd", "b", "--out", "c", "--audio-noise", "white"]
    ),
    ("conformance-limit", ["conformance", "add", "--limit", "0"]),
    ("conformance-kind", ["conformance", "avmnist", "--kind", "tables"]),
    ("plugin-kind", ["plugin", "new", "rows", "--kind", "readers"]),
    ("resume-and-config", ["train", "configs/late_fusion.yaml", "--resume", "outputs/x"]),
    ("resume-and-seeds", ["train", "--resume", "outputs/x", "--seeds", "1,2"]),
    ("sweep-jobs", ["sweep", "x.yaml", "--jobs", "0"]),
    ("seeds", ["train", "configs/late_fusion.yaml", "--seeds", "1,two"]),
    ("split", ["evaluate", "x", "--split", "tset"]),
    ("predict-no-data", ["predict", "outputs/x"]),
    ("predict-input", ["predict", "x", "--input", "img.npy"]),
    ("embed-perplexity", ["embed", "outputs/x", "--perplexity", "0"]),
    ("embed-clusters", ["embed", "outputs/x", "--clusters", "0", "--limit", "-1"]),
    ("embed-of", ["embed", "outputs/x", "--of", "image,,audio"]),
    ("snr", ["data", "build", "avmnist", "--mnist", "a", "--fsdd", "b", "--out", "c", "--audio-snr", "loud"]),
    (
      "limits",
      [
        "data", "build", "written-spoken", "--mnist", "a", "--fsdd", "b", "--out", "c", "--limit-train", "0",
        "--limit-test", "0",
      ]
    ),
    (
      "components-and-energy",
      [
        "data", "build", "avmnist", "--mnist", "a", "--fsdd", "b", "--out", "c", "--image-components", "4",
        "--image-energy", "0.5",
      ]
    ),
  ])
  func usageErrorsExitWith2(_ name: String, _ arguments: [String]) throws {
    let outcome = try Binary.run(arguments)
    #expect(outcome.status == 2)
    #expect(outcome.output == "")
    try expectGolden(outcome.errors, "usage-\(name)")
  }

  @Test func nothingUnfinishedIsOffered() throws {
    let help = try Binary.run(["--help"]).output
    for name in ["report"] {
      #expect(!help.contains("  \(name) "))
    }
  }

  @Test func aResultThatCannotBeWrittenIsAFailure() throws {
    let outcome = try Binary.shell("\"$FUSIONKIT\" list > /dev/full")
    #expect(outcome.status == 1)
    #expect(outcome.errors == "error: cannot write to standard output: No space left on device\n")
  }

  @Test func anInstructionSetThatCannotBeHadIsRefused() throws {
    let outcome = try Binary.shell("FUSIONKIT_ISA=sse9 $FUSIONKIT conformance concat")
    #expect(outcome.status == 2)
    #expect(outcome.errors.hasPrefix("error: FUSIONKIT_ISA=sse9: no instruction set has this name; available here: "))
  }
}
