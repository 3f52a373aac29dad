import Foundation
import Testing

@Suite struct ConformanceCommandTests {
  @Test func aPluginThatPassesGetsALine() throws {
    let outcome = try Binary.run(["conformance", "late", "mlp"])
    #expect(outcome.status == 0, "\(outcome.output)")
    let lines = outcome.output.split(separator: "\n").map(String.init)
    #expect(lines.count == 4)
    #expect(lines[0].wholeMatch(of: /✔ fusion concat   \d+ checks/) != nil)
    #expect(lines[1].hasPrefix("✔ encoder mlp ") && lines[2].hasPrefix("✔ decoder mlp "))
    #expect(lines[3].wholeMatch(of: /3 plugins, \d+ checks passed, \d+\.\d s/) != nil)
  }

  @Test func oneCheckCanBeChosen() throws {
    let outcome = try Binary.run(["conformance", "add", "--only", "grd-1", "--seed", "7", "--json"])
    #expect(outcome.status == 0 && outcome.errors == "")
    let rows = try #require(try JSONSerialization.jsonObject(with: Data(outcome.output.utf8)) as? [[String: Any]])
    #expect(rows.count == 1 && rows[0]["name"] as? String == "add" && rows[0]["passed"] as? Bool == true)
    let checks = try #require(rows[0]["checks"] as? [[String: Any]])
    #expect(checks.count == 1 && checks[0]["id"] as? String == "GRD-1" && checks[0]["outcome"] as? String == "passed")
  }

  @Test func unknownNamesAreAnsweredWithTheNearest() throws {
    let name = try Binary.run(["conformance", "add", "low_rank_tenser"])
    #expect(name.status == 2 && name.output == "")
    #expect(name.errors.contains("no component is called 'low_rank_tenser': did you mean 'low_rank_tensor'?"))
    let check = try Binary.run(["conformance", "add", "--only", "GRD-9"])
    #expect(check.status == 2)
    #expect(check.errors.contains("there is no check 'GRD-9': did you mean 'GRD-1'?"))
  }
}
