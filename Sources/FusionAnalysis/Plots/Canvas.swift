import CCairo
import FusionCore
import FusionData

/// A picture in the making, drawn with Cairo: the same strokes as SVG and as PNG.
///
/// Lengths are in points from the upper left corner.
final class Canvas {
  /// What the file will be.
  enum Format {
    case svg
    /// `scale` pixels a point.
    case png(scale: Double)
  }

  /// Where a text stands relative to its place.
  enum Anchor {
    case left, centre, right
  }

  private let surface: OpaquePointer
  private let context: OpaquePointer
  private let format: Format
  /// Gathers what Cairo writes; it outlives the surface.
  private let sink = Sink()

  private final class Sink {
    var bytes: [UInt8] = []
  }

  /// A white canvas.
  ///
  /// - Throws: ``CanvasError`` where Cairo cannot make one of the size.
  init(width: Double, height: Double, _ format: Format) throws(CanvasError) {
    self.format = format
    switch format {
    case .svg:
      surface = cairo_svg_surface_create_for_stream(
        Self.append, Unmanaged.passUnretained(sink).toOpaque(), width, height)
    case .png(let scale):
      surface = cairo_image_surface_create(CAIRO_FORMAT_RGB24, Int32(width * scale), Int32(height * scale))
    }
    context = cairo_create(surface)
    if case .png(let scale) = format { cairo_scale(context, scale, scale) }
    try check()
    cairo_set_source_rgb(context, 1, 1, 1)
    cairo_paint(context)
    cairo_set_line_join(context, CAIRO_LINE_JOIN_ROUND)
  }

  deinit {
    cairo_destroy(context)
    cairo_surface_destroy(surface)
  }

  /// The file.
  func finished() throws(CanvasError) -> [UInt8] {
    if case .png = format {
      let status = cairo_surface_write_to_png_stream(surface, Self.append, Unmanaged.passUnretained(sink).toOpaque())
      guard status == CAIRO_STATUS_SUCCESS else { throw CanvasError(status) }
    } else {
      cairo_surface_finish(surface)
    }
    try check()
    return sink.bytes
  }

  private static let append: cairo_write_func_t = { sink, bytes, count in
    let sink = Unmanaged<Sink>.fromOpaque(sink!).takeUnretainedValue()
    sink.bytes.append(contentsOf: UnsafeBufferPointer(start: bytes, count: Int(count)))
    return CAIRO_STATUS_SUCCESS
  }

  private func check() throws(CanvasError) {
    for status in [cairo_status(context), cairo_surface_status(surface)] where status != CAIRO_STATUS_SUCCESS {
      throw CanvasError(status)
    }
  }

  private func use(_ colour: Colour, opacity: Double = 1) {
    cairo_set_source_rgba(context, colour.red, colour.green, colour.blue, opacity)
  }

  /// Points of one kind with thin outlines, all filled at once: where they overlap they do not darken.
  func markers(
    _ centres: some Sequence<(x: Double, y: Double)>, diameter: Double, _ marker: Marker, opacity: Double = 1
  ) {
    let corners = marker.shape.corners
    for (x, y) in centres {
      cairo_new_sub_path(context)
      if corners.isEmpty { cairo_arc(context, x, y, diameter / 2, 0, 2 * Double.pi) }
      for corner in corners { cairo_line_to(context, x + corner.x * diameter, y + corner.y * diameter) }
      cairo_close_path(context)
    }
    use(marker.colour, opacity: opacity)
    cairo_fill_preserve(context)
    use(marker.colour.darker, opacity: opacity)
    cairo_set_line_width(context, min(0.8, diameter * 0.1))
    cairo_stroke(context)
  }

  /// The outline of a rectangle.
  func frame(x: Double, y: Double, width: Double, height: Double, _ colour: Colour, lineWidth: Double = 1) {
    use(colour)
    cairo_set_line_width(context, lineWidth)
    cairo_rectangle(context, x, y, width, height)
    cairo_stroke(context)
  }

  /// A filled rectangle.
  func bar(x: Double, y: Double, width: Double, height: Double, _ colour: Colour) {
    use(colour)
    cairo_rectangle(context, x, y, width, height)
    cairo_fill(context)
  }

  /// A line of text on its baseline; shortened with an ellipsis where it is wider than `room`.
  func text(
    _ text: String, x: Double, y: Double, size: Double, _ colour: Colour = .ink, anchor: Anchor = .left,
    bold: Bool = false, room: Double = .infinity
  ) {
    use(colour)
    select(size, bold)
    var shown = Self.drawable(text)
    while width(shown) > room, !shown.isEmpty { shown = String(shown.dropLast(shown.hasSuffix("…") ? 2 : 1)) + "…" }
    let offset = anchor == .left ? 0 : width(shown) * (anchor == .right ? 1 : 0.5)
    cairo_move_to(context, x - offset, y)
    cairo_show_text(context, shown)
  }

  /// How wide a text would be.
  func width(of text: String, size: Double, bold: Bool = false) -> Double {
    select(size, bold)
    return width(Self.drawable(text))
  }

  private func select(_ size: Double, _ bold: Bool) {
    cairo_select_font_face(
      context, "DejaVu Sans", CAIRO_FONT_SLANT_NORMAL, bold ? CAIRO_FONT_WEIGHT_BOLD : CAIRO_FONT_WEIGHT_NORMAL)
    cairo_set_font_size(context, size)
  }

  private func width(_ text: String) -> Double {
    var extents = cairo_text_extents_t()
    cairo_text_extents(context, text, &extents)
    return extents.x_advance
  }

  /// Without characters that no font draws; names come from files.
  private static func drawable(_ text: String) -> String {
    String(String.UnicodeScalarView(text.unicodeScalars.map { $0.properties.generalCategory == .control ? " " : $0 }))
  }
}

/// What Cairo says is wrong.
struct CanvasError: UserError {
  let description: String
  var exitStatus: Int32 { 1 }

  init(_ status: cairo_status_t) {
    description = "a plot cannot be drawn: \(String(cString: cairo_status_to_string(status)))"
  }
}
