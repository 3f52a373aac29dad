import Foundation

/// Changes of a JSON text that stays one, so that they get past the parser.
enum JSONMutation {
  private static var values: [Any] {
    [
      NSNull(), true, false, 0, -1, 1, 0.5, -0.0, 1e300, 1e-300, 9_223_372_036_854_775_807, -9_223_372_036_854_775_808,
      2_147_483_648, 4_294_967_296, "", "x", "nan", "1", "\u{0}", "\u{1B}[2J", "../x", "/dev/zero",
      String(repeating: "y", count: 5000), [Any](), [0], [-1, 2], [[1]], [String: Any](), ["a": 1],
    ]
  }

  /// One change somewhere in the tree; the text stays as it is where it is no JSON.
  static func apply(to bytes: inout [UInt8], _ random: inout FuzzRandom) {
    guard let tree = try? JSONSerialization.jsonObject(with: Data(bytes), options: .fragmentsAllowed),
      let data = try? JSONSerialization.data(
        withJSONObject: changed(tree, &random), options: [.fragmentsAllowed, .sortedKeys])
    else { return }
    bytes = Array(data)
  }

  private static func changed(_ value: Any, _ random: inout FuzzRandom) -> Any {
    if random.oneIn(6) { return random.choose(values) }
    if var map = value as? [String: Any], !map.isEmpty {
      let key = random.choose(map.keys.sorted())
      switch random.below(8) {
      case 0: map[key] = nil
      case 1: map[random.choose(["", "x", "__proto__", key + "x", key.uppercased()])] = map[key]
      case 2: map[key] = map[random.choose(map.keys.sorted())]
      default: map[key] = changed(map[key]!, &random)
      }
      return map
    }
    if var list = value as? [Any], !list.isEmpty {
      let place = random.below(list.count)
      switch random.below(8) {
      case 0: list.remove(at: place)
      case 1: list.insert(list[place], at: random.below(list.count))
      case 2: list = Array(repeating: list[place], count: random.oneIn(8) ? 3000 : random.below(5))
      default: list[place] = changed(list[place], &random)
      }
      return list
    }
    if let text = value as? String {
      // JSON within JSON: the place of a checkpoint in its run.
      if text.hasPrefix("{"), !random.oneIn(4) {
        var inner = Array(text.utf8)
        apply(to: &inner, &random)
        return String(decoding: inner, as: UTF8.self)
      }
      var inner = Array(text.utf8)
      TextMutation.apply(to: &inner, other: inner, dictionary: [], &random)
      return String(decoding: inner, as: UTF8.self)
    }
    if let number = value as? NSNumber, !random.oneIn(3) {
      return random.choose(
        [
          number.doubleValue + 1, number.doubleValue - 1, -number.doubleValue, number.doubleValue * 1e6,
          number.doubleValue / 2,
        ] as [Double])
    }
    return random.choose(values)
  }
}
