import Foundation
import FusionCore
import Testing
import Transforms

/// The transforms against the formulas they are named after: torchvision's, torchaudio's.
@Suite struct TransformTests {
  private struct Fixtures: Decodable {
    struct Erasing: Decodable {
      let height, width: Int
      let scale, ratio, draws: [Double]
      /// Row, column, height, width.
      let rectangle: [Int]?
    }
    struct Mask: Decodable {
      let size, most: Int
      let draws: [Double]
      let mask: [Int]
    }
    let erasing: [Erasing]
    let masks: [Mask]
  }

  private static let fixtures = Result {
    let path = URL(filePath: #filePath).appending(path: "../../../Fixtures/transforms/transforms.json")
    return try JSONDecoder().decode(Fixtures.self, from: Data(contentsOf: path.standardizedFileURL))
  }

  private func values(_ shape: Shape) -> [Float] { (0..<shape.elementCount).map { Float($0 + 1) } }

  private func run<T: Transform>(
    _ type: T.Type, _ change: (inout T.Configuration) -> Void, _ shape: Shape, row: Int = 0
  ) -> [Float] {
    var configuration = T.Configuration()
    change(&configuration)
    let transform = T(configuration, inputs: [ModalityShape("x", shape)])
    var sample = TransformSample([.init("x", shape, values(shape))])
    transform(&sample, random: RandomStream(seed: 3).derived(row))
    return sample.modalities[0].values
  }

  @Test func rectanglesAreThoseOfTorchvision() throws {
    let cases = try Self.fixtures.get().erasing
    #expect(cases.count == 30 && cases.contains { $0.rectangle == nil })
    for item in cases {
      var configuration = RandomErasing.Configuration()
      (configuration.scale, configuration.ratio) = (item.scale, item.ratio)
      let found = RandomErasing.rectangle(item.height, item.width, configuration) { item.draws[$0] }
      #expect(
        found.map { [$0.rows.lowerBound, $0.columns.lowerBound, $0.rows.count, $0.columns.count] } == item.rectangle)
    }
  }

  @Test func bandsAreThoseOfTorchaudio() throws {
    let cases = try Self.fixtures.get().masks
    #expect(cases.count == 30)
    for item in cases {
      let band = AxisMask.band(of: item.size, most: item.most, item.draws[0], item.draws[1])
      #expect((0..<item.size).map { band.contains($0) ? 1 : 0 } == item.mask)
    }
  }

  /// The frames that a mask covers, after a look at whether it covers them whole and leaves all others alone.
  private func maskedFrames(_ axis: TimeAxis, row: Int) -> Set<Int> {
    let shape = [1, 6, 9]
    let old = values(shape)
    let new = run(
      TimeMask.self,
      {
        $0.frames = 5
        $0.timeAxis = axis
        $0.value = -1
      }, shape, row: row)
    let places = new.indices.filter { new[$0] == -1 }
    #expect(new.indices.allSatisfy { new[$0] == -1 || new[$0] == old[$0] })
    let frames = Set(places.map { axis == .last ? $0 % 9 : $0 / 9 })
    #expect(places.count == frames.count * (axis == .last ? 6 : 9) && frames.count < 5)
    return frames
  }

  @Test func aMaskCoversWholeFramesAndNoOthers() {
    for axis in TimeAxis.allCases {
      var seen: Set<Int> = []
      for row in 0..<20 { seen.formUnion(maskedFrames(axis, row: row)) }
      #expect(seen.count > 3)
    }
    let frequency = run(
      FrequencyMask.self,
      {
        $0.bins = 6
        $0.value = -1
      }, [6, 9], row: 2)
    let rows = Set(frequency.indices.filter { frequency[$0] == -1 }.map { $0 / 9 })
    #expect(frequency.count { $0 == -1 } == rows.count * 9)
  }

  @Test func aShiftMovesAndFillsWithZeros() {
    let old = values([4, 5])
    var seen: Set<[Int]> = []
    for row in 0..<60 {
      let new = run(RandomShift.self, { $0.pixels = 2 }, [4, 5], row: row)
      let fits = (-2...2).flatMap { down in (-2...2).map { [down, $0] } }.filter { shift in
        (0..<20).allSatisfy { place in
          let (y, x) = (place / 5 - shift[0], place % 5 - shift[1])
          return new[place] == (0..<4 ~= y && 0..<5 ~= x ? old[y * 5 + x] : 0)
        }
      }
      #expect(fits.count == 1)
      seen.formUnion(fits)
    }
    #expect(seen.count > 15, "most of the 25 shifts occur")
    // A shift beyond the sample leaves zeros, and one along frames leaves features where they are.
    #expect(run(RandomShift.self, { $0.pixels = 65_536 }, [2, 2], row: 1) == [0, 0, 0, 0])
    let frames = run(
      RandomShift.self,
      {
        $0.pixels = 3
        $0.axes = .first
      }, [4, 5], row: 3)
    #expect((0..<4).allSatisfy { y in frames[y * 5] == 0 || Int(frames[y * 5] - 1) % 5 == 0 })
  }

  @Test func noiseHasTheShareOfTheSamplesDeviation() {
    let shape = [100, 100]
    let old = values(shape)
    let noise = zip(run(GaussianNoise.self, { $0.std = 0.25 }, shape), old).map { Double($0 - $1) }
    let mean = noise.reduce(0, +) / 1e4
    let deviation = (noise.reduce(0) { $0 + ($1 - mean) * ($1 - mean) } / 1e4).squareRoot()
    // That of 1 … n is √((n² − 1) / 12).
    let expected = 0.25 * ((1e8 - 1) / 12).squareRoot()
    #expect(abs(deviation / expected - 1) < 0.03 && abs(mean) < expected * 0.04)
  }

  @Test func whatDoesNotSuitIsNamed() {
    let vector = [ModalityShape("pose", [8])]
    for problems in [
      TimeMask.problems(.init(), inputs: vector), FrequencyMask.problems(.init(), inputs: vector),
      RandomErasing.problems(.init(), inputs: vector), RandomShift.problems(.init(), inputs: vector),
    ] {
      #expect(
        problems.count == 1 && problems[0].message.contains("does not suit 'pose', whose samples have the shape [8]"))
    }
    #expect(GaussianNoise.problems(.init(), inputs: vector).isEmpty)
    var configuration = RandomErasing.Configuration()
    configuration.scale = [0.5, 0.2]
    #expect(RandomErasing.problems(configuration).map(\.path) == [["scale"]])
  }
}
