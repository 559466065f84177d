import Kernels
import Testing

@testable import TrainCommand

@Suite("The list of kernels")
struct KernelListingTests {
  @Test("names, meanings, whether they can be used, and why not")
  func listing() {
    let entries = [
      entry("grand", "a library", .unusable(reason: "the library libgrand.so was not found; install it")),
      entry("fast", "our own", .usable(detail: "avx2 (also sse2)")),
      entry("plain", "the formulas", .usable(detail: nil)),
    ]
    #expect(
      KernelListing(entries).text == """
        auto   the first of these that can be used here  means fast
        grand  a library                                 not usable: the library libgrand.so was not found; install it
        fast   our own                                   usable: avx2 (also sse2)
        plain  the formulas                              usable

        """)
  }

  @Test("without any that can be used, auto means none")
  func none() {
    let long = "a meaning that is longer than that of all the others, auto included"
    #expect(
      KernelListing([entry("grand", long, .unusable(reason: "it is too hot"))]).text == """
        auto   the first of these that can be used here                             not usable: none of these is
        grand  a meaning that is longer than that of all the others, auto included  not usable: it is too hot

        """)
  }

  private func entry(
    _ name: String, _ summary: String, _ availability: KernelBackends.Entry.Availability
  ) -> KernelBackends.Entry {
    KernelBackends.Entry(
      name: name, summary: summary,
      detail: { () throws(KernelBackendError) in
        if case .usable(let detail) = availability { detail } else { nil }
      },
      make: { _ throws(KernelBackendError) in
        if case .unusable(let reason) = availability { throw .unavailable(name: name, reason: reason) }
        return ReferenceBackend<Float>()
      })
  }
}
