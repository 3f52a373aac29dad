/// Stops the program with `message` unless `condition` holds: for shape mistakes, which are bugs of the calling code.
///
/// Unlike `precondition`, whose text release builds drop, this one always says what was wrong.
@inline(never)
package func require(
  _ condition: Bool, _ message: @autoclosure () -> String, file: StaticString = #fileID, line: UInt = #line
) {
  if !condition { stop(message(), file: file, line: line) }
}

/// Stops the program with `message`; in a ``ShapePass`` it ends that instead.
package func stop(_ message: String, file: StaticString = #fileID, line: UInt = #line) -> Never {
  guard let pass = ShapePass.current else { fatalError(message, file: file, line: line) }
  pass.report(ShapePass.Issue(message))
  pass.giveUp()
}

/// Like `require`, for operations that know what shape they would have given: in a ``ShapePass`` the message is written
/// down, unless it follows from one before, the result of the operation is marked as unknown, and the operation goes on.
@inline(never)
func requireFitting(
  _ condition: Bool, _ inputs: [Tensor], _ message: @autoclosure () -> String, file: StaticString = #fileID,
  line: UInt = #line
) {
  guard !condition else { return }
  guard let pass = ShapePass.current, inputs.allSatisfy({ $0.device.isAbstract }) else {
    stop(message(), file: file, line: line)
  }
  if !inputs.contains(where: { $0.storage.isUnknown }) { pass.report(ShapePass.Issue(message())) }
  pass.nextIsUnknown = true
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
