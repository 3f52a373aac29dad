import FusionConfig
import FusionCore
import Testing

@Suite struct ExperimentTests {
  @Test func defaultsFillWhatIsLeftOut() throws {
    let experiment = try load(plainText)
    #expect(experiment.name == "test")
    #expect(experiment.seed == 0)
    #expect(experiment.pipeline.branches.map(\.name) == ["image", "audio"])
    #expect(experiment.training.epochs == 20)
    #expect(experiment.training.optimizer == .sgd(SGDSettings()))
    #expect(experiment.data.validation == 0.1)
    #expect(experiment.data.root == "data/toy")
    #expect(experiment.task == .classification(ClassificationSettings()))
  }

  @Test func aMisspeltFusion() {
    #expect(
      message(plainText.replacing("toy_join", with: "toy_jion")) == """
        test.yaml:5:16: error: unknown fusion 'toy_jion'
            5 | fusion: {type: toy_jion}
              |                ^ did you mean 'toy_join'?
          available: toy_join, toy_pair   (fusionkit list fusions)
        """)
  }
}
