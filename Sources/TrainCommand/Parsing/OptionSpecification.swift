/// One option as data: how it is called, what the help says, and what it does to the options.
struct OptionSpecification<Options> {
  /// The name with its dashes, such as `--batch-size`.
  let name: String
  /// What its value is called in the help, or `nil` for a flag.
  let placeholder: String?
  /// What it means, in a sentence.
  let help: String
  /// The names that it takes, where they are a list.
  let values: [String]
  /// What holds without it, in words.
  let defaultText: String?
  /// What users of other trainers call it; not accepted, but recognized.
  let otherNames: [String]
  /// Checks the value and sets it.
  let set: (inout Options, OptionValue) throws(UsageError) -> Void
}

extension OptionSpecification {
  /// An option without a value.
  static func flag(_ name: String, _ help: String, set: @escaping (inout Options) -> Void) -> Self {
    Self(name: name, placeholder: nil, help: help, values: [], defaultText: nil, otherNames: []) {
      (options, _) throws(UsageError) in set(&options)
    }
  }

  /// An option that takes one of `values`.
  static func name(
    _ name: String, _ help: String, placeholder: String = "NAME", values: [String], default defaultText: String?,
    otherNames: [String] = [], set: @escaping (inout Options, String) -> Void
  ) -> Self {
    Self(
      name: name, placeholder: placeholder, help: help, values: values, defaultText: defaultText,
      otherNames: otherNames
    ) { (options, value) throws(UsageError) in set(&options, try value.name(from: values)) }
  }

  /// An option that takes a whole number.
  static func integer(
    _ name: String, _ help: String, placeholder: String = "N", in range: ClosedRange<Int>,
    default defaultText: String?, otherNames: [String] = [], set: @escaping (inout Options, Int) -> Void
  ) -> Self {
    Self(
      name: name, placeholder: placeholder, help: help, values: [], defaultText: defaultText, otherNames: otherNames
    ) { (options, value) throws(UsageError) in set(&options, try value.integer(in: range)) }
  }

  /// An option that takes a number.
  static func number(
    _ name: String, _ help: String, _ bounds: NumberBounds, placeholder: String = "X", default defaultText: String?,
    otherNames: [String] = [], set: @escaping (inout Options, Double) -> Void
  ) -> Self {
    Self(
      name: name, placeholder: placeholder, help: help, values: [], defaultText: defaultText, otherNames: otherNames
    ) { (options, value) throws(UsageError) in set(&options, try value.number(bounds)) }
  }

  /// An option that takes a path.
  static func path(
    _ name: String, _ help: String, placeholder: String = "FILE", default defaultText: String? = nil,
    otherNames: [String] = [], set: @escaping (inout Options, String) -> Void
  ) -> Self {
    Self(
      name: name, placeholder: placeholder, help: help, values: [], defaultText: defaultText, otherNames: otherNames
    ) { (options, value) throws(UsageError) in set(&options, try value.path()) }
  }
}
