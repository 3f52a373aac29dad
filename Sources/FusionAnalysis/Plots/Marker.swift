/// How the points of a class are drawn: a colour and a shape, so that neither has to tell classes apart alone.
package struct Marker: Sendable, Equatable {
  /// Shapes of about the same area.
  package enum Shape: Int, CaseIterable, Sendable {
    case circle, triangle, square, diamond, plus, inverted, cross

    /// The corners for a diameter of one around the origin, y downwards; none: a circle.
    package var corners: [(x: Double, y: Double)] {
      switch self {
      case .circle: []
      case .triangle: [(0, -0.66), (0.62, 0.42), (-0.62, 0.42)]
      case .inverted: Shape.triangle.corners.map { ($0.x, -$0.y) }
      case .square: [(-0.45, -0.45), (0.45, -0.45), (0.45, 0.45), (-0.45, 0.45)]
      case .diamond: [(0, -0.66), (0.56, 0), (0, 0.66), (-0.56, 0)]
      case .plus: Self.quarters { x, y in (x, y) }
      case .cross: Self.quarters { x, y in ((x - y) * 0.5.squareRoot(), (x + y) * 0.5.squareRoot()) }
      }
    }

    /// A cross of two bars, turned.
    private static func quarters(_ turned: (Double, Double) -> (Double, Double)) -> [(x: Double, y: Double)] {
      let (arm, half) = (0.62, 0.2)
      let quarter = [(-half, -arm), (half, -arm), (half, -half)]
      return (0..<4).flatMap { turn in
        quarter.map { x, y in
          switch turn {
          case 0: turned(x, y)
          case 1: turned(-y, x)
          case 2: turned(-x, -y)
          default: turned(y, -x)
          }
        }
      }
    }
  }

  package let colour: Colour
  package let shape: Shape

  /// Points of which nothing is known.
  static let plain = Marker(colour: .plain, shape: .circle)
  /// Points without a class among points that have one.
  static let unknown = Marker(colour: .unknown, shape: .circle)

  /// Eight colours beside seven shapes: no two of the first 56 classes share both.
  package static func ofClass(_ number: Int) -> Marker {
    Marker(colour: .ofClass(number), shape: Shape.allCases[number % Shape.allCases.count])
  }

  /// A filled circle.
  static func dot(_ colour: Colour) -> Marker { Marker(colour: colour, shape: .circle) }
}
