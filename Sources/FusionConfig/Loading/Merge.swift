extension Node {
  /// This node laid over a base: maps merge key by key, everything else replaces.
  ///
  /// A map of another `type` (or `dataset`) than the base's starts afresh: the old component's options would be unknown
  /// to the new one. Components inside of it, such as a modality's encoder, stay. The base's order of keys holds, unless
  /// this map names all of its keys.
  func merged(over base: Node) -> Node {
    guard let own = pairs, let inherited = base.pairs else { return self }
    let kept = isOtherType(than: base) ? inherited.filter { $0.value["type"] != nil } : inherited
    let old = Dictionary(uniqueKeysWithValues: kept.map { ($0.key, $0) })
    let merging = own.map { pair in
      guard let old = old[pair.key] else { return pair }
      let isSection = pair.value.pairs != nil && pair.keyMark.source.isArgument
      return Pair(
        key: pair.key, keyMark: isSection ? old.keyMark : pair.keyMark, value: pair.value.merged(over: old.value))
    }
    let new = Dictionary(uniqueKeysWithValues: merging.map { ($0.key, $0) })
    let namesAll = kept.allSatisfy { new[$0.key] != nil }
    let result = namesAll ? merging : kept.map { new[$0.key] ?? $0 } + merging.filter { old[$0.key] == nil }
    return Node(content: .mapping(result), mark: mark.source.isArgument ? base.mark : mark)
  }

  private func isOtherType(than base: Node) -> Bool {
    ["type", "dataset"].contains { key in
      guard let mine = self[key]?.scalar, let theirs = base[key]?.scalar else { return false }
      return mine != theirs
    }
  }
}
