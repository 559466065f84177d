import Foundation
import Testing

@Suite(
  "Real files", .enabled(if: SharedData.mnist != nil, "MNIST is not on this machine: see Datasets/README.md"))
struct RealDataCommandTests {
  @Test("one epoch of a linear classifier on MNIST beats 85 %, and packed files give the bits of unpacked ones")
  func mnist() throws {
    let given = try #require(SharedData.mnist)
    let directory = try TemporaryDirectory()
    let packing = try CommandRun(
      shell: """
        set -e
        mkdir packed unpacked
        for part in train-images-idx3 train-labels-idx1 t10k-images-idx3 t10k-labels-idx1; do
          file='\(given)'/$part-ubyte
          if [ -e "$file.gz" ]; then
            cp "$file.gz" packed/
            gunzip -c "$file.gz" > unpacked/$part-ubyte
          else
            cp "$file" unpacked/
            gzip -1 -c "$file" > packed/$part-ubyte.gz
          fi
        done
        """, in: directory.path
    ).wait()
    try #require(packing.exitCode == 0, "\(packing.errors)")
    var hashes: Set<String> = []
    for form in ["packed", "unpacked"] {
      let outcome = try CommandRun.run(
        "--dataset mnist --data-dir \(directory.file(form)) --model softmax --epochs 1 --workers 1 --target-accuracy 0.85"
      )
      #expect(outcome.exitCode == 0, "\(outcome.errors)")
      let summary = SummaryText(outcome.output)
      #expect(summary["examples"] == "60,000")
      hashes.insert(try #require(summary.hash))
    }
    #expect(hashes.count == 1)
  }
}
