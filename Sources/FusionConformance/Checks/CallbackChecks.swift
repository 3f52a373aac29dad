import FusionCore
import Foundation

extension Check {
  static let callbacks = [
    callback(
      "CBK-1",
      "it takes all that a run tells: metrics that are undefined, infinite or NaN, stages, steps without a loss",
      protects: "logs that end in the epoch in which something is wrong"
    ) { stage, findings in
      for stages in [[], ["warm_up", "all"]] {
        try stage.emptied()
        let story = Story(stages: stages, isOdd: true)
        do { try story.tell(stage.make()) } catch {
          findings.fail("throws '\(error)'   expected it to write down what there is")
        }
      }
    },
    callback(
      "CBK-2", "it writes the files that it declares, and no others",
      protects: "two callbacks that write one file, and files strewn over the disk"
    ) { stage, findings in
      try Story().tell(stage.make())
      let other = try stage.files().filter { !stage.component.files.contains($0) }
      if !other.isEmpty {
        findings.fail(
          "writes \(other.joined(separator: ", ")), which files(_:) does not name", hint: "name every file in files(_:)"
        )
      }
      let missing = stage.component.files.filter { !FileManager.default.fileExists(atPath: stage.folder + "/" + $0) }
      if !missing.isEmpty { findings.fail("does not write \(missing.joined(separator: ", ")), which files(_:) names") }
    },
    callback(
      "CBK-3", "a resumed run leaves as many lines as one that was never interrupted",
      protects: "logs with an epoch twice, or without one"
    ) { stage, findings in
      let story = Story()
      try story.tell(stage.make())
      let whole = try stage.lines()
      for interruption in [1, 2] {
        try stage.emptied()
        // Killed after so many epochs were told, with the checkpoint of the one before as the last.
        try story.tell(stage.make(), until: interruption)
        try story.tell(stage.make(), resumedAfter: interruption - 1)
        let parts = try stage.lines()
        for (file, lines) in whole where parts[file] != lines {
          findings.fail(
            "'\(file)' has \(parts[file] ?? 0) lines where the run was resumed after epoch \(interruption - 1)   expected \(lines)",
            hint: "onRunStart tells resumedAfter and history: take away what lies behind, or write the file anew")
        }
      }
    },
    callback(
      "CBK-4", "before the run begins it touches no file",
      protects: "logs of an old run that are lost to one that is refused"
    ) { stage, findings in
      _ = stage.make()
      let files = try stage.files()
      if !files.isEmpty {
        findings.fail("init writes \(files.joined(separator: ", "))   expected it to wait for onRunStart")
      }
    },
    callback(
      "CBK-5", "it says so where its files cannot be written",
      protects: "logs that nobody misses until they are needed"
    ) { stage, findings in
      guard !stage.component.files.isEmpty else { return }
      try FileManager.default.removeItem(atPath: stage.folder)
      do { try Story().tell(stage.make()) } catch { return }
      findings.fail(
        "no hook throws where the folder is not there   expected an error",
        hint: "let errors of files through: try, not try?")
    },
  ]

  private static func callback(
    _ id: String, _ rule: String, protects: String,
    _ body: @escaping @Sendable (CallbackStage, inout Findings) throws -> Void
  ) -> Check {
    Check(id, rule, protects: protects, of: .callback) { component, findings in
      func configured<C: Callback>(_ type: C.Type) -> ConfiguredCallback {
        ConfiguredCallback(type, component.configuration as! C.Configuration)
      }
      guard let type = component.type as? any Callback.Type else {
        return findings.fail(
          "'\(component.type.name)' is registered as a callback   expected a type that conforms to Callback")
      }
      let folder = FileManager.default.temporaryDirectory.appending(path: "fusionkit-\(UUID().uuidString)").path
      defer { try? FileManager.default.removeItem(atPath: folder) }
      let stage = CallbackStage(component: configured(type), folder: folder)
      try stage.emptied()
      try body(stage, &findings)
    }
  }
}

/// A callback and a folder for it.
private struct CallbackStage {
  let component: ConfiguredCallback
  let folder: String

  func make() -> any Callback { component.make(folder) }

  func emptied() throws {
    try? FileManager.default.removeItem(atPath: folder)
    try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
  }

  func files() throws -> [String] { try FileManager.default.contentsOfDirectory(atPath: folder).sorted() }

  /// How many lines each file has.
  func lines() throws -> [String: Int] {
    var counts: [String: Int] = [:]
    for file in try files() {
      counts[file] = FileManager.default.contents(atPath: folder + "/" + file)?.count { $0 == 10 }
    }
    return counts
  }
}

/// A run of three epochs of two steps, as it is told; without checkpoints, whose files there are none of.
private struct Story {
  private static let (epochs, steps) = (3, 2)
  var stages: [String] = []
  /// With values that are not finite, and without some.
  var isOdd = false

  private func place(_ epoch: Int, _ step: Int) -> CallbackPlace {
    CallbackPlace(stage: stages.isEmpty ? nil : stages[min(epoch - 1, 1)], epoch: epoch, step: step)
  }

  private func epoch(_ number: Int) -> CallbackEpoch {
    let values: [String: Double] =
      switch number {
      case 1 where isOdd: ["loss": .nan, "accuracy": 0.5]
      case 2 where isOdd: ["loss": .infinity, "accuracy": -.infinity]
      case _ where isOdd: [:]
      default: ["loss": 1 / Double(number), "accuracy": 0.5]
      }
    return CallbackEpoch(
      place: place(number, number * Self.steps), learningRate: 0.1, train: values,
      validation: isOdd && number == 1 ? [:] : values, objectives: stages.isEmpty ? [] : ["task", "unimodal"],
      seconds: 0.5, samplesPerSecond: 100)
  }

  /// Tells the run, or a part of it.
  ///
  /// - Parameters:
  ///   - last: the epoch after which it is killed; nil: it ends.
  ///   - before: the epochs behind a resumed run; nil: it begins.
  func tell(_ callback: any Callback, until last: Int? = nil, resumedAfter before: Int? = nil) throws {
    var callback = callback
    try callback.onRunStart(
      CallbackRun(
        name: "conformance", configuration: "name: conformance\n", parameters: 12,
        samples: ["train": 8, "validation": 4],
        epochs: Self.epochs, stages: stages,
        resumedAfter: before.map { $0 == 0 ? CallbackPlace(epoch: 0, step: 0) : place($0, $0 * Self.steps) },
        history: (0..<(before ?? 0)).map { epoch($0 + 1) }))
    for number in ((before ?? 0) + 1)...(last ?? Self.epochs) {
      for step in 1...Self.steps {
        try callback.onStepEnd(
          CallbackStep(
            place: place(number, (number - 1) * Self.steps + step), loss: isOdd ? (step == 1 ? nil : .nan) : 0.7,
            values: ["temperature": isOdd ? .infinity : 0.1], learningRates: ["default": 0.1, "encoders.audio": 0.01]))
      }
      try callback.onEpochEnd(epoch(number))
      guard number != last else { return }
    }
    try callback.onRunEnd(
      CallbackRunEnd(
        status: isOdd ? "failed" : "finished", metrics: ["test": ["accuracy": 0.5]], error: isOdd ? "…" : nil))
  }
}
