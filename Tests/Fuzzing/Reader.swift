import FusionCore

/// A file as a reader gets it.
struct FuzzInput {
  /// Its name; within a folder of several files, which of them it replaces.
  var name: String
  var format: Format
  var bytes: [UInt8]
}

/// A reader under attack. It may return, or throw its own error in words: everything else is a fault.
protocol FuzzReader {
  /// What `--reader` calls it.
  static var name: String { get }

  /// Makes what reading needs in an empty folder.
  init(folder: String) throws

  /// Valid files to start from.
  var seeds: [FuzzInput] { get }
  /// Words that texts of the kind know.
  var dictionary: [String] { get }

  /// Reads an input.
  ///
  /// - Throws: the reader's error; ``Violation`` where it took what it should not have.
  func read(_ input: FuzzInput) throws

  /// Changes an input beyond what its format does; nil: only that.
  func changed(_ input: FuzzInput, _ random: inout FuzzRandom) -> FuzzInput?
}

extension FuzzReader {
  var dictionary: [String] { [] }
  func changed(_ input: FuzzInput, _ random: inout FuzzRandom) -> FuzzInput? { nil }
}

/// A reader took, or said, what it should not have.
struct Violation: Error, CustomStringConvertible {
  let description: String
  init(_ description: String) { self.description = description }
}

/// What a reader made of an input.
enum Verdict {
  case accepted
  /// Its own error.
  case refused(String)
  case fault(String)
}

extension FuzzReader {
  /// Reads an input and judges how that went.
  func judge(_ input: FuzzInput) -> Verdict {
    do {
      try read(input)
      return .accepted
    } catch let violation as Violation {
      return .fault(violation.description)
    } catch let error as any UserError {
      let text = error.description
      if text.isEmpty { return .fault("an error without a word: \(type(of: error))") }
      if text.utf8.count > 1 << 16 { return .fault("an error of \(text.utf8.count) bytes: \(text.prefix(300))…") }
      return .refused(text)
    } catch {
      return .fault("an error that is not meant for people: \(type(of: error)): \(error)")
    }
  }
}
