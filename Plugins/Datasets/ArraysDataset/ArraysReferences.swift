import FusionCore
import FusionData

extension ArraysDataset {
  /// Files, members and columns that the configuration names and that are not there.
  ///
  /// A test part may lack its targets, and other parts than the one that is trained on may lack all of their files.
  public static func misnamed(_ configuration: Configuration, root: String?, modalities: [String]) -> [Problem] {
    let sections: [(key: String, files: [String: String])] = [
      ("train", configuration.train), ("validation_files", configuration.validationFiles),
      ("test", configuration.test), ("files", configuration.files),
    ]
    var problems: [Problem] = []
    for (section, files) in sections {
      let wanted = files.filter { key, _ in
        isExtra(key, modalities, configuration) || key == configuration.targets
          || modalities.contains { key == $0 || key == "\($0).present" }
      }.mapValues { ArrayReference($0, root: root) }
      let isNeeded = ["train", "files"].contains(section) || wanted.values.contains { $0.exists }
      for (key, reference) in wanted.sorted(by: { $0.key < $1.key }) where isNeeded {
        if section == "test", key == configuration.targets, !reference.exists { continue }
        do throws(DataError) {
          try reference.checkNames(header: configuration.header)
        } catch {
          problems += error.problems.map { problem in
            Problem(
              path: ["data", section, key], "\(problem.file): \(problem.reason)",
              hint: problem.expected.map { "expected: \($0)" })
          }
        }
      }
    }
    return problems
  }

  /// Why nothing of the data can be looked at: there is not one of the files; nil: it can.
  public static func absence(_ configuration: Configuration, root: String?) -> String? {
    let all = [configuration.train, configuration.validationFiles, configuration.test, configuration.files]
      .flatMap { $0.values }
    if root != nil || all.contains(where: { ArrayReference($0, root: nil).exists }) { return nil }
    return "none of the files is there"
  }

  /// Tables that are too large for a glance, with their sizes.
  public static func large(_ configuration: Configuration, root: String?) -> String? {
    let all = [configuration.train, configuration.validationFiles, configuration.test, configuration.files]
    let large = Set(
      all.flatMap { $0.values }.map { ArrayReference($0, root: root) }.filter {
        ($0.isTable || $0.path.hasSuffix(".npz") || $0.path.hasSuffix(".gz")) && $0.size > ArrayReference.mostTableBytes
      }.map(\.path))
    return large.isEmpty ? nil : "\(large.sorted().joined(separator: ", ")) would have to be read whole"
  }
}
