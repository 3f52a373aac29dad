import Foundation

/// Digits as strokes on a sheet from (0, 0), the upper left, to (1, 1).
enum DemoWriting {
  private typealias Point = SIMD2<Float>

  /// One line a digit, one list a stroke.
  private static let strokes: [[[Point]]] = [
    [arc(0.5, 0.5, 0.3, 0.42, 0, 360)],
    [[Point(0.35, 0.25), Point(0.55, 0.08), Point(0.55, 0.92)]],
    [arc(0.5, 0.32, 0.27, 0.24, 180, 400) + [Point(0.22, 0.9), Point(0.8, 0.9)]],
    [arc(0.48, 0.29, 0.25, 0.21, 200, 450), arc(0.48, 0.71, 0.28, 0.22, -90, 160)],
    [[Point(0.62, 0.92), Point(0.62, 0.08), Point(0.18, 0.66), Point(0.84, 0.66)]],
    [[Point(0.76, 0.1), Point(0.3, 0.1), Point(0.27, 0.46)] + arc(0.48, 0.66, 0.28, 0.25, -130, 150)],
    [[Point(0.66, 0.08), Point(0.36, 0.4)] + arc(0.5, 0.67, 0.26, 0.25, 190, 550)],
    [[Point(0.2, 0.1), Point(0.8, 0.1), Point(0.42, 0.92)]],
    [arc(0.5, 0.28, 0.23, 0.2, 90, 450), arc(0.5, 0.71, 0.28, 0.22, -90, 270)],
    [arc(0.5, 0.33, 0.26, 0.25, 0, 360) + [Point(0.76, 0.33), Point(0.66, 0.92)]],
  ]

  /// Points on an ellipse; angles in degrees, clockwise on the sheet, from the right.
  private static func arc(_ x: Float, _ y: Float, _ width: Float, _ height: Float, _ from: Float, _ to: Float)
    -> [Point]
  {
    (0...12).map { step in
      let angle = (from + (to - from) * Float(step) / 12) * .pi / 180
      return Point(x + width * cos(angle), y + height * sin(angle))
    }
  }

  /// Writes 28x28 pixels.
  static func draw(_ digit: Int, _ start: Jitter, into output: UnsafeMutablePointer<UInt8>) {
    var jitter = start
    let angle = jitter.next() * 0.3
    let shear = jitter.next() * 0.25
    let (width, height) = (jitter.between(13, 19), jitter.between(17, 22))
    let centre = Point(14 + jitter.next() * 2.5, 14 + jitter.next() * 2.5)
    let radius = jitter.between(0.7, 1.6)
    let ink = jitter.between(170, 255)
    var segments: [(from: Point, to: Point)] = []
    for stroke in strokes[digit] {
      let points = stroke.map { point -> Point in
        let wobble = Point(jitter.next(), jitter.next()) * 0.035
        let x = (point.x + wobble.x - 0.5) * width
        let y = (point.y + wobble.y - 0.5) * height
        let slanted = x - shear * y
        return centre + Point(slanted * cos(angle) - y * sin(angle), slanted * sin(angle) + y * cos(angle))
      }
      segments += zip(points, points.dropFirst()).map { ($0, $1) }
    }
    let noise = jitter.between(5, 30)
    for row in 0..<28 {
      for column in 0..<28 {
        let pixel = Point(Float(column) + 0.5, Float(row) + 0.5)
        var nearest = Float.infinity
        for (from, to) in segments {
          let along = to - from
          let share = max(0, min(1, ((pixel - from) * along).sum() / max((along * along).sum(), 1e-6)))
          let away = pixel - from - along * share
          nearest = min(nearest, (away * away).sum())
        }
        // Edges fade over one pixel.
        let cover = max(0, min(1, radius + 0.5 - nearest.squareRoot()))
        output[row * 28 + column] = UInt8(max(0, min(255, cover * ink + jitter.next() * noise)))
      }
    }
  }
}
