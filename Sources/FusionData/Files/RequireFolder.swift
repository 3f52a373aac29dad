import Foundation

/// A clear error where a folder is missing or is none.
///
/// - Parameter expected: what to say was expected.
public func requireFolder(
  _ path: String, expected: String = "a data set, for example one made by fusionkit data demo"
) throws(DataError) {
  var isFolder: ObjCBool = false
  guard FileManager.default.fileExists(atPath: path, isDirectory: &isFolder) else {
    throw DataError(path, "there is no such folder", expected: expected)
  }
  guard isFolder.boolValue else { throw DataError(path, "is a file, not a folder", expected: expected) }
}
