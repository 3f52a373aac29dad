import Foundation
import FusionConfig
import FusionExperiments
import FusionTraining
import Testing

/// Processes side by side; shells stand for trainings.
@Suite struct ProcessPoolTests {
  /// Runs a line of shell a job; the outcomes in the order of the jobs.
  private func run(
    _ lines: [String], places: Int = 2, stop: StopFlag = StopFlag(), output: String? = nil,
    ended: (Int) throws -> Void = { _ in }
  ) throws -> [ChildOutcome?] {
    var outcomes = [ChildOutcome?](repeating: nil, count: lines.count)
    var left = lines.indices[...]
    try ProcessPool(executable: "/bin/sh", places: places, stop: stop).run(
      next: { left.popFirst().map { ($0, .init(["-c", lines[$0]], output: output)) } },
      ended: {
        outcomes[$0] = $1
        try ended($0)
      })
    return outcomes
  }

  private func statuses(_ lines: [String], places: Int) throws -> [Int32?] {
    try run(lines, places: places).map { $0?.status }
  }

  @Test func statusAndErrorsAreThoseOfTheProcess() throws {
    let outcomes = try run(["exit 0", "echo ' wrong' >&2; exit 7", "kill -9 $$", "echo lost; exit 1"])
    #expect(outcomes.map { $0?.status } == [0, 7, 137, 1])
    #expect(outcomes.map { $0?.errors } == ["", "wrong", "", ""])
  }

  @Test func theEndOfManyErrorsIsKept() throws {
    let outcome = try #require(try run(["yes error | head -n 200000 >&2; echo last >&2; exit 1"])[0])
    #expect(outcome.errors.hasSuffix("error\nlast"))
    #expect(outcome.errors.utf8.count <= 64 << 10)
  }

  @Test func standardOutputGoesToAFile() throws {
    try withFolder { folder in
      _ = try run(["echo result; cat"], output: folder + "/out")  // There is nothing to read: `cat` ends at once.
      #expect(try text(folder + "/out") == "result\n")
    }
  }

  @Test func timeAndMemoryAreMeasured() throws {
    let sleeper = try run(["sleep 0.3"])
    let seconds = try #require(sleeper[0]).wallSeconds
    #expect(seconds >= 0.3)
    #expect(seconds < 5)
    let copier = try run(["exec dd if=/dev/zero of=/dev/null bs=500M count=1 2>/dev/null"])
    #expect(try #require(copier[0]).peakMemoryBytes > 500 << 20)
  }

  @Test func asManyRunAtATimeAsThereArePlaces() throws {
    try withFolder { folder throws in
      // Each waits until it sees the mark of the other one: alone, it would wait in vain.
      func meet(_ own: Int, _ other: Int) -> String {
        "touch \(folder)/\(own); for i in $(seq 500); do [ -e \(folder)/\(other) ] && exit 0; sleep 0.01; done; exit 1"
      }
      let together = try statuses([meet(1, 2), meet(2, 1)], places: 2)
      #expect(together == [0, 0])
      // One at a time: no job sees the mark that another one takes away before it ends.
      let alone = "[ -e \(folder)/m ] && exit 1; touch \(folder)/m; sleep 0.05; rm \(folder)/m"
      let inTurn = try statuses([alone, alone, alone], places: 1)
      #expect(inTurn == [0, 0, 0])
    }
  }

  @Test func whatIsRunNextMayDependOnWhatHasEnded() throws {
    var (known, started) = (1, 0)
    try ProcessPool(executable: "/bin/sh", places: 4).run(
      next: { () -> (Int, ProcessPool.Command)? in
        guard started < known, started < 5 else { return nil }
        started += 1
        return (started, .init(["-c", "exit 0"]))
      }, ended: { (_: Int, _) in known += 1 })
    #expect(started == 5)
  }

  @Test func theFlagStopsThemAllAndWaits() throws {
    try withFolder { folder in
      let stop = StopFlag()
      let save =
        "trap 'sleep 0.2; echo saved > \(folder)/'$$'; exit 130' INT; touch \(folder)/ready; while :; do sleep 0.05; done"
      let lines = [save, save, "touch \(folder)/never"]
      Thread.detachNewThread {
        while !FileManager.default.fileExists(atPath: folder + "/ready") { usleep(1000) }
        usleep(200_000)
        stop.set()
      }
      let outcomes = try run(lines, places: 2, stop: stop)
      #expect(outcomes.map { $0?.status } == [130, 130, nil])
      let files = try FileManager.default.contentsOfDirectory(atPath: folder)
      #expect(files.count == 3)
      #expect(!files.contains("never"))
    }
  }

  @Test func anErrorOfTheCallerStopsTheOthersToo() throws {
    struct Enough: Error {}
    let clock = ContinuousClock()
    let time = clock.measure {
      #expect(throws: Enough.self) { try run(["exec sleep 60", "exit 0"]) { if $0 == 1 { throw Enough() } } }
    }
    #expect(time < .seconds(30))
  }

  @Test func whatCannotBeStartedIsAnError() throws {
    let pool = ProcessPool(executable: "/nowhere/fusionkit", places: 1)
    var first = true
    let error = #expect(throws: ChildError.self) {
      try pool.run(
        next: { () -> (Int, ProcessPool.Command)? in
          defer { first = false }
          return first ? (0, .init(["train"])) : nil
        }, ended: { (_: Int, _) in })
    }
    #expect(error?.description == "cannot start '/nowhere/fusionkit train': No such file or directory")
  }
}
