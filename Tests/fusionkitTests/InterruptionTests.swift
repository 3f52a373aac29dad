import Foundation
import Testing

/// Commands that are ended by a signal, and streams that take nothing.
@Suite struct InterruptionTests {
  private let folder = Scratch()

  /// All files below a folder.
  private func files(_ path: String) -> [String] {
    (FileManager.default.enumerator(atPath: folder / path)?.compactMap { $0 as? String } ?? []).filter {
      (try? FileManager.default.attributesOfItem(atPath: folder / path + "/" + $0)[.type] as? FileAttributeType)
        == .typeRegular
    }.sorted()
  }

  // MARK: Builds

  /// A shell starts what is in its background with SIGINT ignored: that must not count.
  @Test(arguments: ["INT", "TERM", "HUP"]) func aBuildThatIsInterruptedLeavesNothing(_ signal: String) throws {
    let outcome = try Binary.shell(
      """
      "$FUSIONKIT" data demo --out new/demo --train 500000 2>errors & p=$!
      for i in $(seq 500); do ls new/demo/image/*.partial-* >/dev/null 2>&1 && break; sleep 0.01; done
      kill -\(signal) $p; wait $p; echo $?
      """, in: folder.path)
    #expect(outcome.output == "130\n")
    #expect(!FileManager.default.fileExists(atPath: folder / "new"))
  }

  @Test func aRebuildThatIsInterruptedLeavesTheOldDataSet() throws {
    try #require(
      try Binary.run(["data", "demo", "--out", "demo", "--train", "30", "--test", "10"], in: folder.path).status == 0)
    try folder.write("demo/mine.txt", "mine")
    let before = files("demo")
    let child = try Child(Binary.path, ["data", "demo", "--out", "demo", "--train", "500000"], in: folder.path)
    while child.isRunning, files("demo") == before { usleep(1000) }
    let second = try Binary.run(["data", "demo", "--out", "demo", "--train", "30"], in: folder.path)
    #expect(second.status == 1)
    #expect(second.errors.contains("another process is building a data set there"), "\(second.errors)")
    child.signal(SIGINT)
    #expect(try child.outcome().status == 130)
    #expect(files("demo") == before)
    #expect(try Binary.run(["data", "inspect", "demo", "--verify"], in: folder.path).status == 0)
  }

  @Test(.enabled(if: Faults.areAvailable)) func aRebuildThatIsKilledAtAnyRenameIsWholeOrRefused() throws {
    func demo(_ seed: Int) -> [String] {
      ["data", "demo", "--out", "demo", "--train", "30", "--test", "10", "--seed", "\(seed)"]
    }
    try folder.write("demo/mine.txt", "mine")
    try #require(try Binary.run(demo(1), in: folder.path).status == 0)
    let (again, calls) = try Faults.calls(of: demo(2), in: folder.path, below: "demo")
    try #require(again.status == 0, "\(again.errors)")
    let config = try DemoData.config(epochs: 0).replacing(DemoData.folder(), with: folder / "demo")
    try folder.write("tiny.yaml", config)
    let changes = calls.filter { [.rename, .unlink].contains($0.operation) }
    try #require(changes.count { $0.operation == .rename } > 8)
    var refused = 0
    for change in changes {
      try #require(try Binary.run(demo(1), in: folder.path).status == 0)
      let killed = try Faults.run(demo(2), in: folder.path, fault: change.fault("before-KILL"), below: "demo")
      #expect(killed.status == 128 + SIGKILL)
      let train = try Binary.run(["train", "tiny.yaml", "--output", "./run", "--overwrite"], in: folder.path)
      if train.status == 0 {
        // All of it is of one build.
        let inspected = try Binary.run(["data", "inspect", "demo", "--verify"], in: folder.path)
        #expect(inspected.status == 0, "\(change): \(inspected.errors)")
      } else {
        refused += 1
        #expect(train.errors.contains("whose build was stopped half-way"), "\(change): \(train.errors)")
        #expect(try Binary.run(["data", "inspect", "demo"], in: folder.path).status == 1)
      }
      try #require(try Binary.run(demo(2), in: folder.path).status == 0)
      #expect(try Binary.run(["data", "inspect", "demo", "--verify"], in: folder.path).status == 0)
      #expect(!files("demo").contains { $0.contains(".partial-") || $0.contains("unfinished") }, "\(change)")
      #expect(try bytes(folder / "demo/mine.txt") == Data("mine".utf8))
    }
    #expect(refused >= 6)
  }

  @Test(arguments: [SIGINT, SIGTERM, SIGHUP]) func embeddingsThatAreInterruptedLeaveNothing(_ signal: Int32) throws {
    try folder.write("tiny.yaml", DemoData.config(epochs: 0))
    // So many that t-SNE takes its time.
    try #require(
      try Binary.run(["data", "demo", "--out", "many", "--train", "6000", "--test", "10"], in: folder.path).status == 0)
    let train = [
      "train", "tiny.yaml", "--output", "./run", "--set", "data.validation=0.9", "--set", "data.root=many",
    ]
    try #require(try Binary.run(train, in: folder.path).status == 0)
    let child = try Child(Binary.path, ["embed", "run", "--split", "validation", "--output", "plots"], in: folder.path)
    // It says nothing before its end; t-SNE of so many takes some seconds.
    usleep(700_000)
    #expect(child.isRunning)
    child.signal(signal)
    #expect(try child.outcome().status == 130)
    #expect(!FileManager.default.fileExists(atPath: folder / "plots"))
  }

  @Test func nohupIsKept() throws {
    try VectorData.write(to: folder, epochs: 3000)
    let outcome = try Binary.shell(
      """
      nohup "$FUSIONKIT" train tiny.yaml --output ./run --threads 1 >/dev/null 2>&1 & p=$!
      for i in $(seq 1000); do [ -e run/history.csv ] && break; sleep 0.01; done
      kill -HUP $p; wait $p; echo $?
      """, in: folder.path)
    #expect(outcome.output == "0\n")
  }

  // MARK: Streams

  @Test(arguments: ["2>&-", "2>/dev/full", "2> >(true)", "0<&- 2>&-"])
  func aTrainingGoesOnWithoutStandardError(_ redirection: String) throws {
    try VectorData.write(to: folder)
    try #require(try Binary.run(["train", "tiny.yaml", "--output", "./whole"], in: folder.path).status == 0)
    let outcome = try Binary.shell(
      "\"$FUSIONKIT\" train tiny.yaml --output ./run \(redirection)", in: folder.path)
    #expect(outcome.status == 0)
    #expect(try bytes(folder / "run/model.safetensors") == bytes(folder / "whole/model.safetensors"))
    for name in ["config.yaml", "log.txt", "metrics.json"] {
      #expect(try !String(contentsOfFile: folder / "run/\(name)", encoding: .utf8).contains("\u{1B}"))
    }
  }

  @Test(arguments: [("list", ">&-", 1), ("list", ">/dev/full", 1), ("schema", ">/dev/full", 1), ("--help", ">&-", 1)])
  func aResultThatCannotBeWrittenIsAnError(_ command: String, _ redirection: String, _ status: Int) throws {
    let outcome = try Binary.shell("\"$FUSIONKIT\" \(command) \(redirection)")
    #expect(outcome.status == Int32(status))
    #expect(outcome.errors.hasPrefix("error: cannot write to standard output: "), "\(outcome.errors)")
  }

  @Test func aReaderThatHasEnoughIsNoReasonToComplain() throws {
    // More than a pipe holds.
    let outcome = try Binary.shell(
      "set -o pipefail; \"$FUSIONKIT\" schema | head -c 10 >/dev/null; echo ${PIPESTATUS[0]}")
    #expect(outcome.output == "1\n")
    #expect(outcome.errors == "")
  }

  // MARK: Commands to be repeated

  @Test func whatIsPrintedToBeRepeatedCanBePasted() throws {
    try VectorData.write(to: folder, more: "sweep: {parameters: {training.optimizer.learning_rate: [0.01, 0.1]}}")
    let name = "./it's $HOME; \"a\" `b`"
    let sweep = try Binary.run(["sweep", "tiny.yaml", "--output", name, "--quiet"], in: folder.path)
    try #require(sweep.status == 0, "\(sweep.errors)")
    let hint = try #require(sweep.output.firstMatch(of: /\((fusionkit train .*)\)\n/)?.1)
    let pasted = try Binary.shell(
      "fusionkit() { \"$FUSIONKIT\" \"$@\" --output ./w --quiet; }; \(hint)", in: folder.path)
    #expect(pasted.status == 0, "\(hint): \(pasted.errors)")
    let child = try Child(
      Binary.path, ["train", "tiny.yaml", "--output", name + "/run", "--set", "training.epochs=1000000"],
      in: folder.path)
    while child.isRunning, !child.errorsSoFar.contains("epoch") { usleep(5000) }
    child.signal(SIGINT)
    let resume = try #require(try child.outcome().errors.firstMatch(of: /(fusionkit train --resume .*)\n/)?.1)
    let resumed = try Binary.shell(
      "fusionkit() { \"$FUSIONKIT\" \"$@\" --set training.epochs=1; }; \(resume)", in: folder.path)
    #expect(resumed.errors.contains("cannot be resumed: it has done"), "\(resume): \(resumed.errors)")
  }
}
