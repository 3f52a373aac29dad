import TensorEngine
import Testing

/// Every operation without values, and every operation in a log.
@Suite struct OperationLogTests {
  /// All but those that ask for values, which have no answer without: positions of extremes.
  static let cases = OperationTests.cases.filter { $0.name != "argmax 1" }

  @Test(arguments: cases)
  func shapesNeedNoValues(_ operation: OperationCase) throws {
    let fixture = try #require(Fixture.all[operation.name])
    let (output, pass, bytes) = ShapePass.run {
      let device = Device.abstract(log: OperationLog())
      return operation.apply(fixture.inputs.map { Tensor.zeros($0.shape, device: device) })
    }
    #expect(pass.issues.isEmpty, "\(pass.issues)")
    #expect(output?.shape == fixture.output.shape)
    #expect(bytes == 0, "memory was taken for values")
  }

  private func logged(
    _ operation: OperationCase, _ fixture: Fixture, _ change: (Float) -> Float
  ) -> (output: Tensor, log: OperationLog) {
    let log = OperationLog()
    let device = Device(log: log)
    let inputs = fixture.inputs.map { Tensor($0.values.map(change), shape: $0.shape, device: device) }
    for (index, input) in inputs.enumerated() { log.addInput("\(index)", input) }
    return (log.record { operation.apply(inputs) }, log)
  }

  /// Each result is in the log as something that was computed from the inputs, by operations that have a name; what is written
  /// down as a constant does not depend on them; and writing down changes no bit.
  @Test(arguments: cases)
  func theLogIsWhole(_ operation: OperationCase) throws {
    let fixture = try #require(Fixture.all[operation.name])
    let (output, log) = logged(operation, fixture) { $0 }
    let other = logged(operation, fixture) { $0 * 0.75 + 0.125 }.log
    let place = try #require(log.value(of: output), "the result is not in the log")
    #expect(log.values[place].isOfInput)
    try #require(log.entries.map(\.name) == other.entries.map(\.name))
    for (entry, again) in zip(log.entries, other.entries) {
      if case .custom = entry.operation { Issue.record("\(entry.name) is not written as others") }
      for (input, same) in zip(entry.inputs, again.inputs) where log.values[input].source == .constant {
        let (a, b) = (Array(log.values[input].storage.values), Array(other.values[same].storage.values))
        #expect(a.map(\.bitPattern) == b.map(\.bitPattern), "\(entry.name): a constant was computed outside the log")
      }
    }
    let plain = operation.apply(fixture.inputs.map { $0.tensor(on: Device()) })
    #expect(output.scalars.map(\.bitPattern) == plain.scalars.map(\.bitPattern))
  }

  @Test func operationsOutsideOfTheRecordingAreNotWrittenDown() {
    let log = OperationLog()
    let x = Tensor.ones([2], device: Device(log: log))
    _ = x + x
    log.record {
      _ = x * x
      log.pause { _ = x - x }
    }
    #expect(log.entries.map(\.name) == ["*"])
  }

  @Test func layersHoldTheirOperations() {
    let log = OperationLog()
    let x = Tensor.ones([2], device: Device(log: log))
    log.record {
      var y = x
      for _ in 0..<2 { y = log.inLayer(.init(name: "twice", kind: "a sum")) { y + y } }
      _ = log.inLayer(.init(name: "outer", kind: "one")) { log.inLayer(.init(name: "inner", kind: "two")) { y * y } }
      _ = y / y
    }
    #expect(log.layers.map(\.name) == ["twice", "outer"])
    #expect(log.entries.map(\.layer) == [0, 0, 1, nil])
  }

  @Test func productsAreCounted() {
    let log = OperationLog()
    let device = Device.abstract(log: log)
    let x = Tensor.zeros([5, 3, 8, 8], device: device)
    log.addInput("x", x)
    log.record {
      // 2 · 5 · 4 · 8 · 8 · (3 · 3 · 3)
      let y = x.conv2d(.zeros([4, 3, 3, 3], device: device), padding: 1)
      // 2 · 5 · 7 · 256
      let z = y.flattened(from: 1).linear(.zeros([7, 256], device: device), bias: .zeros([7], device: device))
      // 2 · 7 · 7 · 5; and the 35 products of two tensors of the input. Those with a number count as none.
      _ = z.matmul(z, transposed: true)
      _ = (z * z) * 2
    }
    #expect(log.entries.map(log.flops) == [69_120, 0, 17_920, 490, 35, 0])
  }

  @Test func anOperationOfItsOwnTellsItsCostAndItsExpansion() {
    func squared(_ x: Tensor) -> Tensor {
      let output = Tensor(shape: x.shape, device: x.device) { y in
        for i in 0..<y.count { y[i] = x.storage.base[i] * x.storage.base[i] }
      }
      return .recorded("squared", inputs: [x], output: output, flops: 3, expansion: { x * x }) { [$0] }
    }
    let (abstract, concrete) = (OperationLog(), OperationLog())
    for device in [Device.abstract(log: abstract), Device(log: concrete)] {
      let x = Tensor.ones([3], device: device)
      device.log?.record { _ = squared(x) }
    }
    #expect(abstract.entries.map(\.operation) == [.custom(flops: 3)])
    #expect(concrete.entries.map(\.operation) == [.binary(.multiply)])
  }
}
