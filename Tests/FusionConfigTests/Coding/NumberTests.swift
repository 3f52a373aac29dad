import FusionConfig
import Testing

/// Numbers that no option has a use for, and names that stand twice: refused where they stand.
@Suite struct NumberTests {
  private func problems(_ line: String) -> [String] { problems(in: plainText + line + "\n") }

  private func problems(in text: String) -> [String] {
    do throws(ConfigError) {
      _ = try Experiment.load(text: text, registry: toyRegistry)
      return []
    } catch {
      return error.description.split(separator: "\n").map(String.init)
    }
  }

  @Test func whatIsNoPlainWholeNumberNamesAClass() throws {
    let text = plainText.replacing(
      "root: data/toy}", with: "root: data/toy, classes: [01, 1.0, True, null, 1, '2', x y]}")
    let experiment = try load(text)
    #expect(experiment.data.classes == ["01", "1.0", "True", "null", 1, "2", "x y"])
    // As it is written to a run's folder, it is read back.
    #expect(try load(experiment.resolvedYAML).data.classes == experiment.data.classes)
  }

  @Test func numbersThatWouldBecomeZeroAreRefused() {
    let found = problems("task: {type: regression, loss: huber, delta: 1e-50}")
    #expect(found.contains { $0.contains("zero, or no smaller than 1.2e-38 in size") }, "\(found)")
  }

  @Test(arguments: [
    "training: {optimizer: {type: sgd, learning_rate: NUMBER}}", "training: {optimizer: {type: sgd, momentum: NUMBER}}",
    "training: {optimizer: {type: adam, weight_decay: NUMBER}}", "training: {gradient_clip: NUMBER}",
    "training: {early_stopping: {minimum_delta: NUMBER}}", "training: {modality_dropout: NUMBER}",
    "training: {modality_dropout: {image: NUMBER}}", "task: {type: classification, class_weights: [NUMBER, 1]}",
    "task: {type: regression, loss: huber, delta: NUMBER}", "training: {schedule: {type: step, gamma: NUMBER}}",
  ])
  func onlyNumbersThatCanBeComputedWithAreTaken(_ line: String) {
    for number in [".inf", "-.inf", ".nan", "1e39", "1e300"] {
      let found = problems(line.replacing("NUMBER", with: number))
      #expect(
        found.first?.contains("error: expected ") == true && found.first?.contains(", got ") == true,
        "\(line): \(found)")
    }
  }

  @Test func whatAFloatHoldsIsTaken() {
    #expect(problems("training: {gradient_clip: 3.4e38}") == [])
    let found = problems("training: {gradient_clip: 3.5e38}")
    #expect(found.contains("  no larger than 3.4e38 in size: numbers are computed in single precision"), "\(found)")
  }

  @Test func namesThatStandTwiceAreTold() {
    let text = plainText.replacing("root: data/toy}", with: "root: data/toy, classes: [1, 2, 1]}")
    let found = problems(in: text)
    #expect(found.contains { $0.hasSuffix("error: '1' stands twice in 'classes'") }, "\(found)")
  }
}
