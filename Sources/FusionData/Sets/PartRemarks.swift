import FusionCore

extension Dataset {
  /// What a person should know of the parts as they are now, after all cuts: classes without samples, a single class.
  public var remarks: [String] {
    guard let train, !train.classCounts.isEmpty else { return [] }
    var remarks: [String] = []
    let there = train.classCounts.indices.filter { train.classCounts[$0] > 0 }
    if there.count == 1 {
      remarks.append(
        "the training part holds a single class, '\(train.classNames[there[0]].excerpt())': a model can learn nothing else"
      )
    }
    let absent = Set(zip(train.classNames, train.classCounts).filter { $1 == 0 }.map(\.0))
    for split in splits where split.name == train.name || there.count > 1 {
      let counts = split.classCounts
      let empty = zip(split.classNames, counts).filter { $1 == 0 }.map(\.0)
      guard !empty.isEmpty, empty.count < counts.count else { continue }
      // What only the training part lacks as well goes without saying twice.
      if split.name != train.name, empty.allSatisfy(absent.contains) { continue }
      remarks.append(
        "classes without samples in the \(split.name == "train" ? "training" : split.name) part: \(empty.listed(10))"
          + "; metrics that need samples of every class are not defined")
    }
    return remarks
  }

  /// Refuses a training part that has a modality in none of its samples: nothing could be learned about it.
  public func checkModalities() throws(DataError) {
    guard let train else { return }
    let absent = zip(train.modalities, train.missingCounts).filter { $1 == train.count && train.count > 0 }.map(\.0)
    guard absent.isEmpty else {
      throw DataError(
        gathering: absent.map { modality in
          DataError(
            modality.presence?.source ?? modality.array.source,
            "no training sample has '\(modality.name)', after the data were cut into parts",
            expected: "some that have it: another data.split_seed, more samples, or take the modality out of the "
              + "configuration")
        })
    }
  }
}
