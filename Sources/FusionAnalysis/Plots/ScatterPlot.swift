import FusionCore

/// Points of a plane in colours and shapes, in one panel or several side by side, with one legend for all of them.
struct ScatterPlot {
  /// What the colours mean.
  enum Colouring {
    /// A class of each point, nil: none; and the names of the classes.
    case classes([Int?], names: [String])
    /// A value of each point.
    case values([Double], name: String)
    /// Nothing.
    case none
  }

  struct Panel {
    let title: String
    let colouring: Colouring
  }

  let title: String
  let subtitle: String
  /// `[N, 2]`.
  let points: PointSet
  let panels: [Panel]

  private static let margin = 24.0
  private static let head = 74.0
  private static let legendWidth = 150.0
  /// The most lines of a legend.
  private static let legendLines = 24

  private var side: Double { panels.count == 1 ? 620 : 430 }
  private var panelHead: Double { panels.count == 1 ? 0 : 26 }
  private var legend: Colouring? {
    panels.lazy.map(\.colouring).first { if case .none = $0 { false } else { true } }
  }

  /// The picture in a format.
  func drawn(_ format: Canvas.Format) throws(CanvasError) -> [UInt8] {
    let count = Double(panels.count)
    let width =
      Self.margin * 2 + side * count + Self.margin * (count - 1) + (legend == nil ? 0 : Self.legendWidth)
    let height = Self.head + panelHead + side + Self.margin
    let canvas = try Canvas(width: width, height: height, format)
    canvas.text(title, x: Self.margin, y: 36, size: 19, bold: true, room: width - 2 * Self.margin)
    canvas.text(subtitle, x: Self.margin, y: 58, size: 12.5, .faint, room: width - 2 * Self.margin)
    let top = Self.head + panelHead
    for (number, panel) in panels.enumerated() {
      let left = Self.margin + Double(number) * (side + Self.margin)
      if panelHead > 0 { canvas.text(panel.title, x: left, y: top - 9, size: 14, room: side) }
      draw(panel.colouring, on: canvas, left: left, top: top)
    }
    if let legend {
      draw(legend: legend, on: canvas, left: width - Self.margin - Self.legendWidth + 20, top: top)
    }
    return try canvas.finished()
  }

  private func draw(_ colouring: Colouring, on canvas: Canvas, left: Double, top: Double) {
    canvas.frame(x: left + 0.5, y: top + 0.5, width: side - 1, height: side - 1, .line)
    let places = places(left: left, top: top)
    // Fewer points are drawn larger; many are small, and none hides much.
    let diameter = max(2.2, min(7, side / 620 * 90 / Double(max(points.count, 1)).squareRoot() * 3.2))
    let layers = groups(colouring)
    for layer in layers {
      canvas.markers(layer.points.lazy.map { places[$0] }, diameter: diameter, layer.marker, opacity: 0.85)
    }
  }

  /// Points of one marker that are drawn at a time: every marker in turn gets a share of its points, so that none lies
  /// on top of all others.
  private func groups(_ colouring: Colouring) -> [(marker: Marker, points: [Int])] {
    let turns = 12
    func inTurns(_ groups: [(Marker, [Int])]) -> [(marker: Marker, points: [Int])] {
      (0..<turns).flatMap { turn in
        groups.map { marker, points in
          (marker, stride(from: turn, to: points.count, by: turns).map { points[$0] })
        }.filter { !$0.1.isEmpty }
      }
    }
    switch colouring {
    case .none: return [(.plain, Array(0..<points.count))]
    case .classes(let classes, let names):
      var groups = [[Int]](repeating: [], count: names.count + 1)
      for (point, number) in classes.enumerated() { groups[number ?? names.count].append(point) }
      return inTurns(
        groups.enumerated().map { ($0.offset == names.count ? .unknown : Marker.ofClass($0.offset), $0.element) })
    case .values(let values, _):
      let (low, high) = (values.min() ?? 0, values.max() ?? 0)
      let steps = 32
      var groups = [[Int]](repeating: [], count: steps)
      for (point, value) in values.enumerated() {
        let share = high > low ? (value - low) / (high - low) : 0.5
        groups[min(steps - 1, max(0, Int(share * Double(steps))))].append(point)
      }
      return inTurns(
        groups.enumerated().map { (Marker.dot(.ofValue((Double($0.offset) + 0.5) / Double(steps))), $0.element) })
    }
  }

  /// Where each point is drawn: the same scale for both axes, y upwards.
  private func places(left: Double, top: Double) -> [(x: Double, y: Double)] {
    var (low, high) = ((x: Double.infinity, y: Double.infinity), (x: -Double.infinity, y: -Double.infinity))
    for i in 0..<points.count {
      let (x, y) = (Double(points.values[2 * i]), Double(points.values[2 * i + 1]))
      low = (min(low.x, x), min(low.y, y))
      high = (max(high.x, x), max(high.y, y))
    }
    let extent = max(high.x - low.x, high.y - low.y)
    let scale = extent > 0 ? side * 0.93 / extent : 0
    let centre = (x: (low.x + high.x) / 2, y: (low.y + high.y) / 2)
    return (0..<points.count).map { i in
      (
        x: left + side / 2 + (Double(points.values[2 * i]) - centre.x) * scale,
        y: top + side / 2 - (Double(points.values[2 * i + 1]) - centre.y) * scale
      )
    }
  }

  private func draw(legend: Colouring, on canvas: Canvas, left: Double, top: Double) {
    switch legend {
    case .none: break
    case .classes(let classes, let names):
      var sizes = [Int](repeating: 0, count: names.count)
      for case let number? in classes { sizes[number] += 1 }
      let present = names.indices.filter { sizes[$0] > 0 }
      let shown = present.count > Self.legendLines ? Array(present.prefix(Self.legendLines - 1)) : present
      for (line, number) in shown.enumerated() {
        let y = top + 12 + Double(line) * 23
        canvas.markers([(x: left + 6, y: y)], diameter: 11, .ofClass(number))
        canvas.text(names[number], x: left + 20, y: y + 4.5, size: 13, room: Self.legendWidth - 40)
      }
      if shown.count < present.count {
        canvas.text(
          "and \(present.count - shown.count) more", x: left, y: top + 16 + Double(shown.count) * 23, size: 12, .faint)
      }
    case .values(let values, let name):
      let (low, high) = (values.min() ?? 0, values.max() ?? 0)
      canvas.text(name, x: left, y: top + 12, size: 13, room: Self.legendWidth - 20)
      let (height, steps) = (220.0, 110)
      for step in 0..<steps {
        let share = 1 - (Double(step) + 0.5) / Double(steps)
        canvas.bar(
          x: left, y: top + 24 + height * Double(step) / Double(steps), width: 16, height: height / Double(steps) + 0.5,
          .ofValue(share))
      }
      canvas.text("\(Float(high))", x: left + 24, y: top + 34, size: 12, room: Self.legendWidth - 44)
      canvas.text("\(Float(low))", x: left + 24, y: top + 24 + height, size: 12, room: Self.legendWidth - 44)
    }
  }
}
