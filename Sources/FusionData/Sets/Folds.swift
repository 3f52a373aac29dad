import FusionCore

extension DataSplit {
  /// Why the samples cannot be cut into so many folds, in words; nil: they can.
  public func problem(cuttingInto folds: Int) -> String? {
    guard !labels.isEmpty else {
      return count < folds ? "\(folds) folds cannot be cut from \(counted(count, "training sample"))" : nil
    }
    let counts = classCounts
    guard let few = counts.indices.filter({ 1..<folds ~= counts[$0] }).min(by: { counts[$0] < counts[$1] }) else {
      return nil
    }
    return "\(folds) folds cannot be cut: the class '\(classNames[few])' has \(counted(counts[few], "training sample"))"
  }

  /// Sets one of `folds` equal parts of the samples aside, as cross-validation does.
  ///
  /// Every sample belongs to exactly one fold. Samples are dealt like cards, class after class in a random order within
  /// each: of every class, and of all samples, no fold has more than one above another. Where samples have no single
  /// class, all are of one. Both parts keep the order of the rows.
  ///
  /// - Parameters:
  ///   - fold: which one, from 1.
  ///   - folds: how many; see ``problem(cuttingInto:)``.
  ///   - random: decides which samples; the same for all folds of one cross-validation.
  public func separating(
    fold: Int, of folds: Int, into name: String = "validation", random: RandomStream
  ) -> (rest: DataSplit, separated: DataSplit) {
    precondition(1...folds ~= fold, "fold \(fold) of \(folds)")
    var isSeparated = [Bool](repeating: false, count: count)
    var dealt = 0
    for (number, group) in placesByClass.enumerated() {
      for place in random.derived(number).permutation(group.count) {
        isSeparated[group[place]] = dealt % folds == fold - 1
        dealt += 1
      }
    }
    return (
      with(rows: zip(rows, isSeparated).filter { !$0.1 }.map(\.0)),
      with(name: name, rows: zip(rows, isSeparated).filter(\.1).map(\.0))
    )
  }
}
