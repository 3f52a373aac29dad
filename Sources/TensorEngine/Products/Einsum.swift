extension Tensor {
  /// Einstein's summation, as `torch.einsum`: `Tensor.einsum("bi,ijk,bj->bk", x, w, y)`.
  ///
  /// Each letter names a dimension; letters that the output lacks are summed over. A letter twice in one operand takes
  /// its diagonal. Without `->`, the output has the letters that occur once, in alphabetical order. Operands are
  /// contracted from left to right, each time as one batched matrix product.
  public static func einsum(_ equation: String, _ operands: Tensor...) -> Tensor { einsum(equation, operands) }

  /// Einstein's summation over a list of operands.
  public static func einsum(_ equation: String, _ operands: [Tensor]) -> Tensor {
    let equation = Equation(equation, operands)
    var terms = zip(operands, equation.inputs).map { Term($0, $1).withoutRepeats() }
    var result = terms.removeFirst()
    while let next = terms.first {
      terms.removeFirst()
      let needed = terms.reduce(into: Set(equation.output)) { $0.formUnion($1.labels) }
      result = result.contracted(with: next, keeping: needed)
    }
    return result.arranged(as: equation.output)
  }
}

/// A parsed equation: the letters of each operand and of the output.
private struct Equation {
  let inputs: [[Character]]
  let output: [Character]

  init(_ text: String, _ operands: [Tensor]) {
    let shapes = operands.map { "\($0.shape)" }.joined(separator: ", ")
    let sides = text.filter { $0 != " " }.split(separator: "->", omittingEmptySubsequences: false)
    let inputs = sides[0].split(separator: ",", omittingEmptySubsequences: false).map(Array.init)
    require(sides.count <= 2, "einsum: '\(text)' has more than one arrow, expected one or none")
    require(
      sides.allSatisfy { $0.allSatisfy { $0 == "," || ($0.isLetter && $0.isASCII) } },
      "einsum: '\(text)' holds other characters than letters, expected one letter per dimension")
    require(
      inputs.count == operands.count && zip(inputs, operands).allSatisfy { $0.count == $1.rank },
      "einsum: '\(text)' does not describe shapes \(shapes), expected one letter per dimension, a comma between operands"
    )
    var sizes: [Character: Int] = [:]
    for (labels, operand) in zip(inputs, operands) {
      for (label, size) in zip(labels, operand.shape) {
        require(
          sizes[label, default: size] == size,
          "einsum: '\(label)' of '\(text)' has sizes \(sizes[label] ?? 0) and \(size) in \(shapes), expected one size")
        sizes[label] = size
      }
    }
    let all = inputs.joined()
    output = sides.count == 2 ? Array(sides[1]) : sizes.keys.filter { label in all.count { $0 == label } == 1 }.sorted()
    require(
      Set(output).count == output.count && output.allSatisfy { sizes[$0] != nil },
      "einsum: the output of '\(text)' has to name letters of the operands, each once")
    self.inputs = inputs
  }
}

/// A tensor whose dimensions have names.
private struct Term {
  let tensor: Tensor
  let labels: [Character]

  init(_ tensor: Tensor, _ labels: [Character]) { (self.tensor, self.labels) = (tensor, labels) }

  /// Takes the diagonal of dimensions that share a letter.
  func withoutRepeats() -> Term {
    for (i, label) in labels.enumerated() {
      guard let j = labels[(i + 1)...].firstIndex(of: label) else { continue }
      let others = labels.indices.filter { $0 != i && $0 != j }.map { labels[$0] }
      return Term(tensor.diagonal(i, j), others + [label]).withoutRepeats()
    }
    return self
  }

  /// Sums over what nobody needs any more, and puts the dimensions in order.
  func arranged(as order: [Character]) -> Tensor {
    let rest = summed(to: Set(order))
    return rest.labels == order ? rest.tensor : rest.tensor.permuted(order.map { rest.labels.firstIndex(of: $0)! })
  }

  private func summed(to needed: Set<Character>) -> Term {
    let axes = labels.indices.filter { !needed.contains(labels[$0]) }
    return axes.isEmpty ? self : Term(tensor.sum(axes: axes), labels.filter(needed.contains))
  }

  /// Multiplies two terms and sums over the letters they share that are in none of `needed`.
  func contracted(with other: Term, keeping needed: Set<Character>) -> Term {
    let left = summed(to: needed.union(other.labels))
    let right = other.summed(to: needed.union(labels))
    let shared = left.labels.filter(right.labels.contains)
    let batch = shared.filter(needed.contains)
    let inner = shared.filter { !needed.contains($0) }
    let rows = left.labels.filter { !shared.contains($0) }
    let columns = right.labels.filter { !shared.contains($0) }
    if inner.isEmpty || (rows.isEmpty && columns.isEmpty) {
      // Nothing to sum, or single numbers as results: products of values are faster than of tiny matrices.
      let a = left.tensor(batch, inner, rows, Array(repeating: nil, count: columns.count))
      let b = right.tensor(batch, inner, Array(repeating: nil, count: rows.count), columns)
      let sum = Array(batch.count..<batch.count + inner.count)
      return Term(inner.isEmpty ? a * b : (a * b).sum(axes: sum), batch + rows + columns)
    }
    let (a, aTransposed) = left.matrices(batch, rows, inner)
    let (b, bTransposed) = right.matrices(batch, inner, columns)
    let product = a.matmul(b, transposed: aTransposed, otherTransposed: bTransposed)
    let shape = batch.map(left.size) + rows.map(left.size) + columns.map(right.size)
    return Term(product.reshaped(shape), batch + rows + columns)
  }

  private func size(_ label: Character) -> Int { tensor.shape[labels.firstIndex(of: label)!] }

  /// The dimensions in the order of the groups; nil stands for a new one of size 1.
  private func tensor(_ groups: [Character?]...) -> Tensor {
    let order = groups.joined()
    let shape = order.map { $0.map(size) ?? 1 }
    return arranged(as: order.compactMap { $0 }).reshaped(shape)
  }

  /// One matrix for each batch; transposed where the dimensions lie that way already.
  private func matrices(_ batch: [Character], _ rows: [Character], _ columns: [Character]) -> (Tensor, Bool) {
    func shape(_ groups: [Character]...) -> Shape { groups.map { $0.map(size).elementCount } }
    if labels == batch + columns + rows { return (tensor.reshaped(shape(batch, columns, rows)), true) }
    return (arranged(as: batch + rows + columns).reshaped(shape(batch, rows, columns)), false)
  }
}
