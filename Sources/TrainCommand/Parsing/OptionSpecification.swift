/// One option as data: how it is called, what the help says, and what it does to the options.
package struct OptionSpecification<Options> {
  /// The name with its dashes, such as `--batch-size`.
  package let name: String
  /// What its value is called in the help, or `nil` for a flag.
  package let placeholder: String?
  /// What it means, in a sentence.
  package let help: String
  /// The names that it takes, where they are a list.
  package let values: [String]
  /// What holds without it, in words.
  package let defaultText: String?
  /// What users of other trainers call it; not accepted, but recognized.
  package let otherNames: [String]
  /// Checks the value and sets it.
  package let set: (inout Options, OptionValue) throws(UsageError) -> Void

  /// Creates an option.
  package init(
    name: String, placeholder: String?, help: String, values: [String], defaultText: String?, otherNames: [String],
    set: @escaping (inout Options, OptionValue) throws(UsageError) -> Void
  ) {
    self.name = name
    self.placeholder = placeholder
    self.help = help
    self.values = values
    self.defaultText = defaultText
    self.otherNames = otherNames
    self.set = set
  }
}

extension OptionSpecification {
  /// An option without a value.
  package static func flag(_ name: String, _ help: String, set: @escaping (inout Options) -> Void) -> Self {
    Self(name: name, placeholder: nil, help: help, values: [], defaultText: nil, otherNames: []) {
      (options, _) throws(UsageError) in set(&options)
    }
  }

  /// An option that takes one of `values`.
  package static func name(
    _ name: String, _ help: String, placeholder: String = "NAME", values: [String], default defaultText: String?,
    otherNames: [String] = [], set: @escaping (inout Options, String) -> Void
  ) -> Self {
    Self(
      name: name, placeholder: placeholder, help: help, values: values, defaultText: defaultText,
      otherNames: otherNames
    ) { (options, value) throws(UsageError) in set(&options, try value.name(from: values)) }
  }

  /// An option that takes one of `choices` by its name.
  package static func choice<Choice: RawRepresentable<String>>(
    _ name: String, _ help: String, among choices: [Choice], default defaultText: String?, otherNames: [String] = [],
    set: @escaping (inout Options, Choice) -> Void
  ) -> Self {
    .name(name, help, values: choices.map(\.rawValue), default: defaultText, otherNames: otherNames) { options, name in
      if let choice = choices.first(where: { $0.rawValue == name }) { set(&options, choice) }
    }
  }

  /// An option that takes a whole number.
  package static func integer(
    _ name: String, _ help: String, placeholder: String = "N", in range: ClosedRange<Int>,
    default defaultText: String?, otherNames: [String] = [], set: @escaping (inout Options, Int) -> Void
  ) -> Self {
    Self(
      name: name, placeholder: placeholder, help: help, values: [], defaultText: defaultText, otherNames: otherNames
    ) { (options, value) throws(UsageError) in set(&options, try value.integer(in: range)) }
  }

  /// An option that takes a number.
  package static func number(
    _ name: String, _ help: String, _ bounds: NumberBounds, placeholder: String = "X", default defaultText: String?,
    otherNames: [String] = [], set: @escaping (inout Options, Double) -> Void
  ) -> Self {
    Self(
      name: name, placeholder: placeholder, help: help, values: [], defaultText: defaultText, otherNames: otherNames
    ) { (options, value) throws(UsageError) in set(&options, try value.number(bounds)) }
  }

  /// An option that takes a path.
  package static func path(
    _ name: String, _ help: String, placeholder: String = "FILE", default defaultText: String? = nil,
    otherNames: [String] = [], set: @escaping (inout Options, String) -> Void
  ) -> Self {
    Self(
      name: name, placeholder: placeholder, help: help, values: [], defaultText: defaultText, otherNames: otherNames
    ) { (options, value) throws(UsageError) in set(&options, try value.path()) }
  }
}
