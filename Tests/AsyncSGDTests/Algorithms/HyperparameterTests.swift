import AsyncSGD
import Testing

@Suite("Declarations of hyperparameters")
struct HyperparameterTests {
  @Test("each has one declaration, and a name like an option's")
  func names() {
    let declared =
      Hyperparameter.general + AlgorithmFamily.allCases.flatMap { $0.members }.flatMap { $0.hyperparameters }
    for (name, same) in Dictionary(grouping: declared, by: \.name) {
      #expect(name.wholeMatch(of: /[a-z][a-z0-9]*(-[a-z0-9]+)*/) != nil, "\(name)")
      #expect(Set(same.map(\.summary)).count == 1, "\(name)")
      #expect(Hyperparameter.named(name)?.name == name)
    }
    #expect(Hyperparameter.all.map(\.name).count == Set(declared.map(\.name)).count)
    #expect(Hyperparameter.named("staleness") == nil)
  }

  @Test("in any setting the default is a value", arguments: CoordinationMode.allCases, OptimizerKind.allCases)
  func defaults(mode: CoordinationMode, optimizer: OptimizerKind) {
    for workers in [1, 2, 3, 8, 127, 128] {
      let setting = Hyperparameter.Setting(workers: workers, mode: mode, optimizer: optimizer)
      for hyperparameter in Hyperparameter.all {
        let value = hyperparameter.defaultValue(setting)
        #expect(hyperparameter.domain.contains(value), "\(hyperparameter.name) \(value)")
      }
    }
  }

  @Test("the help says of each what it is and what its default is, in a line that ends like one")
  func words() {
    for hyperparameter in Hyperparameter.all {
      #expect(hyperparameter.summary.hasSuffix("."), "\(hyperparameter.name)")
      #expect(!hyperparameter.defaultText.isEmpty, "\(hyperparameter.name)")
    }
    for member in AlgorithmFamily.allCases.flatMap({ $0.members }) {
      #expect(!member.summary.isEmpty && !member.summary.hasSuffix("."), "\(member.rawValue)")
    }
  }

  @Test("a hyperparameter knows who has it")
  func owners() {
    #expect(Hyperparameter.stalenessBound.owners(in: .mode) == ["ssp", "dssp"])
    #expect(Hyperparameter.stalenessBound.owners(in: .rule) == [])
    #expect(Hyperparameter.beta1.owners(in: .optimizer) == ["adam", "adamw"])
  }

  @Test("a default may have other words for each that has it")
  func defaultTexts() {
    #expect(Hyperparameter.gradientsToWait.defaultText(of: CoordinationMode.softSync) == "half the workers")
    #expect(Hyperparameter.epsilon.defaultText(of: OptimizerKind.adam) == "1e-8")
    #expect(Hyperparameter.epsilon.defaultText == "adagrad: 1e-10; rmsprop, adam, adamw: 1e-8")
    #expect(Hyperparameter.stalenessBound.defaultText(of: CoordinationMode.ssp) == "3")
  }

  @Test("domains are told in words")
  func domains() {
    typealias Domain = Hyperparameter.Domain
    #expect("\(Domain.integer(1...8))" == "a whole number from 1 to 8")
    #expect("\(Domain.number(0...0.5))" == "a number from 0 to 0.5")
    #expect("\(Domain.number(0...1, excludesUpper: true))" == "a number from 0 to below 1")
    #expect("\(Domain.number(0...1, excludesLower: true))" == "a number above 0, up to 1")
    #expect("\(Domain.number(0...1, excludesLower: true, excludesUpper: true))" == "a number above 0 and below 1")
    #expect("\(Domain.choice([.init("a", ""), .init("b", ""), .init("c", "")]))" == "a, b or c")
  }

  @Test("values are written as options take them")
  func values() {
    #expect("\(Hyperparameter.Value.number(3))" == "3")
    #expect("\(Hyperparameter.Value.number(0.1125))" == "0.1125")
    #expect("\(Hyperparameter.Value.number(1e-10))" == "1e-10")
    #expect("\(Hyperparameter.Value.integer(3))" == "3")
    #expect("\(Hyperparameter.Value.choice("v1.0"))" == "v1.0")
  }
}
