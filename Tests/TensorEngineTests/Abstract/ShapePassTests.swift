import TensorEngine
import Testing

/// Mistakes that would stop the program, told instead.
@Suite struct ShapePassTests {
  private func issues(_ body: @escaping (_ device: Device) -> Tensor) -> [ShapePass.Issue] {
    ShapePass.run { body(Device.abstract(log: OperationLog())) }.pass.issues
  }

  @Test(
    arguments: MistakeTests.mistakes.filter { !["two tapes", "played twice", "wrong pullback"].contains($0.operation) })
  func everyMistakeIsToldWithItsReason(_ operation: String, _ message: String) {
    let found = ShapePass.run { MistakeTests.make(operation, device: .abstract(log: OperationLog())) }.pass.issues
    #expect(found.count == 1 && found[0].message.contains(message), "\(found)")
  }

  /// Two mistakes are two issues; what follows from one of them is none.
  @Test func oneMistakeIsToldOnce() {
    let found = issues { device in
      let x = Tensor.zeros([4, 6], device: device)
      let wrong = x.linear(.zeros([5, 7], device: device))  // [4, 5] with the right weight
      let more = wrong.matmul(.zeros([3, 2], device: device)) + Tensor.zeros([4, 9], device: device)
      let other = x + Tensor.zeros([4, 5], device: device)
      return Tensor.concatenated([more, other, x.reshaped([7, 7])], axis: 1)
    }
    #expect(found.count == 3, "\(found)")
    #expect(found.first?.message.hasPrefix("linear: x has shape [4, 6], the weight [5, 7]") == true)
    #expect(found.dropFirst().first?.message.hasPrefix("+: shapes [4, 6] and [4, 5]") == true)
    #expect(found.last?.message.hasPrefix("reshaped: [4, 6] holds 24 values") == true)
  }

  /// Index out of range, overflow, recursion without end, a fatalError, memory that is not there.
  @Test func whateverStopsTheCodeEndsThePassAlone() {
    let never = [0].count - 1
    for body: (Device) -> Tensor in [
      { device in Tensor.zeros([[1, 2][never + 5]], device: device) },
      { device in Tensor.zeros([Int.max &- never, 2], device: device).reshaped([Int.max * (2 + never)]) },
      { device in Tensor.zeros([deep(never + 1)], device: device) },
      { _ in fatalError("of its own") },
      { device in Tensor([Tensor.zeros([2], device: device).storage.base[1]], shape: [1], device: device) },
    ] {
      let found = issues(body)
      #expect(found.count == 1, "\(found)")
    }
    let outcome = ShapePass.run { 5 }
    #expect(outcome.result == 5 && outcome.pass.issues.isEmpty, "and the next one runs")
  }

  @Test func valuesAreNotThere() {
    for body: (Tensor) -> Int in [{ Int($0.item) }, { $0.scalars.count }, { $0.argmax()[0] }] {
      let found = issues { device in Tensor.zeros([body(Tensor.zeros([1], device: device))], device: device) }
      #expect(found.count == 1 && found[0].message.contains("where only shapes are known"), "\(found)")
    }
  }

  @Test func sizesBeyondAllMachinesAreTold() {
    let found = issues { .zeros([1 << 40, 1 << 40], device: $0) }
    #expect(
      found.map(\.message) == ["a tensor of shape [1099511627776, 1099511627776] is more than any machine can hold"])
  }

  @Test func codeTellsWhatItRefuses() {
    let outcome = ShapePass.run { () -> Int in
      ShapePass.current?.report(.init("too wide", key: "width", hint: "choose less", isOwn: true))
      ShapePass.current?.report(.init("too wide", key: "width", hint: "choose less", isOwn: true))
      return 1
    }
    #expect(outcome.result == 1)
    #expect(outcome.pass.issues == [.init("too wide", key: "width", hint: "choose less", isOwn: true)])
    #expect(ShapePass.current == nil, "outside a pass there is none")
  }

  @Test func memoryForValuesIsCounted() {
    let outcome = ShapePass.run { Tensor.zeros([10], device: Device()).count }
    #expect(outcome.bytesTaken == 40)
  }

  @Test func manyPassesLeaveNoThreadBehind() {
    for _ in 0..<2000 {
      _ = issues { device in Tensor.zeros([2], device: device).reshaped([2, 2]).sliced(0..<9, axis: 0) }
    }
  }
}

/// Recursion that the compiler cannot turn into a loop.
private func deep(_ step: Int) -> Int { step == 0 ? 0 : deep(step + 1) &+ deep(step + 2) }
