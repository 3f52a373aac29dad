import FusionCore
import FusionData
import Foundation

/// `model.safetensors`: parameters and buffers under their names, in PyTorch's layouts.
///
/// The file's metadata hold a checksum of the whole file. A file without it was written by another program, and is taken as
/// it is.
public enum ModelFile {
  private static let (formatKey, format) = ("fusionkit.format", "model-1")

  /// Where weights come from.
  public enum Origin: Sendable, Equatable {
    /// The training that was asked about.
    case own
    /// Another training.
    case anotherTraining
    /// Another program: no checksum tells whether they are whole.
    case outside
  }

  /// Writes all parameters and buffers, whole or not at all. Equal values give equal bytes.
  ///
  /// - Parameter values: other values than those of the parameters themselves, in their order.
  public static func save(
    _ store: ParameterStore, values: [Tensor]? = nil, to path: String
  ) throws(DataError) {
    let values = values ?? store.parameters.map(\.value)
    try SafeTensors.write(
      zip(store.parameters, values).map { SafeTensors.Item($0.name, $1) },
      metadata: [formatKey: format], sealed: true, to: path, links: .replaced)
  }

  /// Whether there is a file that can be read and is what was written, as far as that can be known.
  static func isWhole(_ path: String) -> Bool {
    guard let file = try? SafeTensors(opening: path), let seal = try? file.checkSeal() else { return false }
    return seal == .whole || (seal == .none && file.metadata[formatKey] == nil)
  }

  /// Whether a file is not what was written, as far as that can be known.
  static func isDamaged(_ file: SafeTensors) throws(DataError) -> Bool {
    let seal = try file.checkSeal()
    return seal == .broken || (seal == .none && file.metadata[formatKey] != nil)
  }

  /// Fills all parameters and buffers from a file whose names and shapes are exactly theirs.
  ///
  /// `num_batches_tracked`, which PyTorch's batch norms save and nothing here uses, is passed over.
  ///
  /// - Parameter digest: the checksum of the weights that are wanted; nil: any.
  /// - Returns: where the weights come from.
  /// - Throws: ``CheckpointError`` with every missing, extra and misshapen name, or every one that holds what it cannot
  ///   mean (NaN, infinity, a negative variance), and where the file is not what was written; `DataError` for a broken
  ///   file. Nothing is changed then.
  @discardableResult
  public static func load(_ path: String, into store: ParameterStore, digest: String? = nil) throws -> Origin {
    let file = try SafeTensors(opening: path)
    if try isDamaged(file) { throw CheckpointError(damaged: path) }
    let names = file.names.filter { !$0.hasSuffix("num_batches_tracked") || store[$0] != nil }
    let values = try TensorMatch(file: file, names: names, prefix: "", expected: store.parameters).tensors()
    for (parameter, value) in zip(store.parameters, values) { parameter.value.storage.copy(value) }
    if file.sealDigits == nil { return .outside }
    return digest == nil || file.sealDigits == digest ? .own : .anotherTraining
  }
}

extension RunFolder {
  /// Fills a model with the run's weights.
  ///
  /// - Throws: as ``ModelFile/load(_:into:digest:)``; where the file is damaged or lost, with the way out.
  func loadModel(into store: ParameterStore, digest: String?) throws -> ModelFile.Origin {
    var problem: CheckpointError
    do {
      return try ModelFile.load(model, into: store, digest: digest)
    } catch let error as CheckpointError where error.isDamaged {
      problem = error
    } catch let error as DataError {
      let reason = error.problems.map(\.reason).joined(separator: "; ")
      let canBeRead = access(model, R_OK) == 0
      guard canBeRead || errno == ENOENT else { throw error }
      problem = canBeRead ? CheckpointError(damaged: model, reason) : CheckpointError(file: model, reason)
    }
    problem.other.append(
      hasCheckpoint
        ? "'fusionkit train --resume \(path)' writes it again from the run's checkpoint"
        : "copy it again from where it came, or start anew with: \(commandToStartAnew)")
    throw problem
  }
}

/// The named tensors of a file against those that a model has.
struct TensorMatch {
  let file: SafeTensors
  /// Those of the file's names that count.
  let names: [String]
  /// Before each name in the file.
  let prefix: String
  /// What names in the file leave out at their beginning.
  var dropped = ""
  let expected: [Parameter]

  private func nameInFile(_ parameter: Parameter) -> String { prefix + parameter.name.dropFirst(dropped.count) }

  /// Names that are missing or too many, and shapes; reads no values.
  var misfit: CheckpointError {
    let known = Set(expected.map(nameInFile))
    var error = CheckpointError(file: file.path)
    error.extra = names.filter { !known.contains($0) }.map { dropped + $0.dropFirst(prefix.count) }
    for parameter in expected {
      let (name, shape) = (parameter.name, parameter.value.shape)
      guard let array = file[nameInFile(parameter)] else {
        error.missing.append(name)
        continue
      }
      if array.shape != shape || !array.elementType.isFloatingPoint {
        error.misshapen.append("\(name): \(array.elementType) \(array.shape), expected float32 \(shape)")
      }
    }
    return error
  }

  /// The values in the order of `expected`.
  ///
  /// - Throws: ``CheckpointError`` with everything that does not fit.
  func tensors() throws -> [[Float]] {
    var error = misfit
    guard error.isEmpty else { throw error }
    let values = try expected.map { try file[nameInFile($0)]!.floats() }
    // A NaN would go through the whole model, and every sample would be of class 0.
    for (parameter, values) in zip(expected, values) {
      if let value = values.first(where: { !$0.isFinite }) {
        error.other.append("'\(parameter.name)' holds \(value.isNaN ? "NaN" : "an infinite value")")
      } else if parameter.isNonNegative, let value = values.first(where: { $0 < 0 }) {
        error.other.append("'\(parameter.name)' holds \(value), and can hold nothing below 0")
      }
    }
    guard error.isEmpty else { throw error }
    return values
  }
}

extension Storage {
  /// Takes over as many values.
  func copy(_ values: [Float]) { _ = self.values.update(fromContentsOf: values) }
}

/// A file of weights that does not fit the model: everything that is wrong with it.
public struct CheckpointError: UserError, Equatable {
  /// The file.
  public let file: String
  /// Names that the model has and the file lacks.
  public var missing: [String] = []
  /// Names that the file has and the model lacks.
  public var extra: [String] = []
  /// Names that both have, with another shape or type.
  public var misshapen: [String] = []
  /// Anything else, one sentence each.
  public var other: [String] = []

  /// An error about which nothing is known yet.
  init(file: String) { self.file = file }

  /// Whether the file's content is not what was written.
  public var isDamaged = false

  /// A file whose content is not what was written.
  ///
  /// - Parameter reason: what is wrong, where more is known than that the checksum is.
  init(damaged file: String, _ reason: String? = nil) {
    self.init(
      file: file, "it is damaged: " + (reason ?? "its content is not what was saved, as its SHA-256 tells"))
    isDamaged = true
  }

  /// An error of one sentence.
  init(file: String, _ sentence: String) {
    self.file = file
    other = [sentence]
  }

  var isEmpty: Bool { missing.isEmpty && extra.isEmpty && misshapen.isEmpty && other.isEmpty }

  /// 1: the run failed.
  public var exitStatus: Int32 { 1 }

  /// The file, then every name, by kind.
  public var description: String {
    func list(_ title: String, _ names: [String]) -> [String] {
      names.isEmpty ? [] : ["  \(title) (\(names.count)):"] + names.map { "    \($0)" }
    }
    let names =
      list("missing in the file", missing) + list("not in the model", extra)
      + list("of another shape or type", misshapen)
    let head = names.isEmpty ? "\(file) cannot be used" : "\(file) holds the weights of another model"
    return ([head] + other.map { "  \($0)" } + names).joined(separator: "\n")
  }
}
