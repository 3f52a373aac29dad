import Foundation
import FusionCore
import FusionData
import Testing

/// Means and deviations as scikit-learn's `StandardScaler` finds them, and what it makes of the values.
@Suite struct StandardisationTests {
  private struct Scaled: Decodable {
    let rows: [Int]
    let mean: [Double]
    let deviation: [Double]
    let scaled: [Double]
  }

  private static func fixture(_ name: String) throws -> (array: StoredArray, expected: Scaled) {
    let folder = URL(fileURLWithPath: fixtures).deletingLastPathComponent().appendingPathComponent("standardise").path
    let data = try #require(FileManager.default.contents(atPath: "\(folder)/standardise.json"))
    let all = try JSONDecoder().decode([String: Scaled].self, from: data)
    return (try Npy.open("\(folder)/\(name).npy"), try #require(all[name]))
  }

  private static let arrays: [(name: String, layout: FeatureLayout)] = [
    ("vectors_f8", FeatureLayout(count: 5)), ("vectors_f4", FeatureLayout(count: 4)),
    ("whole_i4", FeatureLayout(count: 3)), ("frames_first", FeatureLayout(count: 4)),
    ("frames_last", FeatureLayout(count: 4, stride: 6)),
  ]

  @Test(arguments: arrays)
  func statisticsAndValuesAreScikitLearns(name: String, layout: FeatureLayout) throws {
    let (array, expected) = try Self.fixture(name)
    let found = try array.statistics(rows: expected.rows, layout, device: Device(threads: 2))
    for (feature, (mean, deviation)) in zip(expected.mean, expected.deviation).enumerated() {
      #expect(abs(found.means[feature] - mean) <= 1e-12 * max(1, abs(mean)))
      #expect(abs(found.deviations[feature] - deviation) <= 1e-9 * deviation)
    }
    let scale = FeatureScale(
      layout: layout, means: found.means, factors: found.deviations.map { $0 > 0 ? 1 / $0 : 0 })
    var values = [Float](repeating: .nan, count: expected.scaled.count)
    let rows = Array(0..<array.count)
    try values.withUnsafeMutableBufferPointer {
      try array.gather(rows: rows[...], into: $0.baseAddress!, ValueConversion(features: scale))
    }
    for (value, wanted) in zip(values, expected.scaled) {
      #expect(abs(Double(value) - wanted) <= 1e-6 * max(1, abs(wanted)))
    }
  }

  @Test func aConstantFeatureIsFoundAndBecomesZero() throws {
    let (array, expected) = try Self.fixture("vectors_f8")
    let found = try array.statistics(rows: expected.rows, FeatureLayout(count: 5), device: Device(threads: 1))
    #expect(found.constant == [3] && found.deviations[3] == 0 && found.means[3] == 0.1)
    // What varies is not constant, however little: halves tell 100 and 100.0625 apart, and so may a class.
    let steps = try StoredArray([1, 1 + 0x1p-23, 1, 1 + 0x1p-23], shape: [4, 1], source: "steps")
    let varied = try steps.statistics(rows: [0, 1, 2, 3], FeatureLayout(count: 1), device: Device(threads: 1))
    #expect(varied.constant == [] && varied.deviations == [0x1p-24])
    let constant = try StoredArray([Float](repeating: 0.1, count: 999), shape: [333, 3], source: "constant")
    #expect(
      try constant.statistics(rows: Array(0..<333), FeatureLayout(count: 3), device: Device(threads: 2)).deviations
        == [0, 0, 0])
  }

  @Test func threadsChangeNoBit() throws {
    let random = RandomStream(seed: 5)
    let values = (0..<3000 * 7).map { Float(random.block(UInt64($0))[0]) * 0x1p-20 }
    let array = try StoredArray(values, shape: [3000, 7], source: "random")
    let rows = Array(stride(from: 0, to: 3000, by: 2)).reversed() + [1, 3]
    let found = try [1, 2, 3].map { threads in
      try array.statistics(rows: Array(rows), FeatureLayout(count: 7), device: Device(threads: threads))
    }
    #expect(found[0] == found[1] && found[0] == found[2] && found[0].count == 1502)
  }

  @Test func rowsThatLackTheModalityDoNotCount() throws {
    let array = try StoredArray([1, 1e30, 3, .nan, 5], shape: [5, 1], source: "x")
    let mask = try PresenceMask(StoredArray([1, 0, 1, 0, 1], shape: [5], source: "mask"))
    let other = try StoredArray([0, 0, 0, 0, 0], shape: [5, 1], source: "y")
    let split = try DataSplit(
      name: "train", modalities: [ModalityArray("x", array, presence: mask), ModalityArray("y", other)], targets: nil
    ).with(rows: [0, 1, 2, 3])
    let found = try split.statistics(ofModality: 0, FeatureLayout(count: 1), device: Device(threads: 1))
    #expect(found.means == [2] && found.deviations == [1] && found.count == 2)
  }

  /// What is subtracted and divided by works on the stored numbers: of times, the seconds are left.
  @Test func meanAndDeviationWorkInDoublePrecision() throws {
    let folder = TemporaryFolder()
    try Npy.write([1_600_000_000, 1_600_000_004, 1_600_000_001], shape: [3], to: folder("t.npy"))
    let array = try Npy.open(folder("t.npy"))
    var values = [Float](repeating: 0, count: 3)
    try values.withUnsafeMutableBufferPointer {
      try array.gather(rows: [0, 1, 2], into: $0.baseAddress!, ValueConversion(mean: 1.6e9, deviation: 4))
    }
    #expect(values == [0, 1, 0.25])
  }

  @Test func whatIsTooLargeForAFloatIsRefused() throws {
    let folder = TemporaryFolder()
    var bytes = bytes(of: "\(fixtures)/npy_le_f8.npy")
    let row = bytes.count - 3 * 8
    withUnsafeBytes(of: (1e39).bitPattern.littleEndian) { bytes.replaceSubrange(row..<row + 8, with: $0) }
    let array = try Npy.open(folder.file("x.npy", bytes))
    let error = message { () throws(DataError) in try array.scanned(device: Device(threads: 1)) }
    #expect(error.contains("row 3 holds 1e+39, which is too large to be computed with, at position 2"))
  }
}
