import FusionConfig
import FusionCore
import Testing

/// Names that people bring from other frameworks.
@Suite struct FamiliarNameTests {
  private func suggestions(_ training: String) -> [String] {
    do throws(ConfigError) {
      _ = try Experiment.load(text: plainText + "training: \(training)\n", registry: toyRegistry)
      return []
    } catch {
      return error.diagnostics.map { $0.suggestion ?? "none: \($0.message)" }
    }
  }

  @Test(arguments: [
    ("{lr: 0.1}", "optimizer.learning_rate"), ("{learning_rate: 0.1}", "optimizer.learning_rate"),
    ("{optimizer: {lr: 0.1}}", "learning_rate"), ("{optimizer: {wd: 0.1}}", "weight_decay"),
    ("{wd: 0.1}", "optimizer.weight_decay"), ("{bs: 4}", "batch_size"), ("{batch: 4}", "batch_size"),
    ("{max_epochs: 4}", "epochs"), ("{Epochs: 4}", "epochs"),
    ("{schedule: {type: cosine, warmup: 3}}", "warmup_epochs"),
    ("{warmup: 3}", "schedule.warmup_epochs"), ("{schedule: {type: cosine, eta_min: 0}}", "minimum"),
    ("{gradient-clip-val: 1}", "gradient_clip"), ("{scheduler: {type: step}}", "schedule"),
    ("{early_stopping: {monitor: validation.loss}}", "metric"), ("{early_stopping: {min_delta: 0}}", "minimum_delta"),
    ("{patience: 3}", "early_stopping"), ("{optim: {type: sgd}}", "optimizer"),
    ("{optimizer: {type: AdamW}}", "adamw"),
  ])
  func areAnsweredWithOurs(_ training: String, _ ours: String) {
    #expect(suggestions(training) == ["did you mean '\(ours)'?"])
  }

  @Test func keysOfTrainingAtTheTopAreSentThere() throws {
    do throws(ConfigError) {
      _ = try Experiment.load(text: plainText + "epochs: 3\nlr: 0.1\n", registry: toyRegistry)
      Issue.record("accepted")
    } catch {
      #expect(
        error.diagnostics.map { $0.suggestion } == [
          "did you mean 'training.epochs'?", "did you mean 'training.optimizer.learning_rate'?",
        ])
    }
  }

  @Test func whatNobodyKnowsGetsNoSuggestion() {
    #expect(suggestions("{zebra: 3}") == ["none: unknown key 'zebra' in training"])
  }
}
