import AsyncSGD
import DataPipeline
import Kernels
import NeuralNet
import Foundation

struct Printer: TrainingObserver {
  func observe(_ event: TrainingEvent) {
    switch event {
    case .progress: break
    case .run(let r): FileHandle.standardError.write(Data("\(r.model) \(r.dataset) \(r.mode) w\(r.workers) b\(r.batchSize) lr\(r.learningRate) \(r.schedule) wu\(r.warmup) m\(r.momentum) seed\(r.seed) planned \(r.plannedUpdates)\n".utf8))
    case .epoch(let e): FileHandle.standardError.write(Data("epoch \(e.epoch) t \(e.seconds) \(Int(e.examplesPerSecond))/s train \(e.trainLoss ?? 0) test \(e.testLoss) acc \(e.testAccuracy) st \(e.staleness)\n".utf8))
    case .warning(let w): FileHandle.standardError.write(Data("WARNING \(w)\n".utf8))
    case .final(let f): print(f.outcome, f.last.testAccuracy, f.updatesByWorker, f.parametersHash, f.peakMemoryBytes)
    }
  }
}
let a = CommandLine.arguments
func opt(_ n: String, _ d: String) -> String { if let i = a.firstIndex(of: "--" + n) { return a[i+1] }; return d }
let t0 = ContinuousClock.now
let dataset = opt("dataset", "digits")
let data = try DatasetCatalog.load(dataset, directory: a.contains("--data-dir") ? opt("data-dir", "") : nil)
FileHandle.standardError.write(Data("load \(ContinuousClock.now - t0)\n".utf8))
let name = opt("model", "lenet5")
let s = data.training.shape
let model = try ModelZoo.make(name, options: ModelOptions(classes: data.training.classes)).shaped(for: Shape([s.channels, s.height, s.width]))
let recipe = TrainingRecipe.recommended(forModel: name)
let mode = CoordinationMode(rawValue: opt("mode", "async"))!
let w = Int(opt("workers", "8"))!
var c = TrainingConfiguration(recipe, workers: w, mode: mode, seed: UInt64(opt("seed", "1"))!)
c.epochs = Int(opt("epochs", "\(c.epochs)"))!
c.batchSize = Int(opt("batch-size", "\(c.batchSize)"))!
c.learningRate = Double(opt("learning-rate", "\(c.learningRate)"))!
c.momentum = Double(opt("momentum", "\(c.momentum)"))!
if c.momentum > 0 { c.optimizer = .momentum }
c.warmup = Double(opt("warmup", "\(c.warmup)"))!
c.schedule = LearningRateSchedule.Shape(rawValue: opt("schedule", c.schedule.rawValue))!
let tr = try Trainer(c, model: model, data: data, backend: KernelBackends.make(named: opt("kernels", "auto")), programVersion: "0", observer: Printer())
FileHandle.standardError.write(Data("ready \(ContinuousClock.now - t0)\n".utf8))
_ = try tr.run()
