extension String {
  /// As one word of a shell's command line: commands that are printed to be repeated can be pasted, whatever is in a name.
  public var shellWord: String {
    let isPlain =
      !isEmpty
      && unicodeScalars.allSatisfy { scalar in
        ("a"..."z").contains(scalar) || ("A"..."Z").contains(scalar) || ("0"..."9").contains(scalar)
          || "-_./,=:+@%".unicodeScalars.contains(scalar) || (scalar.value > 0x9F && scalar.properties.isAlphabetic)
      }
    return isPlain ? self : "'" + replacing("'", with: "'\\''") + "'"
  }
}
