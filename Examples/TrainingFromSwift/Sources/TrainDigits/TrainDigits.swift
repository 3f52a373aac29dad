import AllPlugins
import FusionConfig
import FusionData
import FusionTraining
import Foundation

/// `TrainDigits DATA RUN [KEY=VALUE …]`: trains on a folder of digits, and shows what can be read afterwards.
@main
enum TrainDigits {
  static func main() {
    let arguments = Array(CommandLine.arguments.dropFirst())
    guard arguments.count >= 2 else { fail("usage: TrainDigits DATA RUN [KEY=VALUE …]") }
    do {
      try train(data: arguments[0], into: RunFolder(arguments[1]), overrides: Array(arguments.dropFirst(2)))
    } catch {
      // Errors are sentences: what is wrong, where, what was expected, what to do.
      fail("\(error)")
    }
  }

  private static func train(data: String, into run: RunFolder, overrides: [String]) throws {
    // What a configuration may name. A component of your own joins them with `registry.register(MyFusion.self)`.
    let registry = try Registry.standard()
    let experiment = try Digits.experiment(data: data, overrides: overrides, registry: registry)

    // The data can be looked at before anything is trained.
    let dataset = try experiment.openData()
    for part in dataset.splits { print("\(part.name): \(part.count) samples, classes \(part.classNames)") }

    // Training writes the run's folder, tells `Epochs` what happens, and gives the results back.
    let summary = try Trainer(experiment, progress: Epochs()).train(into: run, overwrite: true)
    print("trained \(summary.parameters) parameters, best epoch \(summary.bestEpoch ?? 0)")

    // From here on the folder is enough, today or in another process: `config.yaml` says how the model was built.
    let trainer = Trainer(try run.experiment(registry: registry))
    let evaluation = try trainer.evaluate(run, split: .test, metrics: ["balanced_accuracy"])
    for entry in evaluation.report?.entries ?? [] { print("\(entry.name): \(entry.value)") }

    // Predictions need no labels. Outputs are logits, one row a sample: `softmax` makes probabilities of them.
    let prediction = try trainer.predict(run, folder: data)
    let probabilities = prediction.outputs.softmax().max(axes: [1]).scalars
    for (index, (id, label)) in zip(prediction.split.sampleIDs, prediction.labels).enumerated().prefix(3) {
      print("sample \(id): \(label), probability \(probabilities[index])")
    }
  }

  private static func fail(_ message: String) -> Never {
    FileHandle.standardError.write(Data((message + "\n").utf8))
    exit(1)
  }
}

/// What this program shows of a training: a line an epoch, on standard error.
final class Epochs: ProgressReporter {
  func report(_ event: ProgressEvent) {
    guard case .epoch(let record, let count) = event else { return }
    let loss = record.train["loss"] ?? .nan
    let accuracy = record.validation["accuracy"] ?? .nan
    let line = "epoch \(record.epoch) of \(count): train loss \(loss), validation accuracy \(accuracy)\n"
    FileHandle.standardError.write(Data(line.utf8))
  }
}
