import CFusionKernels

/// A run of code on tensors without values, in which mistakes are written down instead of stopping the program.
///
/// An operation whose shapes do not fit stops a program that computes. In a shape pass it reports what is wrong, and goes
/// on with the shape that it would most likely have given, marked as unknown: what is computed from it reports nothing
/// more, so that one mistake is told once. A mistake that leaves no shape at all (an index out of range, an overflow, a
/// `fatalError` of somebody's own code) ends the pass, and nothing else.
///
/// The code runs on a thread of its own, while the caller waits. Where it is ended, what it holds is never freed.
public final class ShapePass {
  /// Something that is wrong.
  public struct Issue: Sendable, Equatable {
    /// What is wrong, and what was expected.
    public let message: String
    /// The configuration key that is to blame, if one is known.
    public let key: String?
    /// What to do.
    public let hint: String?
    /// Whether the code said it itself, in words for whoever configures it; otherwise an operation did not fit, which only
    /// its author can mend.
    public let isOwn: Bool

    /// An issue.
    public init(_ message: String, key: String? = nil, hint: String? = nil, isOwn: Bool = false) {
      (self.message, self.key, self.hint, self.isOwn) = (message, key, hint, isOwn)
    }
  }

  /// What was found wrong so far, in order.
  public private(set) var issues: [Issue] = []
  /// Whether the next result is to be marked as unknown, because its operation has just been reported.
  var nextIsUnknown = false

  private init() {}

  /// The pass that the calling thread is in; nil outside one.
  public static var current: ShapePass? {
    fk_pass_context().map { Unmanaged<Running>.fromOpaque($0).takeUnretainedValue().pass }
  }

  /// Writes down what is wrong; the same thing once.
  public func report(_ issue: Issue) {
    if !issues.contains(issue) { issues.append(issue) }
  }

  /// What the code calls itself, for a table of layers.
  public var words: String?

  /// Ends the pass.
  public func giveUp() -> Never { fk_pass_give_up() }

  /// Runs `body`.
  ///
  /// - Returns: what it gave, nil if it was ended; what was found wrong, never empty in that case; and the bytes that it took
  ///   for values of tensors, 0 where all of them were made on an abstract device.
  public static func run<Result>(_ body: @escaping () -> Result) -> (
    result: Result?, pass: ShapePass, bytesTaken: Int
  ) {
    let pass = ShapePass()
    var result: Result?
    var bytesTaken = 0
    // A parked thread keeps what it was given, so that what it holds stays where it is.
    let held = Unmanaged.passRetained(
      Running(pass) {
        let before = Storage.bytesTakenOnThisThread
        result = body()
        bytesTaken = Storage.bytesTakenOnThisThread - before
      })
    let ending = Int(
      fk_pass_run({ Unmanaged<Running>.fromOpaque($0!).takeUnretainedValue().body() }, held.toOpaque()))
    switch ending {
    case Int(FK_PASS_DONE):
      held.release()
      return (result, pass, bytesTaken)
    case Int(FK_PASS_GIVEN_UP): break
    case Int(FK_PASS_REFUSED):
      held.release()
      pass.report(Issue("the system starts no thread to look at the shapes in"))
    default: pass.report(Issue(trap(Int32(ending))))
    }
    return (nil, pass, 0)
  }

  /// How the issue begins that tells of code that ended by a trap.
  public static let trapped = "its code was stopped by the system"

  private static func trap(_ signal: Int32) -> String {
    "\(trapped) (signal \(signal)): an index out of range, an overflow, a value read where only "
      + "shapes are known, or a fatalError of its own"
  }

  /// What a thread runs.
  private final class Running {
    let pass: ShapePass
    let body: () -> Void
    init(_ pass: ShapePass, _ body: @escaping () -> Void) { (self.pass, self.body) = (pass, body) }
  }
}
