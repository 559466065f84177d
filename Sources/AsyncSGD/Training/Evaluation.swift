internal import DataPipeline
internal import Dispatch
internal import Kernels
internal import NeuralNet

/// The loss and the hits of a model over a whole data set.
struct Evaluation: Hashable, Sendable {
  /// Mean loss, in nats; 0 for an empty set.
  let loss: Double
  /// Share of correct examples, 0…1; 0 for an empty set.
  let accuracy: Double
  /// Which units responded to any of the examples.
  let activity: ActivityCensus

  init(loss: Double, accuracy: Double, activity: ActivityCensus = ActivityCensus()) {
    self.loss = loss
    self.accuracy = accuracy
    self.activity = activity
  }

  /// Evaluates a snapshot on all examples of `dataset`, on lanes that do nothing else meanwhile.
  ///
  /// The result does not depend on the number of lanes: partial sums are added in the order of the examples.
  ///
  /// - Parameters:
  ///   - snapshot: The parameters.
  ///   - dataset: The examples.
  ///   - lanes: Where to compute.
  ///   - chunk: Examples evaluated at once, no more than the replicas' capacity.
  init(of snapshot: borrowing ParameterSnapshot, on dataset: Dataset, lanes: [ComputeLane], chunk: Int) {
    let chunks = (dataset.count + chunk - 1) / chunk
    let everything = (0..<Int32(dataset.count)).map { $0 }
    let partial = PartialSums(count: chunks)
    let activities = lanes.map { _ in ActivityBox() }
    let dispenser = MinibatchDispenser(workers: lanes.count, inRounds: false)
    dispenser.begin(minibatches: chunks, from: 0)
    let parameters = SharedPointer(snapshot.values)
    let group = DispatchGroup()
    for (number, lane) in lanes.enumerated() {
      lane.queue.async(group: group) {
        while let index = dispenser.next(for: number) {
          let range = index * chunk..<min((index + 1) * chunk, dataset.count)
          everything.withUnsafeBufferPointer { all in
            partial.sums[index] = lane.evaluate(
              UnsafeBufferPointer(rebasing: all[range]), of: dataset, at: parameters.pointer,
              noting: &activities[number].census)
          }
        }
      }
    }
    group.wait()
    var total = ClassificationSums()
    for sums in partial.sums {
      total.loss += sums.loss
      total.correct += sums.correct
    }
    let count = Double(max(1, dataset.count))
    loss = total.loss / count
    accuracy = Double(total.correct) / count
    var activity = ActivityCensus()
    for box in activities { activity.merge(box.census) }
    self.activity = activity
  }

  /// What one lane noted, used on its queue only.
  private final class ActivityBox: @unchecked Sendable {
    var census = ActivityCensus()
  }

  /// One place a chunk, each written by the one lane that evaluates the chunk.
  private final class PartialSums: @unchecked Sendable {
    let sums: UnsafeMutableBufferPointer<ClassificationSums>

    init(count: Int) {
      sums = .allocate(capacity: count)
      sums.initialize(repeating: ClassificationSums())
    }

    deinit {
      sums.deallocate()
    }
  }

  /// A pointer into a snapshot that outlives its users and never changes.
  private struct SharedPointer: @unchecked Sendable {
    let pointer: UnsafePointer<Float>

    init(_ pointer: UnsafePointer<Float>) {
      self.pointer = pointer
    }
  }
}
