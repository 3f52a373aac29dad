import FusionCore
import Testing

private struct First: Fusion {
  static let name = "first"
  static let summary = "the first modality"
  typealias Configuration = NoConfiguration
  static func traits(_ configuration: Configuration) -> FusionTraits { FusionTraits() }
  init(_ configuration: Configuration, inputs: [ModalityShape], context: BuildContext) {}
  func callAsFunction(_ features: Features, _ pass: ForwardPass) -> Tensor { features.tensors[0] }
}

private struct Identity: Encoder {
  static let name = "first"
  static let summary = "the input"
  typealias Configuration = NoConfiguration
  init(_ configuration: Configuration, input: Shape, context: BuildContext) {}
  func callAsFunction(_ input: Tensor, _ pass: ForwardPass) -> Tensor { input }
}

/// A library's plugins are registered all together or not at all.
@Test func aLibraryIsRegisteredWhollyOrNotAtAll() throws {
  var registry = Registry()
  try registry.register(First.self, origin: "FirstFusion")
  #expect(
    throws: RegistryError.duplicate(kind: .fusion, name: "first", first: "FirstFusion", second: "/lib/a.so")
  ) {
    try registry.register([Identity.self, First.self], library: "/lib/a.so")
  }
  #expect(registry.all(.encoder).isEmpty && registry.libraries.isEmpty)
  try registry.register([Identity.self], library: "/lib/b.so")
  #expect(registry.libraries == ["/lib/b.so"])
  #expect(try registry.find(.encoder, "first").origin == "/lib/b.so")
}
