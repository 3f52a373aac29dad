import CFusionABI

/// What a library that is loaded at run time offers: the types of its plugins.
///
/// `fusionkit plugin build` writes the library's entry point, which is all that calls this. A library made in another way
/// exports one function:
///
/// ```swift
/// import CFusionABI
/// import FusionCore
///
/// @_cdecl("fusionkit_plugin")
/// public func fusionkitPlugin() -> UnsafePointer<fusionkit_plugin_handshake>? {
///   PluginOffer.handshake { offer in PluginOffer.add(GatedSumFusion.self, to: offer) }
/// }
/// ```
public struct PluginOffer {
  /// The types, in the order in which they were offered.
  public private(set) var types: [any Component.Type] = []

  /// Nothing yet.
  public init() {}

  /// Offers a type to the program; `offer` is what the library's function was handed.
  public static func add(_ type: any Component.Type, to offer: UnsafeMutableRawPointer) {
    offer.assumingMemoryBound(to: PluginOffer.self).pointee.types.append(type)
  }

  /// What a library tells of itself before any Swift value crosses: ABI, compiler, core, and how to go on.
  ///
  /// Emitted into the library, so that the values are those of its compilation.
  ///
  /// - Parameter data: `PluginOffer.dataFingerprint` where the library uses the module FusionData, as data sets do.
  @_alwaysEmitIntoClient
  public static func handshake(
    data: StaticString? = nil, _ offer: @escaping @convention(c) (UnsafeMutableRawPointer) -> Void
  ) -> UnsafePointer<fusionkit_plugin_handshake> {
    // Made once and kept: a library is never unloaded.
    let handshake = UnsafeMutablePointer<fusionkit_plugin_handshake>.allocate(capacity: 1)
    handshake.initialize(
      to: fusionkit_plugin_handshake(
        abi: FUSIONKIT_PLUGIN_ABI, compiler: fusionkit_compiler(),
        core: UnsafeRawPointer(coreFingerprint.utf8Start).assumingMemoryBound(to: CChar.self),
        marker: fusionkit_marker_address(), offer: offer,
        data: data.map { UnsafeRawPointer($0.utf8Start).assumingMemoryBound(to: CChar.self) }))
    return UnsafePointer(handshake)
  }
}
