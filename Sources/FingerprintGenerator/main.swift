// Writes the fingerprint of a module as Swift source: FingerprintGenerator MODULE OUTPUT PACKAGE FILE…
// The core's is that of FusionCore, with all below it; a library that uses more than the core carries FusionData's too.
//
// Without library evolution everything in a module is its interface: the layout of a struct follows from its private
// properties, and bodies are inlined across modules. So the fingerprint is of the sources, to the byte.
import CCrypto
import Foundation

let module = CommandLine.arguments[1]
let output = CommandLine.arguments[2]
let package = CommandLine.arguments[3]
// A file is known by its place in the package: checkouts in different folders agree.
let files = CommandLine.arguments.dropFirst(4).map { path in
  (name: path.hasPrefix(package + "/") ? String(path.dropFirst(package.count + 1)) : path, path: path)
}

guard let context = EVP_MD_CTX_new(), EVP_DigestInit_ex(context, EVP_sha256(), nil) == 1 else {
  fatalError("libcrypto has no SHA-256")
}
func update(_ data: Data) { data.withUnsafeBytes { _ = EVP_DigestUpdate(context, $0.baseAddress, $0.count) } }
for file in files.sorted(by: { $0.name < $1.name }) {
  let content = try Data(contentsOf: URL(fileURLWithPath: file.path))
  // With its length, so that no two lists of files read the same.
  update(Data("\(file.name) \(content.count)\n".utf8))
  update(content)
}
var digest = [UInt8](repeating: 0, count: 32)
EVP_DigestFinal_ex(context, &digest, nil)
EVP_MD_CTX_free(context)
let fingerprint = digest.map { ($0 < 16 ? "0" : "") + String($0, radix: 16) }.joined()

let (imports, property) = module == "FusionCore" ? ("", "coreFingerprint") : ("import FusionCore\n", "dataFingerprint")
let source = """
  // Generated at build time from the sources of \(module) and of all below it.
  \(imports)
  extension PluginOffer {
    /// SHA-256 over the sources of \(module), of all below it and of what plugins are made of: emitted into whoever asks, so
    /// that a plugin carries that of the modules it was compiled against.
    @_alwaysEmitIntoClient public static var \(property): StaticString { "\(fingerprint)" }
  }

  """
// An unchanged file is left alone: what depends on it need not be compiled again.
if (try? String(contentsOfFile: output, encoding: .utf8)) != source {
  try source.write(toFile: output, atomically: true, encoding: .utf8)
}
