internal import Kernels

extension KernelCase {
  /// Max pooling: reads an image, writes its maxima and where they were; and back.
  static func pooling(model: String, channels: Int, side: Int, examples: Int) -> [KernelCase] {
    guard let geometry = try? PoolingGeometry(channels: channels, height: side, width: side, window: 2) else {
      preconditionFailure("the table of poolings is wrong: \(channels) channels of \(side)×\(side)")
    }
    let (inputs, outputs) = (examples * geometry.inputCount, examples * geometry.outputCount)
    func record(_ pass: BenchmarkRecord.Pass) -> BenchmarkRecord {
      var record = BenchmarkRecord(.pooling, "\(examples)x\(channels)x\(side)x\(side)/2", pass: pass)
      record.model = model
      record.batchSize = examples
      return record
    }
    return [
      KernelCase(record(.forward), bytes: Double(4 * inputs + 5 * outputs)) {
        let (images, maxima, places) = (FloatBuffer(inputs), FloatBuffer(outputs), ByteBuffer(outputs))
        return { backend in
          { calls in
            for _ in 0..<calls {
              backend.maxPoolForward(
                geometry, images: examples, input: images.input, output: maxima.values, argmax: places.values)
            }
          }
        }
      },
      KernelCase(record(.data), bytes: Double(4 * inputs + 5 * outputs)) {
        let (images, maxima, places) = (FloatBuffer(inputs), FloatBuffer(outputs), ByteBuffer(outputs))
        ReferenceBackend<Float>().maxPoolForward(
          geometry, images: examples, input: images.input, output: maxima.values, argmax: places.values)
        return { backend in
          { calls in
            for _ in 0..<calls {
              backend.maxPoolBackward(
                geometry, images: examples, outputGradient: maxima.input, argmax: UnsafePointer(places.values),
                rectifiedOutput: nil, inputGradient: images.values)
            }
          }
        }
      },
    ]
  }

  /// An activation of `count` values and its derivative, out of place.
  static func activation(_ activation: Activation, count: Int) -> [KernelCase] {
    let name = "\(activation.rawValue) \(count)"
    return [
      KernelCase(BenchmarkRecord(.activation, name, pass: .forward), bytes: Double(8 * count)) {
        let (input, output) = (FloatBuffer(count), FloatBuffer(count))
        return { backend in
          { calls in
            for _ in 0..<calls {
              backend.activationForward(activation, count: count, input: input.input, output: output.values)
            }
          }
        }
      },
      KernelCase(BenchmarkRecord(.activation, name, pass: .data), bytes: Double(12 * count)) {
        let (output, outputGradient, inputGradient) = (FloatBuffer(count), FloatBuffer(count), FloatBuffer(count))
        return { backend in
          { calls in
            for _ in 0..<calls {
              backend.activationBackward(
                activation, count: count, output: output.input, outputGradient: outputGradient.input,
                inputGradient: inputGradient.values)
            }
          }
        }
      },
    ]
  }

  /// Softmax cross-entropy of a minibatch, with its gradient.
  static func softmax(classes: Int, examples: Int) -> KernelCase {
    let count = classes * examples
    var record = BenchmarkRecord(.softmax, "\(examples)x\(classes)", pass: .both)
    record.batchSize = examples
    return KernelCase(record, bytes: Double(8 * count + 4 * examples)) {
      let (logits, gradient) = (FloatBuffer(count), FloatBuffer(count))
      let labels = (0..<examples).map { Int32($0 % classes) }
      return { backend in
        { calls in
          for _ in 0..<calls {
            _ = backend.softmaxCrossEntropy(
              examples: examples, classes: classes, logits: logits.input, labels: labels,
              gradientScale: 1 / Float(examples), gradient: gradient.values)
          }
        }
      }
    }
  }

  /// The server's step of `count` parameters, out of place, from one buffer to another and back.
  static func update(count: Int, hasMomentum: Bool) -> KernelCase {
    var record = BenchmarkRecord(.update, "\(hasMomentum ? "momentum" : "sgd") \(count)")
    record.parameters = count
    // A step reads parameters and gradient and writes parameters; momentum reads and writes the velocity, too.
    return KernelCase(record, bytes: Double((hasMomentum ? 20 : 12) * count)) {
      let (old, new, gradient, velocity) = (
        FloatBuffer(count), FloatBuffer(count), FloatBuffer(count), FloatBuffer(count)
      )
      // So small a step moves nothing far, however often it is taken.
      let step = SGDStep<Float>(learningRate: 1e-9, momentum: hasMomentum ? 0.5 : 0)
      return { backend in
        { calls in
          for call in 0..<calls {
            let (from, to) = call.isMultiple(of: 2) ? (old, new) : (new, old)
            backend.sgdStep(
              step, count: count, parameters: from.input, gradient: gradient.input,
              velocity: hasMomentum ? velocity.values : nil, updated: to.values)
          }
        }
      }
    }
  }
}

/// Bytes that a benchmark works on.
private final class ByteBuffer {
  let values: UnsafeMutablePointer<UInt8>

  init(_ count: Int) {
    values = .allocate(capacity: count)
    values.initialize(repeating: 0, count: count)
  }

  deinit {
    values.deallocate()
  }
}
