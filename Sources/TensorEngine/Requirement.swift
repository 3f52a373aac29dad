/// Stops the program with `message` unless `condition` holds: for shape mistakes, which are bugs of the calling code.
///
/// Unlike `precondition`, whose text release builds drop, this one always says what was wrong.
@inline(never)
package func require(
  _ condition: Bool, _ message: @autoclosure () -> String, file: StaticString = #fileID, line: UInt = #line
) {
  if !condition { fatalError(message(), file: file, line: line) }
}

extension Tensor {
  /// The axis counted from the front, where negative ones count from the back.
  func position(ofAxis axis: Int, in operation: StaticString) -> Int {
    require(
      -rank <= axis && axis < rank,
      "\(operation): a tensor of shape \(shape) has no axis \(axis), expected one in \(-rank)..<\(rank)")
    return axis < 0 ? axis + rank : axis
  }

  /// Positions of several axes in ascending order; all of them where none are given.
  func positions(ofAxes axes: [Int]?, in operation: StaticString) -> [Int] {
    guard let axes else { return Array(0..<rank) }
    let positions = axes.map { position(ofAxis: $0, in: operation) }.sorted()
    require(
      zip(positions, positions.dropFirst()).allSatisfy { $0 != $1 },
      "\(operation): the axes \(axes) of a tensor of shape \(shape) name one axis twice")
    return positions
  }
}
