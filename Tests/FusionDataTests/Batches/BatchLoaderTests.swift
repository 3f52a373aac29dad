import Foundation
import FusionCore
import FusionData
import Testing

@Suite struct BatchLoaderTests {
  let device = Device(threads: 1)
  let folder = TemporaryFolder()

  /// Sample i of 10 holds the value i twice; its label is i modulo 3.
  func split() throws -> DataSplit {
    try Npy.write((0..<20).map { Float($0 / 2) }, shape: [10, 2], to: folder("x.npy"))
    try Npy.write((0..<10).map { $0 % 3 }, shape: [10], to: folder("y.npy"))
    return try DataSplit(
      name: "train", modalities: [ModalityArray("x", try Npy.open(folder("x.npy")))],
      targets: .classes(try Npy.open(folder("y.npy"))))
  }

  func rows(_ loader: BatchLoader, from start: Int = 0) throws -> [[Int]] {
    var result: [[Int]] = []
    while let batch = try loader.next() {
      #expect(batch.index == start + result.count)
      #expect(batch.classes == batch.rows.map { $0 % 3 })
      #expect(batch.tensor(0, device: device).shape == [batch.count, 2])
      let expected = batch.rows.flatMap { row -> [Float] in [Float(row * 2 + 1), Float(row * 2 + 1)] }
      #expect(batch.tensor(0, device: device).scalars == expected)
      result.append(Array(batch.rows))
    }
    return result
  }

  func loader(_ split: DataSplit, seed: UInt64? = nil, dropsLast: Bool = false, from start: Int = 0, size: Int = 3)
    -> BatchLoader
  {
    BatchLoader(
      split, conversions: [ValueConversion(scale: 2, mean: -1)], batchSize: size,
      shuffledBy: seed.map { RandomStream(seed: $0) }, dropsLast: dropsLast, startingAt: start, ahead: 2)
  }

  @Test func everySampleComesOnceWithItsLabel() throws {
    let split = try split()
    #expect(try rows(loader(split)) == [[0, 1, 2], [3, 4, 5], [6, 7, 8], [9]])
    #expect(try rows(loader(split, dropsLast: true)) == [[0, 1, 2], [3, 4, 5], [6, 7, 8]])
    #expect(try rows(loader(split, size: 40)) == [Array(0..<10)])
    #expect(try rows(loader(split, size: .max)) == [Array(0..<10)])
    #expect(try rows(loader(split, dropsLast: true, size: .max)).isEmpty)
    let shuffled = try rows(loader(split, seed: 5))
    #expect(shuffled.flatMap { $0 }.sorted() == Array(0..<10))
    #expect(shuffled.flatMap { $0 } != Array(0..<10))
  }

  @Test func theOrderFollowsFromTheSeedAndGoesOnWhereItStopped() throws {
    let split = try split()
    let whole = try rows(loader(split, seed: 5))
    #expect(try rows(loader(split, seed: 5)) == whole)
    #expect(try rows(loader(split, seed: 6)) != whole)
    #expect(try rows(loader(split, seed: 5, from: 2), from: 2) == Array(whole[2...]))
    #expect(try rows(loader(split, seed: 5, from: 4)).isEmpty)
    #expect(try rows(loader(split, seed: 5, from: 9)).isEmpty)
  }

  @Test func aTensorThatIsKeptIsNotOverwritten() throws {
    let loader = loader(try split())
    var kept: [Tensor] = []
    while let batch = try loader.next() { kept.append(batch.tensor(0, device: device)) }
    #expect(kept.map { $0.scalars[0] } == [1, 7, 13, 19])
  }

  @Test func aLoaderThatIsLetGoEarlyEnds() throws {
    let split = try split()
    for _ in 0..<50 { _ = try loader(split, size: 1).next() }
    let stopped = loader(split, size: 1)
    _ = try stopped.next()
    stopped.stop()
    #expect(try stopped.next() == nil)
  }

  @Test func anErrorOfTheReadingThreadReachesTheCaller() throws {
    let split = try split()
    truncate(folder("x.npy"), 10)
    let loader = loader(split)
    #expect(message { () throws(DataError) in try loader.next() }.contains("x.npy: the file was shortened"))
    #expect(try loader.next() == nil)
  }
}
