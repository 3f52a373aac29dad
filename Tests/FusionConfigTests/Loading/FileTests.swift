import Foundation
import FusionConfig
import FusionCore
import Optimizers
import Testing

/// Files in a folder of their own, removed afterwards.
private final class Folder {
  let path = FileManager.default.temporaryDirectory.appending(path: "fusion-config-\(UUID().uuidString)").path

  init(_ files: [String: String]) throws {
    for (name, text) in files {
      let file = URL(filePath: "\(path)/\(name)")
      try FileManager.default.createDirectory(at: file.deletingLastPathComponent(), withIntermediateDirectories: true)
      try Data(text.utf8).write(to: file)
    }
  }

  deinit { try? FileManager.default.removeItem(atPath: path) }

  func load(_ name: String, _ overrides: String...) throws(ConfigError) -> Experiment {
    try Experiment.load(path: "\(path)/\(name)", overrides: overrides, registry: toyRegistry)
  }

  /// The message, with the folder's path cut out.
  func message(_ name: String, _ overrides: String...) -> String {
    do throws(ConfigError) {
      return try "loaded:\n"
        + Experiment.load(path: "\(path)/\(name)", overrides: overrides, registry: toyRegistry).resolvedYAML
    } catch {
      return error.description.replacing(path + "/", with: "")
    }
  }
}

@Suite struct FileTests {
  @Test func extendsMergesDeeplyAndTheFilesOwnKeysWin() throws {
    let folder = try Folder([
      "base/base.yaml": plainText
        + "name: base\nseed: 7\ntraining: {epochs: 3, optimizer: {type: sgd, momentum: 0.9, weight_decay: 1e-4}, early_stopping: {}}\n",
      "late.yaml": """
      extends: base/base.yaml
      modalities: {audio: {encoder: {hidden: [5]}}}
      training: {optimizer: {weight_decay: 2e-4}, early_stopping: null}
      """,
    ])
    let experiment = try folder.load("late.yaml")
    #expect(experiment.name == "late", "a name is of one file")
    #expect(experiment.seed == 7)
    #expect(experiment.training.epochs == 3)
    #expect(experiment.training.earlyStopping == nil)
    #expect(experiment.training.optimizer == sgd { ($0.momentum, $0.weightDecay) = (0.9, 2e-4) })
    let encoder = try #require(experiment.pipeline.branches[1].encoder.configuration as? ToyEncoder.Configuration)
    #expect(encoder.hidden == [5], "lists replace")
    #expect(encoder.blocks == 2, "the base's other keys stay")
  }

  @Test func anotherTypeStartsAfreshButKeepsComponentsInside() throws {
    let folder = try Folder([
      "base.yaml": plainText.replacing("{type: toy_join}", with: "{type: toy_pair, rank: 9}")
        + "training: {optimizer: {type: sgd, momentum: 0.9}}\n",
      "child.yaml": "extends: base.yaml\nfusion: {type: join}\ntraining: {optimizer: {type: adam}}\n",
    ])
    let experiment = try folder.load("child.yaml")
    #expect(experiment.pipeline.fusion.type.name == "toy_join")
    #expect(experiment.training.optimizer == ConfiguredOptimizer(Adam.self, .init()))
    #expect(
      folder.message("child.yaml", "modalities.audio.type=toy_sound").hasPrefix(
        "--set modalities.audio.type=toy_sound: error: unknown modality 'toy_sound'"))
  }

  @Test func laterBasesWinAndTheOrderOfModalitiesIsKept() throws {
    let folder = try Folder([
      "a.yaml": plainText + "seed: 1\n", "b.yaml": "seed: 2\ntraining: {epochs: 4}\n",
      "c.yaml": "extends: [a.yaml, b.yaml]\nmodalities: {audio: {encoder: {blocks: 5}}}\n",
      "d.yaml": """
      extends: c.yaml
      modalities:
        audio: {}
        image: {}
      """,
    ])
    #expect(try folder.load("c.yaml").seed == 2)
    #expect(try folder.load("c.yaml").pipeline.branches.map(\.name) == ["image", "audio"])
    #expect(try folder.load("d.yaml").pipeline.branches.map(\.name) == ["audio", "image"])
  }

  @Test func mistakesAreShownInTheFileThatMakesThem() throws {
    let folder = try Folder([
      "base.yaml": plainText + "training:\n  epochs: many\n", "child.yaml": "extends: base.yaml\nsead: 3\n",
    ])
    #expect(
      folder.message("child.yaml", "training.batch_size=0") == """
        child.yaml:2:1: error: unknown key 'sead' in the configuration
            2 | sead: 3
              | ^ did you mean 'seed'?
          available: extends, plugins, name, seed, data, modalities, fusion, decoder, task, training, compare, sweep
        base.yaml:8:11: error: expected a whole number of at least 0 for 'epochs', got 'many'
            8 |   epochs: many
              |           ^
        --set training.batch_size=0: error: expected a whole number of at least 1 for 'batch_size', got 0
        """)
  }

  @Test func circlesAndMissingFiles() throws {
    let folder = try Folder([
      "a.yaml": "extends: sub/b.yaml\n", "sub/b.yaml": "extends: ../a.yaml\n",
      "lost.yaml": "seed: 1\nextends: [lost1.yaml, sub]\n", "number.yaml": "extends: 5\n",
    ])
    #expect(
      folder.message("a.yaml") == """
        sub/b.yaml:1:10: error: configurations extend each other in a circle: 'a.yaml' extends 'b.yaml' extends 'a.yaml'
            1 | extends: ../a.yaml
              |          ^
        """)
    #expect(
      folder.message("lost.yaml") == """
        lost.yaml:2:11: error: cannot read 'lost1.yaml': there is no such file
            2 | extends: [lost1.yaml, sub]
              |           ^
          paths in 'extends' start from the folder of the file that says them
        lost.yaml:2:23: error: cannot read 'sub': it is a folder
            2 | extends: [lost1.yaml, sub]
              |                       ^
          paths in 'extends' start from the folder of the file that says them
        """)
    #expect(folder.message("number.yaml").contains("'extends' wants the path of a file, or a list of paths"))
    #expect(folder.message("none.yaml") == "error: cannot read 'none.yaml': there is no such file")
    #expect(folder.message("sub") == "error: cannot read 'sub': it is a folder")
  }

  @Test func manyBasesOfBasesAreStopped() throws {
    var files = ["f0.yaml": plainText]
    for i in 1...12 { files["f\(i).yaml"] = "extends: [f\(i - 1).yaml, f\(i - 1).yaml]\n" }
    #expect(try Folder(files).message("f12.yaml").contains("error: more than 64 files extend each other here"))
  }

  @Test func textsThatAreNoConfigurations() throws {
    let folder = try Folder(["list.yaml": "- 1\n- 2\n", "empty.yaml": "", "word.yaml": "hello"])
    #expect(folder.message("list.yaml").hasPrefix("list.yaml:1:1: error: a configuration is a map of keys, not a list"))
    #expect(
      folder.message("word.yaml").hasPrefix("word.yaml:1:1: error: a configuration is a map of keys, not 'hello'"))
    #expect(folder.message("empty.yaml") == "empty.yaml:1:1: error: the configuration is empty")
    func write(_ bytes: [UInt8]) throws { try Data(bytes).write(to: URL(filePath: folder.path + "/bytes.yaml")) }
    try write(Array("a: 1\nbé: ".utf8) + [0xC3, 0x28])
    #expect(folder.message("bytes.yaml").hasPrefix("bytes.yaml:2:5: error: this is not UTF-8"))
    try write([0xFF, 0xFE, 0x61, 0])
    #expect(folder.message("bytes.yaml").hasSuffix("it looks like UTF-16"))
    try write([UInt8](repeating: 0x20, count: 4 << 20 + 1))
    #expect(folder.message("bytes.yaml") == "error: bytes.yaml: larger than 4 MiB: this is not a configuration")
  }
}

/// What is no regular file is refused at once: a pipe would be waited for, a device may never end.
@Suite struct OtherFileTests {
  @Test func aPipeAFolderAndADeviceAreRefused() throws {
    let folder = try Folder([
      "pipe.yaml": "extends: pipe\n", "folder.yaml": "extends: sub\n", "device.yaml": "extends: /dev/zero\n",
      "sub/x": "",
    ])
    #expect(mkfifo(folder.path + "/pipe", 0o600) == 0)
    #expect(folder.message("pipe.yaml").contains("pipe.yaml:1:10: error: cannot read 'pipe': it is no regular file"))
    #expect(folder.message("folder.yaml").contains("cannot read 'sub': it is a folder"))
    #expect(folder.message("device.yaml").contains("cannot read '/dev/zero': it is no regular file"))
    #expect(folder.message("pipe").contains("cannot read 'pipe': it is no regular file"))
    #expect(folder.message("sub").contains("it is a folder"))
    #expect(folder.message("none.yaml").contains("there is no such file"))
  }
}
