import FusionCore
import Testing

@Suite struct PrintableTextTests {
  @Test func whatWouldActOnATerminalIsWrittenOut() {
    #expect("plain, é, 猫, 👩‍👧".printable == "plain, é, 猫, 👩‍👧")
    #expect("a\u{1B}[31mred\u{7}".printable == "a\\u{1B}[31mred\\u{7}")
    #expect("user\u{202E}gnp.exe".printable == "user\\u{202E}gnp.exe")
    #expect("two\nlines\tand\r\n".printable == "two\\nlines\\tand\\r\\n")
    #expect("\u{FEFF}x\u{200B}\u{2066}y\u{9B}".printable == "\\u{FEFF}x\\u{200B}\\u{2066}y\\u{9B}")
  }

  @Test func longTextIsCut() {
    #expect("short".excerpt(5) == "short")
    #expect("longer".excerpt(5) == "longe…")
    #expect(String(repeating: "x", count: 5_000_000).excerpt().count == 61)
    #expect((1...25).map(String.init).listed(3) == "1, 2, 3, … (25 in all)")
    #expect(["a", "b\n"].listed() == "a, b\\n")
  }
}
