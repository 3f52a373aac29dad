import FusionCore

/// The fingerprint of this module in the running program, for the loader of libraries, which lies below it.
@_cdecl("fusionkit_data_fingerprint")
public func fusionkitDataFingerprint() -> UnsafePointer<CChar> {
  UnsafeRawPointer(PluginOffer.dataFingerprint.utf8Start).assumingMemoryBound(to: CChar.self)
}
