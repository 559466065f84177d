import Reporting
import Testing

@testable import AsyncSGD

@Suite("What a replay says")
struct ReplayVerdictTests {
  private static func verdict(
    pushes: Int, hashes: Int, hashesAgree: Bool? = nil, isStopped: Bool = false, _ divergence: ReplayDivergence? = nil
  ) -> String {
    var agreed = ReplayAgreement()
    agreed.pushes = pushes
    agreed.fingerprints = hashes
    let report = ReplayReport(
      final: sampleFinal(), isStopped: isStopped, divergence: divergence, agreed: agreed, hashesAgree: hashesAgree)
    return "\(ReplayVerdict(report))"
  }

  @Test("claims what was compared, and no more")
  func claims() {
    #expect(
      Self.verdict(pushes: 1_234, hashes: 19, hashesAgree: true)
        == "replay           the same bits as recorded: 1,234 pushes and 19 hashes on the way agree, and the last hash\n"
    )
    #expect(
      Self.verdict(pushes: 64, hashes: 1)
        == "replay           the same bits as recorded, up to where the recording breaks off: 64 pushes and 1 hash agree\n"
    )
    #expect(
      Self.verdict(pushes: 1, hashes: 0)
        == "replay           as recorded, up to where the recording breaks off: 1 push and 0 hashes agree; no parameters "
        + "were compared\n")
    #expect(
      Self.verdict(pushes: 0, hashes: 0)
        == "replay           nothing to compare: the recording breaks off before the first push\n")
    #expect(
      Self.verdict(pushes: 0, hashes: 0, isStopped: true)
        == "replay           stopped before there was anything to compare\n")
    #expect(
      Self.verdict(pushes: 70, hashes: 1, isStopped: true)
        == "replay           the same bits as recorded, so far: 70 pushes and 1 hash agree\n")
  }

  @Test("names the first difference, and the shard where it shows")
  func divergence() {
    let recorded = RecordedEvent.fingerprint(shard: 2, version: 128, hash: 0xAB)
    let repeated = RecordedEvent.fingerprint(shard: 2, version: 128, hash: 0xCD)
    #expect(
      Self.verdict(pushes: 9, hashes: 1, ReplayDivergence(event: 700, recorded: recorded, repeated: repeated)) == """
        replay           differs from the recording
        first difference  event 700 (update 128, shard 2)
        recorded         parameters of shard 2 at version 128 with hash 00000000000000ab
        replayed         parameters of shard 2 at version 128 with hash 00000000000000cd

        """)
    let leave = RecordedEvent.leave(worker: 1, microseconds: 5)
    #expect(
      Self.verdict(pushes: 9, hashes: 1, ReplayDivergence(event: 7, recorded: leave, repeated: nil))
        .hasSuffix("replayed         this cannot happen at this point\n"))
  }
}
