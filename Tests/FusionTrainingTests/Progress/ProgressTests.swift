import FusionTraining
import Testing

@Suite struct ProgressTests {
  @Test(arguments: [10, 20, 40, 60, 80, 200]) func theBarFitsTheTerminal(width: Int) {
    let bar = TerminalProgress.bar(
      title: "epoch 3/20", done: 30_000, of: 60_000, loss: 0.03125, seconds: 15, width: width)
    #expect(bar.count < max(width, 11))
  }

  @Test(arguments: [20, 40, 60, 80]) func aLongTitleLeavesRoomForTheShare(width: Int) {
    let title = "evaluate with the modalities accelerometer and gyroscope missing"
    let bar = TerminalProgress.bar(title: title, done: 30_000, of: 60_000, loss: nil, seconds: 15, width: width)
    #expect(bar.count < width && bar.hasSuffix(" 50%") || bar.contains(" 50%  "), "\(bar)")
  }

  @Test func linesAreBrokenAtBlanks() {
    let line = "epoch  3/20  train loss 0.0312 accuracy 0.9912  validation loss 0.0411 accuracy 0.9876  2310 samples/s"
    let lines = wrapped(line, to: 60)
    #expect(lines.count == 2 && lines.allSatisfy { $0.count <= 60 })
    #expect(lines.joined(separator: " ").split(separator: " ") == line.split(separator: " "))
    #expect(wrapped("short", to: 60) == ["short"] && wrapped("", to: 60) == [""])
    #expect(wrapped("  one two three", to: 9) == ["  one two", "  three"])
    // A word that is longer than a line stays whole, and lines stay lines.
    #expect(wrapped("a /very/long/path b\nc", to: 5) == ["a", "/very/long/path", "b", "c"])
  }

  @Test func theBarShowsRateLossAndTimeLeft() {
    let bar = TerminalProgress.bar(
      title: "epoch 3/20", done: 15_000, of: 60_000, loss: 0.03125, seconds: 10, width: 120)
    #expect(bar == "epoch 3/20 ━━━━━━━─────────────────────── " + " 25%  1500 samples/s  loss 0.0312  0:30 left")
  }

  @Test func aBarOfNothingIsNoTrouble() {
    let bar = TerminalProgress.bar(title: "test", done: 0, of: 0, loss: nil, seconds: 0, width: 80)
    #expect(bar.contains("  0%") && !bar.contains("left"))
  }

  @Test func plainLinesLeaveTheBarOut() {
    var lines: [String] = []
    let progress = PlainProgress { lines.append($0) }
    let record = EpochRecord(
      epoch: 3, step: 90, learningRate: 0.1, train: ["loss": 0.5, "accuracy": 0.75], validation: ["loss": 0.25],
      seconds: 2,
      samplesPerSecond: 600)
    for event: ProgressEvent in [
      .began(title: "epoch 3/12", samples: 100), .advanced(samples: 10, loss: 1), .ended, .warning("careful"),
      .epoch(record, of: 12),
    ] { progress.report(event) }
    #expect(
      lines == [
        "warning: careful",
        "epoch  3/12  train loss 0.5000 accuracy 0.7500  validation loss 0.2500  600 samples/s",
      ])
  }
}
