import Foundation
import Testing

/// `make study STUDY=--quick`: the whole study on tiny sources, and its second run.
@Suite struct StudyTests {
  private func study(_ arguments: String, data: String) throws -> Outcome {
    try Binary.shell("FUSIONKIT_DATA='\(data)' python3 scripts/study.py \(arguments)")
  }

  @Test func aQuickStudyWritesItsReportAndKeepsWhatIsFinished() throws {
    let folder = Scratch()
    let out = folder / "study"
    let first = try study("--quick --out '\(out)'", data: ShippedExperimentTests.sources)
    try #require(first.status == 0, "\(first.errors)")
    #expect(first.output == out + "/README.md\n")
    let report = try String(contentsOfFile: out + "/README.md", encoding: .utf8)
    for words in [
      "A quick run on a few samples", "| image alone | accuracy 95.1% |", "| audio alone, FSDD's own split |",
      "| frozen reconstruction encoders, concatenation, MLP |", "| trained end to end |",
      "## Speakers never heard before",
      "| ann |", "| bob |", "## Cross-validated choice", "## Embeddings: end_to_end", "## Submission",
      "--mnist $FUSIONKIT_DATA/mnist",
    ] {
      #expect(report.contains(words), "\(words)\n\(report)")
    }
    // Every figure is there.
    let pictures = report.matches(of: /\]\((?<path>[^)]*\.png)\)/).map { String($0.output.path) }
    #expect(pictures.count >= 6)
    for picture in pictures { #expect(try bytes(out + "/" + picture).count > 1000, "\(picture)") }
    #expect(try String(contentsOfFile: out + "/submission.csv", encoding: .utf8).hasPrefix("id,label\n0,"))

    // What is lost is made anew, all else is kept.
    let kept = out + "/image_alone/seed-1/model.safetensors"
    let time = try FileManager.default.attributesOfItem(atPath: kept)[.modificationDate] as? Date
    try FileManager.default.removeItem(atPath: out + "/end_to_end/seed-2")
    let second = try study("--quick --out '\(out)'", data: ShippedExperimentTests.sources)
    try #require(second.status == 0, "\(second.errors)")
    #expect(try FileManager.default.attributesOfItem(atPath: kept)[.modificationDate] as? Date == time)
    #expect(FileManager.default.fileExists(atPath: out + "/end_to_end/seed-2/metrics.json"))
    #expect(!second.errors.contains("study: data: "))
  }

  @Test func withoutDataTheStudySaysWhereToGetThem() throws {
    let folder = Scratch()
    // The other place that is looked at is beside the package: a copy of the script has none.
    try FileManager.default.createDirectory(atPath: folder / "a/scripts", withIntermediateDirectories: true)
    try FileManager.default.copyItem(
      atPath: Binary.package + "/scripts/study.py", toPath: folder / "a/scripts/study.py")
    let outcome = try Binary.shell("FUSIONKIT_DATA=none python3 a/scripts/study.py --quick", in: folder.path)
    #expect(outcome.status == 2)
    #expect(outcome.output == "")
    #expect(outcome.errors.hasPrefix("study: there are no data in none, "))
    #expect(outcome.errors.contains("mnist/ with MNIST's four IDX files and fsdd/recordings/"))
    let program = try Binary.shell("python3 scripts/study.py --fusionkit /nowhere/fusionkit")
    #expect(program.status == 2)
    #expect(program.errors == "study: there is no program /nowhere/fusionkit: make build\n")
  }
}
