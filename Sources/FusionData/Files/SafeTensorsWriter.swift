import FusionCore

extension SafeTensors {
  /// A tensor to be written.
  public struct Item {
    /// Its name.
    public let name: String
    /// Its sizes.
    public let shape: Shape
    /// Its type.
    public let elementType: ElementType
    fileprivate let content: Content

    fileprivate enum Content {
      case storage(Storage)
      case bytes([UInt8])
    }

    /// A tensor of float32 values; they are not copied.
    public init(_ name: String, _ tensor: Tensor) {
      self.name = name
      shape = tensor.shape
      elementType = .float32
      content = .storage(tensor.storage)
    }

    /// Values of a type that is given; as many as the shape asks for.
    public init<Value: BitwiseCopyable>(_ name: String, _ values: [Value], shape: Shape, _ elementType: ElementType) {
      precondition(
        values.count == shape.elementCount && MemoryLayout<Value>.stride == elementType.byteCount,
        "\(name): \(values.count) values of \(Value.self) do not fill \(elementType) \(shape)")
      self.name = name
      self.shape = shape
      self.elementType = elementType
      content = .bytes(values.withUnsafeBytes { Array($0) })
    }
  }

  /// Writes a file, whole or not at all. The same items give the same bytes.
  ///
  /// - Parameters:
  ///   - items: in the order in which they will lie in the file; their names differ.
  ///   - metadata: text by key, sorted by key in the file.
  ///   - sealed: whether the metadata get a checksum of the whole file: see ``checkSeal()``.
  ///   - links: what happens to a symbolic link at the path.
  /// - Throws: ``DataError`` where the disk is full or the folder cannot be written; what was there is whole then.
  public static func write(
    _ items: [Item], metadata: [String: String] = [:], sealed: Bool = false, to path: String,
    links: AtomicFile.Links = .followed
  ) throws(DataError) {
    precondition(Set(items.map(\.name)).count == items.count, "two tensors of one name in \(path)")
    var head = header(items, sealed ? metadata.merging([sealKey: sealRoom]) { $1 } : metadata)
    if sealed { seal(&head, items) }
    let file = try AtomicFile(path, links: links)
    try file.write(head)
    for item in items {
      switch item.content {
      case .storage(let storage): try file.write(UnsafeRawBufferPointer(storage.values))
      case .bytes(let bytes): try file.write(bytes)
      }
    }
    try file.commit()
  }

  /// All that lies in front of the tensors' bytes.
  private static func header(_ items: [Item], _ metadata: [String: String]) -> [UInt8] {
    var entries: [String] = []
    if !metadata.isEmpty {
      let pairs = metadata.sorted { $0.key < $1.key }.map { "\(quoted($0.key)):\(quoted($0.value))" }
      entries.append("\"__metadata__\":{\(pairs.joined(separator: ","))}")
    }
    var offset = 0
    for item in items {
      let end = offset + item.shape.elementCount * item.elementType.byteCount
      let sizes = item.shape.map(String.init).joined(separator: ",")
      entries.append(
        "\(quoted(item.name)):{\"dtype\":\"\(item.elementType.safeTensorsName)\",\"shape\":[\(sizes)],"
          + "\"data_offsets\":[\(offset),\(end)]}")
      offset = end
    }
    var header = Array("{\(entries.joined(separator: ","))}".utf8)
    header += [UInt8](repeating: 0x20, count: (8 - header.count % 8) % 8)
    return withUnsafeBytes(of: UInt64(header.count).littleEndian) { Array($0) } + header
  }

  /// Puts the checksum of the file into its header, where zeros leave room for it.
  private static func seal(_ header: inout [UInt8], _ items: [Item]) {
    let hash = SHA256()
    header.withUnsafeBytes { hash.update($0) }
    for item in items {
      switch item.content {
      case .storage(let storage): hash.update(UnsafeRawBufferPointer(storage.values))
      case .bytes(let bytes): bytes.withUnsafeBytes { hash.update($0) }
      }
    }
    let mark = Array((sealFront + sealRoom).utf8)
    guard
      let place = (8...header.count - mark.count).first(where: {
        header[$0] == mark[0] && header[$0..<$0 + mark.count].elementsEqual(mark)
      })
    else { preconditionFailure("the header has no room for its seal") }
    let end = place + mark.count
    header.replaceSubrange(end - sealRoom.utf8.count..<end, with: Array(hash.finish().utf8))
  }

  /// A JSON string.
  private static func quoted(_ text: String) -> String {
    var result = "\""
    for scalar in text.unicodeScalars {
      switch scalar {
      case "\"", "\\": result += "\\\(scalar)"
      case "\n": result += "\\n"
      case _ where scalar.value < 0x20:
        let digits = String(scalar.value, radix: 16)
        result += "\\u" + String(repeating: "0", count: 4 - digits.count) + digits
      default: result.unicodeScalars.append(scalar)
      }
    }
    return result + "\""
  }
}
