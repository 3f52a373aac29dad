import Foundation
import FusionAnalysis
import Testing

/// Colours and shapes of scatter plots, as people with full colour vision and without see them.
@Suite struct MarkerTests {
  /// Light of the three primaries as people see it whose cones of one kind are missing: the matrices of Machado, Oliveira and
  /// Fernandes (2009) for full severity.
  static let eyes: [(name: String, matrix: [[Double]])] = [
    ("all cones", [[1, 0, 0], [0, 1, 0], [0, 0, 1]]),
    (
      "protanopia",
      [[0.152286, 1.052583, -0.204868], [0.114503, 0.786281, 0.099216], [-0.003882, -0.048116, 1.051998]]
    ),
    (
      "deuteranopia",
      [[0.367322, 0.860646, -0.227968], [0.280085, 0.672501, 0.047413], [-0.011820, 0.042940, 0.968881]]
    ),
    (
      "tritanopia",
      [[1.255528, -0.076749, -0.178779], [-0.078411, 0.930809, 0.147602], [0.004733, 0.691367, 0.303900]]
    ),
  ]

  /// CIE L*a*b* under D65, from sRGB seen through a matrix.
  private func lab(_ colour: Colour, _ matrix: [[Double]]) -> [Double] {
    let light = [colour.red, colour.green, colour.blue].map {
      $0 <= 0.04045 ? $0 / 12.92 : pow(($0 + 0.055) / 1.055, 2.4)
    }
    func times(_ m: [[Double]], _ v: [Double]) -> [Double] { m.map { zip($0, v).reduce(0) { $0 + $1.0 * $1.1 } } }
    let seen = times(matrix, light).map { min(max($0, 0), 1) }
    let xyz = times(
      [
        [0.4124564, 0.3575761, 0.1804375], [0.2126729, 0.7151522, 0.0721750], [0.0193339, 0.1191920, 0.9503041],
      ], seen)
    let f = zip(xyz, [0.95047, 1, 1.08883]).map { value, white in
      value / white > 216.0 / 24389 ? cbrt(value / white) : (24389.0 / 27 * value / white + 16) / 116
    }
    return [116 * f[1] - 16, 500 * (f[0] - f[1]), 200 * (f[1] - f[2])]
  }

  /// A difference of 2.3 is just noticeable side by side; the palette before this one had pairs below 5.
  @Test func everyEyeTellsTheColoursApart() {
    for (name, matrix) in Self.eyes {
      let seen = Colour.classes.map { lab($0, matrix) }
      for first in seen.indices {
        for second in 0..<first {
          let difference = zip(seen[first], seen[second]).reduce(0) { $0 + ($1.0 - $1.1) * ($1.0 - $1.1) }.squareRoot()
          #expect(difference > 15, "colours \(second) and \(first) with \(name)")
        }
      }
    }
  }

  @Test func noTwoOfManyClassesLookAlike() {
    let markers = (0..<56).map { Marker.ofClass($0) }
    for (index, marker) in markers.enumerated() { #expect(!markers[..<index].contains(marker), "class \(index)") }
    for (a, b) in zip(markers, markers.dropFirst()) { #expect(a.colour != b.colour && a.shape != b.shape) }
    #expect(Marker.ofClass(1_000_000).shape.corners.count < 100)
  }

  /// None stands out by its size alone: the area of the corners' polygon beside that of the circle.
  @Test func theShapesAreOfOneSize() {
    for shape in Marker.Shape.allCases where shape != .circle {
      let corners = shape.corners
      let doubled = zip(corners, corners.dropFirst() + corners.prefix(1)).reduce(0) {
        $0 + $1.0.x * $1.1.y - $1.1.x * $1.0.y
      }
      #expect((0.75...1.15).contains(abs(doubled) / 2 / (Double.pi / 4)), "\(shape)")
    }
  }
}
