import FusionCore
import FusionData
import Foundation

extension Check {
  static let datasets = [
    dataset(
      "DAT-1",
      "its example opens: a training and a test part, each with the modalities that were asked for, in that order",
      protects: "data sets that hand on another modality than the one that a configuration names"
    ) { example, findings in
      let names = example.modalities
      if names.isEmpty { findings.fail("its example has no modality   expected all that it offers") }
      for order in [names, names.reversed(), Array(names.suffix(1))] {
        let data = try example.open(order)
        guard data.train != nil, data.test != nil else {
          let there = data.splits.map(\.name).listed()
          findings.fail("has the parts \(there)   expected a training and a test part in the example")
          return
        }
        for split in data.splits {
          findings.expectEqual(split.modalities.map(\.name), order, "the modalities of the part '\(split.name)'")
        }
      }
    },
    dataset(
      "DAT-2", "opened twice, it holds the same",
      protects:
        "arrays that are drawn anew, or that follow the order of a folder or of a hash: runs that nobody can repeat"
    ) { example, findings in
      let (first, second) = (try example.open(), try example.open())
      findings.expectEqual(second.splits.map(\.name), first.splits.map(\.name), "the parts")
      for (a, b) in zip(first.splits, second.splits) {
        try findings.within(a.name) { findings in
          for (one, other) in zip(a.modalities, b.modalities) {
            findings.expectSameBits(try other.array.floats(), try one.array.floats(), "'\(one.name)'")
          }
          findings.expectEqual(b.labels, a.labels, "the labels")
          findings.expectEqual(b.sampleIDs, a.sampleIDs, "the ids")
          findings.expectEqual(b.groups, a.groups, "the groups")
        }
      }
    },
    dataset(
      "DAT-3", "values are finite, targets are there to train on, and all parts have the same classes",
      protects: "trainings that end in NaN, and tests that count other classes than those that were learned"
    ) { example, findings in
      let data = try example.open()
      let train = try data.split(.train)
      if train.targets == nil { findings.fail("the training part has no targets   expected some to learn from") }
      for split in data.splits {
        try findings.within(split.name) { findings in
          for modality in split.modalities {
            let values = try modality.array.floats()
            let width = max(1, modality.array.sampleCount)
            if let place = values.indices.first(where: { place in
              !values[place].isFinite && modality.presence?.isPresent[place / width] != false
            }) {
              findings.fail(
                "'\(modality.name)' holds \(values[place]) in row \(place / width + 1)   expected finite values",
                hint: "array.scanned(device:) finds it when the file is read")
            }
          }
          guard let targets = split.targets, let own = train.targets else { return }
          findings.expectEqual(targets.names, own.names, "the classes", hint: "hand those of the training part on")
          findings.expectEqual(targets.width, own.width, "the width of the targets")
          if let ids = split.ids, Set(ids).count != ids.count { findings.fail("two samples have the same id") }
        }
      }
    },
    dataset(
      "DAT-4", "a modality's samples have one shape in all parts, without a dimension of 0",
      protects: "models that a test part does not fit"
    ) { example, findings in
      let data = try example.open()
      let train = try data.split(.train)
      for split in data.splits {
        for (modality, own) in zip(split.modalities, train.modalities) {
          findings.expectEqual(
            modality.array.sampleShape, own.array.sampleShape, "the shape of '\(modality.name)' in '\(split.name)'")
        }
      }
    },
    dataset(
      "DAT-5", "what it declares without opening a file is what it opens: modalities, shapes, classes",
      protects: "a configuration that 'check' finds right and 'train' refuses"
    ) { example, findings in
      let train = try example.open().split(.train)
      if let declared = example.declaredArrays {
        findings.expectEqual(declared.keys.sorted(), example.modalities.sorted(), "the declared modalities")
        for (name, array) in train.descriptions {
          guard let declared = declared[name] else { continue }
          findings.expectEqual(declared.sampleShape, array.sampleShape, "the declared shape of '\(name)'")
        }
      }
      if let declared = example.declaredClasses {
        findings.expectEqual(declared, train.classNames, "the declared classes")
      }
    },
    dataset(
      "DAT-6", "a folder that is not there, or is empty, is an error",
      protects: "a run that ends in a crash, or trains on nothing, because of a mistyped path"
    ) { example, findings in
      guard let root = example.root else { return }
      let empty = root + ".empty"
      try FileManager.default.createDirectory(atPath: empty, withIntermediateDirectories: true)
      defer { try? FileManager.default.removeItem(atPath: empty) }
      for (folder, what) in [(root + ".missing", "a folder that is not there"), (empty, "an empty folder")] {
        if (try? example.open(root: folder)) != nil {
          findings.fail(
            "\(what) opens   expected an error", hint: "requireFolder(root) tells a missing one; readers tell the rest")
        }
      }
    },
    dataset(
      "DAT-7", "a modality that is not there is refused by its name",
      protects: "a misspelt modality that is passed over, or stops the program"
    ) { example, findings in
      let stranger = "modality_of_the_kit"
      do {
        _ = try example.open(example.modalities + [stranger])
        findings.fail("opens a modality '\(stranger)'   expected an error that names it")
      } catch let error as DataError where "\(error)".contains(stranger) {
      } catch {
        findings.fail("the error does not name '\(stranger)': \(error)")
      }
    },
    dataset(
      "DAT-8", "a folder without targets opens for prediction, with the same shapes and the samples in the same order",
      protects: "models that cannot be used on new samples, and predictions in another order than the samples"
    ) { example, findings in
      let train = try example.open().split(.train)
      let data = try example.unlabelled()
      guard let part = data.test ?? data.splits.first else {
        return findings.fail("opens no part   expected one to predict for")
      }
      findings.expectEqual(part.rows, part.rows.sorted(), "the rows to predict for")
      for modality in part.modalities {
        guard let own = train.modalities.first(where: { $0.name == modality.name }) else {
          findings.fail("has the modality '\(modality.name)', which the training part lacks")
          continue
        }
        findings.expectEqual(modality.array.sampleShape, own.array.sampleShape, "the shape of '\(modality.name)'")
      }
    },
  ]

  private static func dataset(
    _ id: String, _ rule: String, protects: String,
    _ body: @escaping @Sendable (WrittenExample, inout Findings) throws -> Void
  ) -> Check {
    Check(id, rule, protects: protects, of: .dataset) { component, findings in
      guard let format = component.type as? any DatasetFormat.Type else {
        return findings.fail(
          "'\(component.type.name)' is registered as a data set   expected a type that conforms to DatasetFormat",
          hint: "DatasetComponent is its core alone: import FusionData")
      }
      // Files are written once and read by each check; what other configurations than the example's open is not known.
      guard component.configuration is NoConfiguration || isDefault(component) else { return }
      let folder = FileManager.default.temporaryDirectory.appending(path: "fusionkit-\(UUID().uuidString)").path
      defer { for ending in ["", "-unlabelled"] { try? FileManager.default.removeItem(atPath: folder + ending) } }
      try body(WrittenExample(format, in: folder), &findings)
    }
  }

  private static func isDefault(_ component: ConfiguredComponent) -> Bool {
    func same<C: ComponentConfiguration>(_ configuration: C) -> Bool {
      "\(configuration)" == "\(C())"
    }
    return same(component.configuration)
  }
}

/// The example of a data set, written, with its type forgotten.
private struct WrittenExample {
  let root: String?
  let modalities: [String]
  let declaredArrays: [String: ArrayDescription]?
  let declaredClasses: [String]?
  private let openAt: (_ root: String?, _ modalities: [String]) throws -> Dataset
  let unlabelled: () throws -> Dataset

  init(_ format: any DatasetFormat.Type, in folder: String) throws {
    func made<F: DatasetFormat>(_ format: F.Type) throws -> WrittenExample {
      try WrittenExample(of: format, in: folder)
    }
    self = try made(format)
  }

  private init<F: DatasetFormat>(of format: F.Type, in folder: String) throws {
    for path in [folder, folder + "-unlabelled"] {
      try FileManager.default.createDirectory(atPath: path, withIntermediateDirectories: true)
    }
    let example = try format.example(in: folder, withTargets: true)
    root = example.root
    modalities = example.modalities
    declaredArrays = format.declaredArrays(example.configuration)
    declaredClasses = format.declaredClasses(example.configuration)
    openAt = { try format.open(example.configuration, root: $0, modalities: $1) }
    unlabelled = {
      let example = try format.example(in: folder + "-unlabelled", withTargets: false)
      return try format.openForPrediction(
        example.configuration, root: example.root, modalities: example.modalities)
    }
  }

  func open(_ modalities: [String]? = nil) throws -> Dataset { try openAt(root, modalities ?? self.modalities) }

  func open(root: String) throws -> Dataset { try openAt(root, modalities) }
}
