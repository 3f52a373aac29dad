import Foundation
import FusionCore
import FusionData
import Testing

@Suite struct FoldTests {
  let folder = TemporaryFolder()

  /// Samples of these classes, one after the other.
  private func split(_ labels: [Int]) throws -> DataSplit {
    try Npy.write(labels.indices.map { Float($0) }, shape: [labels.count, 1], to: folder("x.npy"))
    try Npy.write(labels, shape: [labels.count], to: folder("y.npy"))
    return try DataSplit(
      name: "train", modalities: [ModalityArray("x", try Npy.open(folder("x.npy")))],
      targets: .classes(try Npy.open(folder("y.npy"))))
  }

  /// Classes of 23, 11, 5 and 8 samples, mixed.
  private let labels = (0..<47).map { place in
    let place = place * 29 % 47
    return place < 23 ? 0 : place < 34 ? 1 : place < 39 ? 2 : 3
  }

  @Test(arguments: [2, 3, 5]) func everySampleIsInExactlyOneFoldOfEveryClassAlike(_ folds: Int) throws {
    let split = try split(labels)
    let random = RandomStream(seed: 7)
    let parts = (1...folds).map { split.separating(fold: $0, of: folds, random: random) }
    #expect(parts.flatMap { $0.separated.rows }.sorted() == Array(0..<47))
    for (rest, separated) in parts {
      #expect((rest.rows + separated.rows).sorted() == Array(0..<47))
      #expect(rest.rows == rest.rows.sorted() && separated.rows == separated.rows.sorted())
      #expect((rest.name, separated.name) == ("train", "validation"))
      for (label, count) in [23, 11, 5, 8].enumerated() {
        #expect([count / folds, (count + folds - 1) / folds].contains(separated.classCounts[label]))
      }
    }
    let sizes = parts.map(\.separated.count)
    #expect(sizes.max()! - sizes.min()! <= 1)
  }

  @Test func foldsFollowFromTheSeedAndAreDrawn() throws {
    let split = try split(labels)
    func rows(_ seed: UInt64) -> [Int] {
      split.separating(fold: 2, of: 3, random: RandomStream(seed: seed)).separated.rows
    }
    #expect(rows(1) == rows(1))
    #expect(rows(1) != rows(2))
    #expect(rows(1) != (0..<47).filter { $0 % 3 == 1 })
  }

  @Test func valuesAreCutWithoutClasses() throws {
    try Npy.write((0..<10).map { Float($0) }, shape: [10, 1], to: folder("v.npy"))
    let array = try Npy.open(folder("v.npy"))
    let split = try DataSplit(name: "train", modalities: [ModalityArray("x", array)], targets: .values(array))
    let parts = (1...4).map { split.separating(fold: $0, of: 4, random: RandomStream(seed: 1)).separated }
    #expect(parts.flatMap(\.rows).sorted() == Array(0..<10))
    #expect(parts.map(\.count).sorted() == [2, 2, 3, 3])
    #expect(split.problem(cuttingInto: 10) == nil)
    #expect(split.problem(cuttingInto: 11) == "11 folds cannot be cut from 10 training samples")
  }

  @Test func moreFoldsThanSamplesOfAClassAreAProblem() throws {
    let split = try split(labels)
    #expect(split.problem(cuttingInto: 5) == nil)
    #expect(split.problem(cuttingInto: 6) == "6 folds cannot be cut: the class '2' has 5 training samples")
    // A class that a limit has left without samples does not count.
    let without = split.with(rows: split.rows.filter { labels[$0] != 2 })
    #expect(without.problem(cuttingInto: 8) == nil)
  }
}
