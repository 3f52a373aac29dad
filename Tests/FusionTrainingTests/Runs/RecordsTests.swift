import FusionCore
import FusionTraining
import Testing

@Suite struct RecordsTests {
  @Test func theHistoryIsATable() {
    let first = EpochRecord(
      epoch: 1, step: 30, learningRate: 0.1, train: ["loss": 0.5, "accuracy": 0.75],
      validation: ["loss": 0.25, "accuracy": 1, "auroc": 0.5], seconds: 2, samplesPerSecond: 600)
    var second = first
    second.epoch = 2
    second.validation["auroc"] = nil
    #expect(
      History.csv([first, second]) == """
        epoch,step,learning_rate,train.loss,train.accuracy,validation.loss,validation.accuracy,validation.auroc,seconds,samples_per_s
        1,30,0.1,0.5,0.75,0.25,1.0,0.5,2.000,600.0
        2,30,0.1,0.5,0.75,0.25,1.0,,2.000,600.0

        """)
  }

  @Test func gainsBelowTheMinimumDoNotCount() {
    var watch = MetricMonitor(metric: "validation.loss", .lowerIsBetter, minimumChange: 0.1)
    let values: [Double?] = [1.0, 0.5, 0.45, nil, .nan, 0.2]
    let gains = values.enumerated().map { watch.observe($1, epoch: $0 + 1) }
    #expect(gains == [true, true, false, false, false, true])
    #expect(watch.bestEpoch == 6 && watch.best == 0.2 && watch.epochsWithoutGain == 0)
  }

  @Test func equalValuesKeepTheEarlierEpoch() {
    var watch = MetricMonitor(metric: "validation.accuracy", .higherIsBetter)
    let gains = [0.5, 0.5, 0.4].enumerated().map { watch.observe($1, epoch: $0 + 1) }
    #expect(gains == [true, false, false])
    #expect(watch.bestEpoch == 1 && watch.epochsWithoutGain == 2)
  }

  /// Of one modality too, and of metrics that other tasks have: `mse` of a reconstruction.
  @Test(arguments: [
    ("validation.loss", MetricDirection.lowerIsBetter), ("validation.mse_image", .lowerIsBetter),
    ("validation.accuracy", .higherIsBetter), ("train.f1_macro", .higherIsBetter),
    ("validation.brier_score", .lowerIsBetter), ("validation.brier_score_audio", .lowerIsBetter),
    ("validation.expected_calibration_error", .lowerIsBetter), ("validation.loss_audio", .lowerIsBetter),
  ]) func aColumnHasTheDirectionOfItsMetric(column: String, direction: MetricDirection) {
    let metrics = TaskMetrics(.classification)
    #expect(metrics.direction(ofColumn: column, modalities: ["image", "audio"]) == direction)
    #expect(metrics.direction(ofColumn: "validation.accuracy_of", modalities: ["image"]) == nil)
  }
}
