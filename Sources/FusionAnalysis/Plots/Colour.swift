import Foundation

/// A colour of a plot; components from 0 to 1.
package struct Colour: Sendable, Equatable {
  package let red: Double
  package let green: Double
  package let blue: Double

  init(_ red: Double, _ green: Double, _ blue: Double) { (self.red, self.green, self.blue) = (red, green, blue) }

  /// `0xRRGGBB`.
  init(_ hex: UInt32) {
    self.init(Double(hex >> 16 & 255) / 255, Double(hex >> 8 & 255) / 255, Double(hex & 255) / 255)
  }

  /// Text.
  static let ink = Colour(0x222222)
  /// Text of less weight.
  static let faint = Colour(0x777777)
  /// Frames.
  static let line = Colour(0xc8c8c8)
  /// Points of which nothing is known.
  static let plain = Colour(0x4c72b0)
  /// Points without a class among points that have one.
  static let unknown = Colour(0xb4b4b4)

  /// The palette of Okabe and Ito (2008), whose colours people with any kind of colour blindness tell apart; over and over.
  package static let classes = [0x0072b2, 0xd55e00, 0x009e73, 0xcc79a7, 0xe69f00, 0x56b4e9, 0x000000, 0xf0e442].map {
    Colour($0)
  }

  /// One of ``classes``.
  static func ofClass(_ number: Int) -> Colour { classes[number % classes.count] }

  /// The same, darker: for outlines, without which yellow would not stand out from white.
  var darker: Colour { Colour(red * 0.6, green * 0.6, blue * 0.6) }

  /// Low to high from 0 to 1, as matplotlib's `viridis`: even steps of lightness.
  static func ofValue(_ share: Double) -> Colour {
    let stops: [UInt32] = [
      0x440154, 0x482878, 0x3e4a89, 0x31688e, 0x26828e, 0x1f9e89, 0x35b779, 0x6ece58, 0xb5de2b, 0xfde725,
    ]
    let place = min(max(share.isFinite ? share : 0, 0), 1) * Double(stops.count - 1)
    let low = min(Int(place), stops.count - 2)
    let (a, b, t) = (Colour(stops[low]), Colour(stops[low + 1]), place - Double(low))
    return Colour(a.red + (b.red - a.red) * t, a.green + (b.green - a.green) * t, a.blue + (b.blue - a.blue) * t)
  }
}
