import Foundation

/// A colour of a plot; components from 0 to 1.
struct Colour: Sendable, Equatable {
  let red: Double
  let green: Double
  let blue: Double

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

  /// Ten colours that are easy to tell apart on white, then as many as are wanted, in steps of the golden angle.
  static func ofClass(_ number: Int) -> Colour {
    let ten: [UInt32] = [
      0x1f77b4, 0xff7f0e, 0x2ca02c, 0xd62728, 0x9467bd, 0x8c564b, 0xe377c2, 0x6b6b6b, 0xbcbd22, 0x17becf,
    ]
    if number < ten.count { return Colour(ten[number]) }
    let hue = (Double(number) * 0.618_033_988_75).truncatingRemainder(dividingBy: 1)
    return Colour(hue: hue, saturation: number % 2 == 0 ? 0.75 : 0.5, value: number % 3 == 0 ? 0.6 : 0.85)
  }

  private init(hue: Double, saturation: Double, value: Double) {
    func component(_ n: Double) -> Double {
      let k = (n + hue * 6).truncatingRemainder(dividingBy: 6)
      return value - value * saturation * max(0, min(k, 4 - k, 1))
    }
    self.init(component(5), component(3), component(1))
  }

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
