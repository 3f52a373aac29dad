import FusionCore

extension StoredArray {
  /// A file that holds one sample, with or without a leading 1, or flat.
  ///
  /// - Parameters:
  ///   - reference: an npy, npz, safetensors, CSV or IDX file; `file:member` for one array of several.
  ///   - shape: that of a sample.
  ///   - header: whether the first row of a table names its columns.
  /// - Throws: ``DataError`` where the file is broken or holds something else.
  public init(oneSample reference: String, shape: Shape, header: TableHeader = .auto) throws(DataError) {
    let array = try ArrayReference(reference, root: nil).open(header: header)
    let flat = [shape.elementCount]
    guard [shape, [1] + shape, flat, [1] + flat].contains(array.shape) else {
      throw DataError(array.source, "holds an array of shape \(array.shape)", expected: "one sample of shape \(shape)")
    }
    try self.init(
      source: array.source, store: array.store, offset: array.offset, elementType: array.elementType,
      shape: [1] + shape, isBigEndian: array.isBigEndian)
    valueRange = array.valueRange
  }
}
