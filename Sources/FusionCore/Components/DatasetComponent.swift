/// What the core knows of a data set: that it is a component.
///
/// What it opens consists of files and arrays, which are those of the module FusionData: data sets conform to
/// `FusionData.DatasetFormat`, which refines this protocol, and to nothing here. The core, and every plugin that needs the core
/// alone, stays free of readers and the libraries that these link.
public protocol DatasetComponent: Component {}

extension DatasetComponent {
  /// A data set.
  public static var kind: ComponentKind { .dataset }
}
