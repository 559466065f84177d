internal import AsyncSGD

extension HelpText {
  /// The help of `compare`.
  var compareHelp: String {
    let groups = CompareOptions.specifications(vocabulary: vocabulary, cores: cores).map { group in
      "\(group.title):\n" + group.options.map(HelpLayout.entry).joined()
    }
    return """
      OVERVIEW: Train the same problem in several ways, and say which is better.

      \(HelpLayout.wrapped("""
        Every mode is trained with every rule and every number of workers, and each of these cells with the same seeds: \
        a seed gives all cells the same initial parameters and the same order of the examples, so that differences are \
        paired. Combinations that mean nothing are left out, with the reason. The cells are compared at equal gradients, \
        at equal time, and by the time to a target accuracy, with 95 % intervals (Student's t over the seeds); the \
        verdict says what these show, and what they do not. Runs are evaluated after each epoch: what is said of times needs \
        5 epochs or more, and is withheld where the evaluations are too far apart; more epochs give these views.
        """))
      \(HelpLayout.wrapped("""
        Runs are trained one after the other in wall-clock time, seed by seed, so that they do not disturb each other and \
        a machine that becomes slower does so for all cells. Leave it alone meanwhile. With --delays or --script they go \
        in virtual time, on an emulated cluster of up to \(Simulator.maximumWorkers) workers, and are repeatable bit for \
        bit.
        """))
      USAGE: asgd-train compare [options]

      \(groups.joined(separator: "\n"))
      \(HelpLayout.wrapped("""
        The options of modes and rules (see 'asgd-train help modes' and 'asgd-train help rules') hold for all cells that \
        have them; what a list says of a cell comes first.
        """))
      GENERAL:
      \(Self.generalOptions)
      LEARNING RATE:
      \(HelpLayout.wrapped("""
        A --learning-rate that is given holds for all cells. Without it each cell has the default of its mode, rule and \
        number of workers, as 'asgd-train train' would have; so what is compared is each algorithm as one would use it.
        """, indent: 2))
      EXIT STATUS:
      \(HelpLayout.wrapped("""
        As of train. Runs that diverge are results; only if all do, the status is 1. Interrupted (130), the runs that are \
        done are in the file of --json, and the same command goes on. A file of --json that is damaged is malformed data \
        (65).
        """, indent: 2))
      EXAMPLES:
        asgd-train compare --modes sync,async,ssp:3 --workers 2,4,8
            Waiting for all, for nobody, and for those 3 steps behind.
        asgd-train compare --rules plain,dc-asgd-a --modes async --workers 8
            What compensating for staleness changes.
        asgd-train compare --dataset mnist --seeds 10 --json c.jsonl --html c.html
            Keep the runs, to go on after Ctrl-C, and look at the curves.
        asgd-train compare --workers 16,64 --delays pareto:shape=2.1,mean=20ms
            Whether to wait on a cluster whose workers are now and then very late.

      """
  }
}
