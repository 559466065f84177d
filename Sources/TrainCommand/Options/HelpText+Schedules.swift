// The help of the commands that repeat schedules, or make them up.
extension HelpText {
  /// The help of `replay`.
  var replayHelp: String {
    let groups = ReplayOptions.specifications(vocabulary: vocabulary, cores: cores).map { group in
      "\(group.title):\n" + group.options.map(HelpLayout.entry).joined()
    }
    return """
      OVERVIEW: Repeat a recorded run bit for bit, or its schedule under another rule.

      \(HelpLayout.wrapped("""
        'asgd-train --record FILE' and 'asgd-train simulate --record FILE' write recordings: who pulled which version and \
        pushed when, with which minibatches. A replay carries out these events in their order and computes the gradients \
        anew, on any number of threads. Every push and the hashes of the parameters on the way are compared; the first \
        difference, if there is one, is shown. A recording that breaks off, because its run was killed, is replayed up \
        to there.
        """))
      \(HelpLayout.wrapped("""
        With another rule, optimizer or learning rate it is a counterfactual: the same arrivals, other updates. The \
        recorded run is replayed first, and both are shown side by side. Another optimizer has the learning rate that \
        suits it, unless one is given; everything else is as recorded.
        """))
      USAGE: asgd-train replay FILE [options]

      \(groups.joined(separator: "\n"))
      GENERAL:
      \(Self.generalOptions)
      \(HelpLayout.wrapped("""
        The options of rules, optimizers and compressors are those of train (see 'asgd-train help rules'). The same bits \
        need the same data, the same kernels and the same instruction set; a recording knows them.
        """))
      EXIT STATUS:
      \(HelpLayout.wrapped("""
        As of train; 1 if the replay differs from the recording, 65 if the recording is damaged or does not fit the data.
        """, indent: 2))
      EXAMPLES:
        asgd-train --workers 8 --record run.asgd
        asgd-train replay run.asgd
            Record a run with real threads, and repeat it.
        asgd-train replay run.asgd --rule dc-asgd-a
            What delay compensation would have made of the same arrivals.

      """
  }

  /// The help of `simulate`.
  var simulateHelp: String {
    let groups = SimulateOptions.specifications(vocabulary: vocabulary, cores: cores).map { group in
      "\(group.title):\n" + group.options.map(HelpLayout.entry).joined()
    }
    return """
      OVERVIEW: Train with emulated workers in virtual time.

      \(HelpLayout.wrapped("""
        The server, modes, rules and networks are those of a live run, and the gradients are real; only when something \
        happens is made up, from a model of the cluster and the seed. So a run is the same each time and for any number \
        of threads, and thousands of workers need no more threads than there are cores. An epoch is over when its \
        minibatches have reached the server; nobody pauses for it. Writes never overlap, so hogwild is async here.
        """))
      USAGE: asgd-train simulate [options]

      \(groups.joined(separator: "\n"))
      GENERAL:
      \(Self.generalOptions)
      \(HelpLayout.wrapped("""
        The options of modes, rules, optimizers and compressors are those of train (see 'asgd-train help modes').
        """))
      EXIT STATUS:
      \(HelpLayout.wrapped("As of train; 65 if the script makes no sense, 66 if it is not there.", indent: 2))
      EXAMPLES:
        asgd-train simulate --workers 1000 --dataset mnist --model hogwild
            A thousand workers, each on a machine of its own.
        asgd-train simulate --workers 64 --mode sync --delays pareto:shape=2.1
            What waiting for all costs where some calculations take very long.
        asgd-train simulate --workers 100000 --timing-only
            Staleness and waits alone, of so many workers.

      """
  }

  /// The help of `fit`.
  var fitHelp: String {
    """
    OVERVIEW: Find an emulated cluster that behaves as a recorded run.

    \(HelpLayout.wrapped("""
      Takes the times of the recording apart, simulates clusters that may have made them, and chooses the one whose \
      staleness is nearest to what was recorded: their Kolmogorov-Smirnov distance, the largest difference of the two \
      distribution functions. Prints what was measured and how near each kind of cluster came, then the cluster as a \
      script, unless that needs files.
      """))
    \(HelpLayout.wrapped("""
      The kinds: fitted (the families nearest to the durations, and a server that takes one push at a time), measured \
      (durations drawn from the recording, and a server), server (gamma durations, and a server), independent (gamma \
      cycles, nothing shared) and cores (gamma calculations on a few cores, in turns). Of those within a tenth of the \
      run's pace the nearest is chosen; where chance may explain the difference, the one that comes first here, which \
      assumes less. Faults and networks of the recorded run are not fitted; a warning says so.
      """))
    USAGE: asgd-train fit FILE [options]

    OPTIONS:
    \(FitOptions.specifications.map(HelpLayout.entry).joined())
    GENERAL:
    \(Self.generalOptions)
    EXAMPLES:
      asgd-train --workers 8 --record run.asgd
      asgd-train fit run.asgd --output cluster.txt
      asgd-train simulate --workers 8 --script cluster.txt
          Record a run, and go on with it in virtual time.

    """
  }

  /// What there is help on beside commands and families.
  static let scriptsTopic = "scripts"

  /// The help on scripts that describe clusters.
  var scriptsHelp: String {
    func entries(_ lines: [(String, String)]) -> String {
      lines.map { HelpLayout.entry($0.0, $0.1, column: 6) }.joined()
    }
    return """
      OVERVIEW: Scripts that describe a cluster, for simulate --script and --inject.

      \(HelpLayout.wrapped("""
        A directive a line; # begins a comment. Workers are numbered from 0. Times have units (ns, us, ms, s, min, h), \
        rates /s, /min or /h, and links bit/s, kbit/s, Mbit/s, Gbit/s or B/s, kB/s, MB/s, GB/s.
        """))
      ONLY IN VIRTUAL TIME:
      \(entries([
        ("compute MODEL", "How long a gradient takes, as --delays has it."),
        ("service MODEL", "How long the server works on a push."),
        ("network latency T bandwidth B server B", "The links of each worker, and the server's that all share."),
        ("cores N slice T", "All workers share so many processors, in turns of T."),
      ]))
      WORKERS:
      \(entries([
        ("workers 0-9 speed 0.25", "Calculations take four times as long; live speeds are 1 at most."),
        ("worker 3 latency T bandwidth B", "Its own link; only in virtual time."),
        ("straggler worker 3 factor 10", "The same as 'worker 3 speed 0.1'."),
      ]))
      FAULTS, each with a moment: at TIME, at update N, or rate R/s for each worker:
      \(entries([
        ("crash worker 3 at 2s restart after 500ms", "Loses all that it keeps and computes; without restart, for good."),
        ("pause workers 0-3 at update 100 for 1s", "Does nothing for a while."),
        ("join worker 7 at 10s", "Takes part only from then on."),
        ("lose push of all probability 0.01 noticed after 10ms", "The gradient never arrives."),
        ("duplicate push of all rate 0.1/s", "It arrives twice."),
      ]))
      EXAMPLES:
        straggler worker 0
        crash all rate 1/min restart after 5s

      """
  }
}
