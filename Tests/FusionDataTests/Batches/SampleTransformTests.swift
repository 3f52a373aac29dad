import FusionCore
import FusionData
import Testing

/// Transforms on batches: what they do follows from row and epoch, and what they must not do is an error that names them.
@Suite struct SampleTransformTests {
  /// Adds what it draws; flaws on demand.
  struct Drawn: Transform {
    enum Flaw: String, Codable, Sendable, CaseIterable { case none, shape, count, nan, modality }
    static let name = "drawn"
    static let summary = "for a test"
    struct Configuration: ComponentConfiguration {
      var flaw = Flaw.none
      static let options = [Option("flaw", "flaw", Flaw.self)]
    }
    static func isStochastic(_: Configuration) -> Bool { true }
    let flaw: Flaw
    init(_ configuration: Configuration, inputs: [ModalityShape]) { flaw = configuration.flaw }
    func callAsFunction(_ sample: inout TransformSample, random: RandomStream) {
      for i in sample.modalities.indices {
        let values = sample.modalities[i]
        sample.modalities[i].values = values.values.enumerated().map { $1 + random.derived(i).uniform(at: $0) }
        switch flaw {
        case .none: break
        case .shape: sample.modalities[i] = .init(values.modality, [1, values.values.count], values.values)
        case .count: sample.modalities[i].values.removeLast()
        case .nan: sample.modalities[i].values[0] = .nan
        case .modality: sample.modalities[i] = .init("other", values.shape, values.values)
        }
      }
    }
  }

  /// Ten samples of x, of which every third lacks y.
  private func split() throws -> DataSplit {
    let x = try StoredArray((0..<20).map { Float($0) }, shape: [10, 2], source: "x")
    let y = try StoredArray((0..<10).map { Float($0) }, shape: [10], source: "y")
    let mask = try StoredArray((0..<10).map { $0 % 3 == 0 ? 0 : 1 }, shape: [10], source: "mask")
    return try DataSplit(
      name: "train",
      modalities: [ModalityArray("x", x), ModalityArray("y", y.withSampleShape([1]), presence: PresenceMask(mask))],
      targets: nil)
  }

  private func transforms(_ flaw: Drawn.Flaw = .none, _ modalities: [String] = ["x", "y"], epoch: Int = 0)
    -> SampleTransforms?
  {
    var configuration = Drawn.Configuration()
    configuration.flaw = flaw
    let transform = Drawn(configuration, inputs: [])
    var made = SampleTransforms([
      .init(place: "'drawn' (here)", transform, modalities: modalities, random: RandomStream(seed: 4))
    ])
    made?.epoch = epoch
    return made
  }

  /// The values of each row.
  private func values(_ transforms: SampleTransforms?, size: Int, seed: UInt64? = nil) throws -> [Int: [Float]] {
    let loader = BatchLoader(
      try split(), conversions: [.identity, ValueConversion(scale: 2)], batchSize: size,
      shuffledBy: seed.map { RandomStream(seed: $0) }, transforms: transforms)
    var result: [Int: [Float]] = [:]
    let device = Device()
    while let batch = try loader.next() {
      let (x, y) = (batch.tensor(0, device: device).scalars, batch.tensor(1, device: device).scalars)
      for (place, row) in batch.rows.enumerated() { result[row] = Array(x[place * 2..<place * 2 + 2]) + [y[place]] }
    }
    return result
  }

  @Test func aSampleIsTheSameInAnyBatchAndPlace() throws {
    let whole = try values(transforms(), size: 10)
    for (size, seed) in [(1, nil), (3, nil), (3, 5), (4, 6), (40, 7)] as [(Int, UInt64?)] {
      #expect(try values(transforms(), size: size, seed: seed) == whole)
    }
    #expect(try values(transforms(epoch: 1), size: 10) != whole)
    let plain = try values(nil, size: 3)
    for row in 0..<10 {
      // After the conversion; all values are moved by numbers of 0 ..< 1, and what is missing stays zero.
      let moved = zip(whole[row]!, plain[row]!).map { $0 - $1 }
      #expect(moved.prefix(2).allSatisfy { $0 > 0 && $0 < 1 })
      #expect(row % 3 == 0 ? whole[row]![2] == 0 : moved[2] > 0 && plain[row]![2] == Float(2 * row))
    }
    // Two rows draw differently, and of one modality alone the other is left alone.
    #expect(Set(whole.values.map { $0[0] - $0[0].rounded(.down) }).count == 10)
    let one = try values(transforms(.none, ["y"]), size: 3)
    #expect((0..<10).allSatisfy { one[$0]!.prefix(2) == plain[$0]!.prefix(2) })
  }

  @Test(arguments: [
    (Drawn.Flaw.shape, "gave 2 values of shape [1, 2] of 'x'", "2 of shape [2]: transforms keep shapes"),
    (.count, "gave 1 values of shape [2] of 'x'", "transforms keep shapes"), (.nan, "gave nan in 'x'", "finite values"),
    (.modality, "gave the modalities other", "x, as it was given"),
  ])
  func aCrookedTransformIsNamed(_ flaw: Drawn.Flaw, _ message: String, _ expected: String) throws {
    do {
      _ = try values(transforms(flaw, ["x"]), size: 3)
      Issue.record("nothing was thrown")
    } catch let error as DataError {
      #expect("\(error)".contains("the transform 'drawn' (here): \(message) for row 0 of the part 'train'"), "\(error)")
      #expect("\(error)".contains(expected), "\(error)")
    }
  }
}
