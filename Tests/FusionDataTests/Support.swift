import Foundation
import FusionData

/// The folder of the fixtures.
let fixtures = URL(fileURLWithPath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
  .appendingPathComponent("Fixtures/data").path

/// What NumPy, PyTorch and SciPy put into a fixture.
struct Expected: Decodable {
  let dtype: String
  let shape: [Int]
  let values: [Double]

  static let all: [String: Expected] = {
    guard let data = FileManager.default.contents(atPath: "\(fixtures)/expected.json"),
      let all = try? JSONDecoder().decode([String: Expected].self, from: data)
    else { fatalError("Tests/Fixtures/data/expected.json cannot be read; run make_data.py beside it") }
    return all
  }()
}

/// A folder that goes with the test that made it.
final class TemporaryFolder {
  let path: String

  init() {
    path = NSTemporaryDirectory() + "fusiondata-" + UUID().uuidString
    try! FileManager.default.createDirectory(atPath: path, withIntermediateDirectories: true)
  }

  deinit { try? FileManager.default.removeItem(atPath: path) }

  func callAsFunction(_ name: String) -> String { "\(path)/\(name)" }

  /// Writes a file of given bytes.
  func file(_ name: String, _ bytes: [UInt8]) -> String {
    guard FileManager.default.createFile(atPath: self(name), contents: Data(bytes)) else {
      fatalError("\(self(name)) cannot be written")
    }
    return self(name)
  }

  func file(_ name: String, _ text: String) -> String { file(name, Array(text.utf8)) }
}

func bytes(of path: String) -> [UInt8] { [UInt8](FileManager.default.contents(atPath: path) ?? Data()) }

/// The text of the error that `body` throws; empty where it throws none.
func message<Result>(_ body: () throws(DataError) -> Result) -> String {
  do throws(DataError) {
    _ = try body()
    return ""
  } catch { return error.description }
}

/// Real data, for tests that need them: the folder named by FUSIONKIT_DATA, or one beside the package.
let realData: String? = {
  let package = URL(fileURLWithPath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
    .deletingLastPathComponent()
  let candidates: [String?] = [
    ProcessInfo.processInfo.environment["FUSIONKIT_DATA"], package.appendingPathComponent("../shared/data").path,
  ]
  return candidates.compactMap { $0 }.first { FileManager.default.fileExists(atPath: "\($0)/mnist") }
}()
