/// Which samples belong together: those of one recording, speaker or patient tell less than as many of different ones.
public struct SampleGroups: Sendable, Equatable {
  /// The names of the groups.
  public let names: [String]
  /// For each row of the arrays the number of its group.
  public let numbers: [Int32]

  /// Groups by a name for each row of the arrays, numbered in the order in which they first occur.
  public init(_ words: [String]) {
    var known: [String: Int32] = [:]
    var names: [String] = []
    numbers = words.map { word in
      if let number = known[word] { return number }
      known[word] = Int32(names.count)
      names.append(word)
      return Int32(names.count - 1)
    }
    self.names = names
  }

  /// The name of a row's group.
  public subscript(row: Int) -> String { names[Int(numbers[row])] }
}
