import Foundation
import Testing

/// What happens to a search or a comparison on its way never becomes a result: killed anywhere, on a full disk or with its
/// children gone, the same command gives what it would have given.
@Suite struct AccidentTests {
  private let folder = Scratch()
  private static let grid = "sweep: {parameters: {training.optimizer.learning_rate: [0.01, 0.05, 0.1]}}"

  /// `trials.csv` without what a clock has written, a line a trial.
  private func table(_ sweep: String) throws -> [String] {
    let text = try String(contentsOfFile: folder / sweep + "/trials.csv", encoding: .utf8)
    return text.split(separator: "\n").map { String($0).replacing(/,\d+\.\d{3},/, with: ",") }
  }

  private func partials(_ path: String) -> [String] {
    (FileManager.default.enumerator(atPath: folder / path)?.compactMap { $0 as? String } ?? []).filter {
      $0.contains(".partial-")
    }
  }

  /// The processes whose command line names a path.
  private func processes(_ path: String) -> [Int32] {
    let names = (try? FileManager.default.contentsOfDirectory(atPath: "/proc")) ?? []
    return names.compactMap(Int32.init).filter { process in
      guard let line = FileManager.default.contents(atPath: "/proc/\(process)/cmdline") else { return false }
      return String(decoding: line, as: UTF8.self).contains(path)
    }
  }

  // MARK: Children

  @Test(
    .enabled(if: FileManager.default.fileExists(atPath: "/proc/self/cmdline")), arguments: [SIGKILL, SIGHUP, SIGTERM])
  func noTrainingOutlivesItsSearch(_ signal: Int32) throws {
    try VectorData.write(to: folder, epochs: 1_000_000, more: Self.grid)
    let path = folder / "s"
    let child = try Child(
      Binary.path, ["sweep", "tiny.yaml", "--output", path, "--jobs", "2", "--threads", "1"], in: folder.path)
    let histories = (1...2).map { path + "/trials/000\($0)/run/history.csv" }
    while child.isRunning, !histories.allSatisfy(FileManager.default.fileExists(atPath:)) { usleep(5000) }
    #expect(processes(path + "/trials").count == 2)
    child.signal(signal)
    #expect(try child.outcome().status == (signal == SIGKILL ? 128 + SIGKILL : 130))
    for _ in 0..<400 where !processes(path + "/trials").isEmpty { usleep(50_000) }
    #expect(processes(path + "/trials").isEmpty)
    // They have left what they can go on from.
    let summary = try String(contentsOfFile: path + "/trials/0001/run/metrics.json", encoding: .utf8)
    #expect(summary.contains("\"interrupted\""), "\(summary)")
  }

  @Test func whatCannotBeReadIsNotCalledAnotherSearch() throws {
    try VectorData.write(to: folder, epochs: 2, more: Self.grid)
    let sweep = ["sweep", "tiny.yaml", "--threads", "1", "--output", "./s"]
    try #require(try Binary.run(sweep, in: folder.path).status == 0)
    unlink(folder / "s/sweep.yaml")
    #expect(mkfifo(folder / "s/sweep.yaml", 0o600) == 0)
    let outcome = try Binary.run(sweep, in: folder.path)
    #expect(outcome.status == 1 && outcome.errors.contains("s/sweep.yaml cannot be read"), "\(outcome.errors)")
    #expect(!outcome.errors.contains("--overwrite"))
  }

  @Test func dataThatChangedMeanwhileMakeNoTableWithOldRuns() throws {
    try VectorData.write(to: folder, epochs: 2, more: Self.grid)
    let sweep = ["sweep", "tiny.yaml", "--threads", "1", "--output", "./s"]
    let compare = [
      "compare", "tiny.yaml", "--fusions", "concat,add", "--no-single", "--threads", "1", "--output", "./c", "--seeds",
    ]
    try #require(try Binary.run(sweep, in: folder.path).status == 0)
    try #require(try Binary.run(compare + ["1"], in: folder.path).status == 0)
    let table = try bytes(folder / "c/table.csv")
    var array = try bytes(folder / "a.npy")
    array[array.count - 2] ^= 1
    try array.write(to: URL(fileURLWithPath: folder / "a.npy"))
    for command in [sweep, compare + ["1,2"]] {
      let outcome = try Binary.run(command, in: folder.path)
      #expect(outcome.status == 1 && outcome.errors.contains("the data have changed since "), "\(outcome.errors)")
      #expect(outcome.errors.contains("'a' of the part 'train'"), "\(outcome.errors)")
    }
    #expect(try bytes(folder / "c/table.csv") == table)
    #expect(!FileManager.default.fileExists(atPath: folder / "c/runs/concat/seed-2"))
  }

  @Test func aSearchThatIsKilledAndRepeatedAtOnceHasNoFailures() throws {
    try VectorData.write(to: folder, epochs: 600, more: Self.grid)
    let sweep = ["sweep", "tiny.yaml", "--threads", "1", "--jobs", "2", "--output"]
    try #require(try Binary.run(sweep + ["./whole"], in: folder.path).status == 0)
    for file in ["log.txt", "history.csv"] {
      let child = try Child(Binary.path, sweep + ["./cut"], in: folder.path)
      while child.isRunning, !FileManager.default.fileExists(atPath: folder / "cut/trials/0002/run/\(file)") {
        usleep(1000)
      }
      child.signal(SIGKILL)
      _ = try child.outcome()
    }
    let again = try Binary.run(sweep + ["./cut"], in: folder.path)
    #expect(again.status == 0, "\(again.errors)")
    #expect(try table("cut") == table("whole"))
  }

  @Test func aTrialWhoseProcessIsKilledIsMissingAndTriedAgain() throws {
    try VectorData.write(to: folder, epochs: 400, more: Self.grid)
    let sweep = ["sweep", "tiny.yaml", "--threads", "1", "--output"]
    try #require(try Binary.run(sweep + ["./whole"], in: folder.path).status == 0)
    let child = try Child(Binary.path, sweep + [folder / "cut"], in: folder.path)
    while child.isRunning, !FileManager.default.fileExists(atPath: folder / "cut/trials/0002/run/history.csv") {
      usleep(1000)
    }
    for process in processes(folder / "cut/trials/0002") { kill(process, SIGKILL) }
    let cut = try child.outcome()
    #expect(cut.status == 1)
    #expect(cut.errors.contains("error: 1 of 3 trials is missing"), "\(cut.errors)")
    #expect(cut.errors.contains("ended by signal 9") && cut.errors.contains("the same command tries them again"))
    #expect(try table("cut")[2].contains("2,unfinished,"))
    let again = try Binary.run(sweep + ["./cut"], in: folder.path)
    #expect(again.status == 0, "\(again.errors)")
    #expect(try table("cut") == table("whole"))
  }

  // MARK: Faults from outside

  @Test(.enabled(if: Faults.areAvailable)) func aFullDiskFailsNoTrial() throws {
    try VectorData.write(to: folder, more: Self.grid)
    let sweep = ["sweep", "tiny.yaml", "--threads", "1", "--output"]
    try #require(try Binary.run(sweep + ["./whole"], in: folder.path).status == 0)
    // Nothing can be written for the second and the third trial.
    for trial in [2, 3] {
      let full = try Faults.run(
        sweep + ["./cut"], in: folder.path, fault: "write:1+:ENOSPC", below: "cut/trials/000\(trial)/run",
        processes: .later)
      #expect(full.status == 1)
      #expect(full.errors.contains("error: 1 of 3 trials is missing"), "\(full.errors)")
      #expect(full.errors.contains("No space left on device"), "\(full.errors)")
      if trial == 2 {
        #expect(try table("cut")[2].contains("2,unfinished,") && table("cut")[3].contains("3,finished,"))
        try FileManager.default.removeItem(atPath: folder / "cut/trials/0003")
      }
    }
    let again = try Binary.run(sweep + ["./cut"], in: folder.path)
    #expect(again.status == 0, "\(again.errors)")
    #expect(try table("cut") == table("whole"))
  }

  @Test(.enabled(if: Faults.areAvailable)) func aSearchThatIsKilledAtAnyRenameComesToTheSameTable() throws {
    try VectorData.write(
      to: folder, epochs: 1, more: "sweep: {parameters: {training.optimizer.learning_rate: [0.01, 0.1]}}")
    let sweep = ["sweep", "tiny.yaml", "--threads", "1", "--output", "./s"]
    let (whole, calls) = try Faults.calls(of: sweep, in: folder.path, below: "s", processes: .first)
    try #require(whole.status == 0, "\(whole.errors)")
    let expected = try table("s")
    let renames = calls.filter { $0.operation == .rename }
    try #require(renames.count > 10)
    for rename in renames {
      try FileManager.default.removeItem(atPath: folder / "s")
      let killed = try Faults.run(
        sweep, in: folder.path, fault: rename.fault("before-KILL"), below: "s", processes: .first)
      #expect(killed.status == 128 + SIGKILL)
      let again = try Binary.run(sweep, in: folder.path)
      #expect(again.status == 0, "\(rename): \(again.errors)")
      #expect(try table("s") == expected, "\(rename)")
      #expect(partials("s") == [], "\(rename)")
    }
  }

  @Test(.enabled(if: Faults.areAvailable)) func aComparisonThatIsKilledAtAnyRenameComesToTheSameTable() throws {
    try VectorData.write(to: folder, epochs: 1)
    let compare = [
      "compare", "tiny.yaml", "--fusions", "concat,add", "--seeds", "1,2", "--no-single", "--output", "./c", "--json",
      "--quiet",
    ]
    let (whole, calls) = try Faults.calls(of: compare, in: folder.path, below: "c", processes: .first)
    try #require(whole.status == 0, "\(whole.errors)")
    let renames = calls.filter { $0.operation == .rename }
    try #require(renames.count > 5)
    for rename in renames {
      try FileManager.default.removeItem(atPath: folder / "c")
      let killed = try Faults.run(
        compare, in: folder.path, fault: rename.fault("before-KILL"), below: "c", processes: .first)
      #expect(killed.status == 128 + SIGKILL)
      let again = try Binary.run(compare, in: folder.path)
      #expect(again.status == 0, "\(rename): \(again.errors)")
      for run in ["concat/seed-1", "concat/seed-2", "add/seed-1", "add/seed-2"] {
        #expect(FileManager.default.fileExists(atPath: folder / "c/runs/\(run)/predictions.csv"), "\(rename)")
      }
      #expect(FileManager.default.fileExists(atPath: folder / "c/table.json"))
      #expect(partials("c") == [], "\(rename)")
    }
  }

  // MARK: Locks

  @Test func twoComparisonsDoNotShareAFolder() throws {
    try VectorData.write(to: folder, epochs: 1_000_000)
    let compare = ["compare", "tiny.yaml", "--fusions", "concat,add", "--seeds", "1,2", "--output", "./c"]
    let child = try Child(Binary.path, compare, in: folder.path)
    while child.isRunning, !FileManager.default.fileExists(atPath: folder / "c/runs/concat/seed-1/history.csv") {
      usleep(5000)
    }
    let second = try Binary.run(compare, in: folder.path)
    #expect(second.status == 1)
    #expect(second.errors.contains("error: another process is writing to"), "\(second.errors)")
    child.signal(SIGINT)
    #expect(try child.outcome().status == 130)
  }

  @Test func twoSeriesOfSeedsDoNotShareAFolder() throws {
    try VectorData.write(to: folder, epochs: 1_000_000)
    let train = ["train", "tiny.yaml", "--seeds", "1,2", "--output", "./t"]
    let child = try Child(Binary.path, train, in: folder.path)
    while child.isRunning, !FileManager.default.fileExists(atPath: folder / "t/seed-1/history.csv") { usleep(5000) }
    let second = try Binary.run(["train", "tiny.yaml", "--seeds", "2,3", "--output", "./t"], in: folder.path)
    #expect(second.status == 1)
    #expect(second.errors.contains("error: another process is writing to"), "\(second.errors)")
    child.signal(SIGINT)
    let cut = try child.outcome()
    #expect(cut.status == 130)
    #expect(cut.errors.contains("seed 1, 2 are missing; the same command goes on from here"), "\(cut.errors)")
  }
}
