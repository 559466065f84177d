internal import TrainCommand

/// The help of each command.
struct BenchmarkHelp {
  let vocabulary: BenchmarkVocabulary

  /// Returns the help of a command.
  func text(for name: BenchmarkCommand.Name) -> String {
    switch name {
    case .help: overview
    case .kernels: kernels
    case .server: server
    case .training: training
    }
  }

  private var overview: String {
    """
    OVERVIEW: Measure the kernels, the parameter server and training.

    \(HelpLayout.wrapped("""
      Each figure is the median of several rounds. What is compared takes turns within each round, the machine's own \
      limit included, so that percentages and ratios hold on a busy machine, too; times and rates do not. Build with \
      '-c release'.
      """))
    USAGE: asgd-bench kernels [options]
           asgd-bench server [options]
           asgd-bench training [options]
           asgd-bench help [COMMAND]

    BENCHMARKS:
    \(HelpLayout.entry("kernels", "Matrix products, convolutions, pooling, activations, loss and update.", column: 13))\
    \(HelpLayout.entry("server", "Pushes and pulls, and what the server costs a single worker.", column: 13))\
    \(HelpLayout.entry("training", "Examples a second of each model, and where the time goes.", column: 13))
    GENERAL:
    \(Self.generalOptions)
    EXIT STATUS:
    \(Self.statuses)
    """
  }

  private var kernels: String {
    """
    OVERVIEW: Measure the kernels on one core.

    \(HelpLayout.wrapped("""
      A percentage of peak is relative to multiplications and additions in registers, with the widest instruction set \
      of the machine. A percentage of stream is relative to a triad (two arrays read, one written) over as many bytes, \
      which are in the same cache.
      """))
    USAGE: asgd-bench kernels [options]

    \(Self.entries(KernelsOptions.specifications(vocabulary)))
    GENERAL:
    \(Self.generalOptions)
    EXAMPLES:
      asgd-bench kernels --filter conv2d
          Only the convolutions.
      asgd-bench kernels --isa avx512,avx2 --json kernels.json
          Compare two instruction sets.

    """
  }

  private var server: String {
    """
    OVERVIEW: Measure the parameter server without and with models.

    \(HelpLayout.wrapped("""
      Workers first push ready-made gradients as fast as they can: what one push costs (the pull that follows belongs \
      to it), what a pull costs, and what the update inside costs. Then updates are made without workers, with each \
      optimizer and with each rule, in turns with those of plain SGD. At last one worker trains a model with the \
      server, in turns with a bare loop over the same minibatches that has none.
      """))
    USAGE: asgd-bench server [options]

    \(Self.entries(ServerOptions.specifications(vocabulary)))
    GENERAL:
    \(Self.generalOptions)
    EXAMPLES:
      asgd-bench server --workers 1,8 --parameters 61706
          A server of the size of LeNet-5.
      asgd-bench server --filter dc-asgd --parameters 1000000
          What delay compensation costs.

    """
  }

  private var training: String {
    """
    OVERVIEW: Measure the training of models, in async mode with momentum.

    \(HelpLayout.wrapped("""
      The embedded digits are trained on for some seconds a round, without evaluations. Where there is more than one \
      configuration each runs in a process of its own, so that the peak memory is its own. Operations count as the \
      formulas have them. The shares of time come from another run, because measuring them takes time; they are \
      relative to the time of the cores that the workers can use.
      """))
    USAGE: asgd-bench training [options]

    \(Self.entries(TrainingOptions.specifications(vocabulary)))
    GENERAL:
    \(Self.generalOptions)
    EXAMPLES:
      asgd-bench training --model lenet5 --workers 1,2,4,8
          How training scales.

    """
  }

  private static func entries<Options>(_ groups: [OptionGroup<Options>]) -> String {
    groups.map { "\($0.title):\n" + $0.options.map(HelpLayout.entry).joined() }.joined(separator: "\n")
  }

  private static var generalOptions: String {
    HelpLayout.entry("-h, --help", "Show this help.") + HelpLayout.entry("--version", "Show the version.")
  }

  private static var statuses: String {
    BenchmarkProgram.exitCodes.map { HelpLayout.entry("\($0.code.rawValue)", $0.meaning, column: 7) }.joined()
  }
}
