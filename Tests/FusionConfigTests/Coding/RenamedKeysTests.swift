import FusionConfig
import Testing

/// Keys of earlier versions: refused with the new name where somebody writes them, understood in what a run has left.
@Suite struct RenamedKeysTests {
  @Test func anOldKeyIsRefusedWithItsNewName() {
    let found = #expect(throws: ConfigError.self) {
      try Experiment.load(text: plainText + "training: {select_by: validation.loss}\n", registry: toyRegistry)
    }
    #expect(
      found?.description.contains(
        """
        7:12: error: unknown key 'select_by' in training
            7 | training: {select_by: validation.loss}
              |            ^ it is called 'monitor' now
        """) == true, "\(found.map { "\($0)" } ?? "")")
  }

  @Test func onlyKeysAreRenamed() {
    let old = """
      name: select_by
      modalities:
        deviation:
          deviation: 1.0
          encoder:
            deviation: 2.0
      training:
        select_by: validation.loss
        stages:
          - select_by: train.loss
            metrics: ["select_by: x"]

      """
    let new = RenamedKeys.current(old)
    #expect(
      new == """
        name: select_by
        modalities:
          deviation:
            std: 1.0
            encoder:
              deviation: 2.0
        training:
          monitor: validation.loss
          stages:
            - monitor: train.loss
              metrics: ["select_by: x"]

        """)
    #expect(RenamedKeys.current(new) == new)
  }
}
