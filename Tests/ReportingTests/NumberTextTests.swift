import Testing

@testable import Reporting

@Suite("Numbers as text")
struct NumberTextTests {
  @Test(
    "durations have at most two units",
    arguments: [
      (0, "0.0s"), (0.04, "0.0s"), (4.23, "4.2s"), (9.94, "9.9s"), (9.96, "10s"), (42.4, "42s"), (59.4, "59s"),
      (59.6, "1m 00s"), (83, "1m 23s"), (3599.4, "59m 59s"), (3599.6, "1h 00m"), (7500, "2h 05m"),
      (86_369, "23h 59m"), (86_380, "1d 00h"), (273_600, "3d 04h"), (-1, "-"), (.nan, "-"), (.infinity, "-"),
    ] as [(Double, String)])
  func durations(seconds: Double, text: String) {
    #expect(NumberText.duration(seconds) == text)
  }

  @Test(
    "times have three digits and their unit",
    arguments: [
      (0, "0 s"), (2e-10, "2e-10 s"), (1e-9, "1.00 ns"), (3.5e-8, "35.0 ns"), (9.996e-7, "1.00 us"),
      (1.234e-5, "12.3 us"),
      (0.00456, "4.56 ms"), (0.12345, "123 ms"), (0.9996, "1.00 s"), (59.9, "59.9 s"), (59.96, "1m 00s"),
      (83, "1m 23s"),
      (.infinity, "inf"), (.nan, "nan"),
    ] as [(Double, String)])
  func times(seconds: Double, text: String) {
    #expect(NumberText.time(seconds) == text)
  }

  @Test(
    "counts have their thousands set apart",
    arguments: [
      (0, "0"), (999, "999"), (1_000, "1,000"), (61_706, "61,706"), (1_234_567, "1,234,567"), (-1_234, "-1,234"),
      (-123, "-123"),
    ])
  func counts(count: Int, text: String) {
    #expect(NumberText.count(count) == text)
  }

  @Test(
    "rates have three digits or so",
    arguments: [
      (0, "0"), (987.4, "987"), (999.4, "999"), (999.6, "1.0k"), (12_345, "12.3k"), (999_949, "999.9k"),
      (999_951, "1.0M"), (1_234_567, "1.2M"), (.nan, "nan"), (.infinity, "inf"),
    ] as [(Double, String)])
  func rates(rate: Double, text: String) {
    #expect(NumberText.rate(rate) == text)
  }

  @Test(
    "sizes are decimal",
    arguments: [
      (0, "0 B"), (999, "999 B"), (1_500, "1.5 kB"), (999_951, "1.0 MB"), (143_000_000, "143.0 MB"),
      (999_950_001, "1.0 GB"), (1_400_000_000, "1.4 GB"),
    ])
  func sizes(bytes: Int, text: String) {
    #expect(NumberText.bytes(bytes) == text)
  }

  @Test(
    "losses take at most eight characters",
    arguments: [
      (0.12344, "0.1234"), (9.99994, "9.9999"), (9.99996, "10.00"), (12.345, "12.35"), (999.994, "999.99"),
      (999.996, "1.00e+03"), (1.234e10, "1.23e+10"), (.nan, "nan"), (.infinity, "inf"), (-.infinity, "-inf"),
    ] as [(Double, String)])
  func losses(loss: Double, text: String) {
    #expect(NumberText.loss(loss) == text)
    #expect(text.count <= 8)
  }

  @Test("shares are percentages")
  func percentages() {
    #expect(NumberText.percent(0.98765) == "98.77%")
    #expect(NumberText.percent(1) == "100.00%")
    #expect(NumberText.percent(.nan) == "nan")
  }

  @Test(
    "exact numbers read back",
    arguments: [(0.03, "0.03"), (1, "1"), (0, "0"), (1e-5, "1e-05"), (1.0 / 3, nil)] as [(Double, String?)])
  func exactNumbers(value: Double, text: String?) {
    if let text { #expect(NumberText.exact(value) == text) }
    #expect(Double(NumberText.exact(value)) == value)
  }
}
