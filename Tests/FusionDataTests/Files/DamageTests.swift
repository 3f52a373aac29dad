import Foundation
import FusionCore
import FusionData
import Testing

/// Whatever happens to a file, opening it is an error or gives an array that can be read: never a crash.
@Suite struct DamageTests {
  @Test(
    arguments: [
      "npy_le_f4.npy", "npy_version_2.npy", "npy_fortran.npy", "npz_deflated.npz", "npz_stored.npz", "idx_images.idx",
      "idx_images.gz", "tone.wav", "torch.safetensors",
    ])
  func damagedFilesNeverCrash(name: String) throws {
    let folder = TemporaryFolder()
    let good = bytes(of: "\(fixtures)/\(name)")
    #expect(open(folder.file(name, good)), "the file itself is good")
    for length in stride(from: 0, to: good.count, by: max(1, good.count / 100)) {
      #expect(!open(folder.file(name, Array(good[..<length]))), "cut off after \(length) bytes")
    }
    let random = RandomStream(seed: 9).derived(name)
    for trial in 0..<400 {
      var damaged = good
      // Most of what can go wrong is in the first bytes.
      let reach = trial % 2 == 0 ? min(200, good.count) : good.count
      for change in 0...trial % 3 {
        let place = random.integer(below: reach, at: trial * 8 + change)
        damaged[place] = UInt8(random.integer(below: 256, at: trial * 8 + 4 + change))
      }
      _ = open(folder.file(name, damaged))
    }
  }

  /// Opens and reads everything; false after an error.
  private func open(_ path: String) -> Bool {
    do throws(DataError) {
      switch (path as NSString).pathExtension {
      case "npz":
        let archive = try Npz(opening: path)
        for name in archive.names { _ = try archive.array(name).floats() }
      case "safetensors":
        let file = try SafeTensors(opening: path)
        for name in file.names { _ = try file[name]?.floats() }
      case "wav": _ = try Wav(opening: path)
      case "npy": _ = try Npy.open(path).floats()
      default: _ = try Idx.open(path).floats()
      }
      return true
    } catch {
      #expect(error.description.hasPrefix(path), "the message names the file: \(error)")
      return false
    }
  }
}
