import FusionConfig
import FusionCore
import FusionData
import Foundation
import FusionTraining
import Testing

/// A metric without a value is told, and nothing is chosen by it.
@Suite struct UndefinedMetricTests {
  @Test func aReportSaysWhy() throws {
    try withFolder { folder in
      let run = RunFolder(folder + "/run")
      let trainer = try Trainer(toyExperiment("training.epochs=1", "data.onlyClass=1"), threads: 1)
      let summary = try trainer.train(into: run)
      #expect(summary.splits["test"]?["auroc"] == nil && summary.splits["test"]?["accuracy"] != nil)
      let reason = "no sample of 'test' is of the classes red, blue, and it needs every class"
      #expect(summary.undefined == ["test": ["auroc": reason]])
      #expect(try RunSummary.read(from: run).undefined == summary.undefined)
      #expect(try trainer.evaluate(run).report?.undefined == ["auroc": reason])
      #expect(try text(run.log).contains("test auroc is not defined: no sample"))
    }
  }

  @Test func nothingIsChosenByOne() throws {
    try withFolder { folder in
      for override in [
        "training.monitor=validation.r2", "training.early_stopping={metric: validation.r2, patience: 1}",
      ] {
        let experiment = try toyExperiment(
          "training.epochs=2", "data.targets=values", "data.samples=10", "data.validation=0.1", "task.type=regression",
          override)
        let error = #expect(throws: ConfigError.self) {
          try Trainer(experiment, threads: 1).train(into: RunFolder(folder + "/run"))
        }
        #expect(
          error?.description.contains("'validation.r2' is not defined: it needs two samples, and 'validation' has 1")
            == true,
          "\(String(describing: error))")
        #expect(!FileManager.default.fileExists(atPath: folder + "/run"))
      }
    }
  }

  @Test func numbersThatJSONLacksAreNull() {
    let text = jsonText(["a": Double.nan, "b": -.infinity, "c": 1.5], pretty: false)
    #expect(text == #"{"a":null,"b":null,"c":1.5}"#)
    #expect(jsonText(["x\u{202E}y\u{1B}"], pretty: false) == #"["x\u202ey\u001b"]"#)
    #expect(prettyJSON(["a"]) == "[\n  \"a\"\n]\n")
  }
}
