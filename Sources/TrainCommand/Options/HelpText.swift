/// The help of each command, always 80 columns wide.
struct HelpText {
  let vocabulary: Vocabulary
  let cores: Int

  /// Returns the help of a command.
  func text(for name: Command.Name) -> String {
    switch name {
    case .train, .help: trainHelp
    case .simulate: simulateHelp
    case .replay: replayHelp
    case .compare: compareHelp
    case .list: listHelp
    case .summary: summaryHelp
    case .trace: traceHelp
    case .fit: fitHelp
    }
  }

  private var trainHelp: String {
    let groups = TrainOptions.specifications(vocabulary: vocabulary, cores: cores).map { group in
      "\(group.title):\n" + group.options.map(HelpLayout.entry).joined()
        + (group.title == TrainOptions.algorithmTitle ? "\n" + Self.algorithmNote : "")
    }
    let statuses = ExitCode.allCases.map { HelpLayout.entry("\($0.rawValue)", $0.meaning, column: 7) }.joined()
    return """
      OVERVIEW: Train a neural network with asynchronous SGD, for real, on threads.

      \(HelpLayout.wrapped("""
        Each worker thread pulls the parameters from a parameter server, computes the gradient of a minibatch on its \
        own replica of the model, and pushes it; in async mode nobody waits for anybody. Progress goes to standard \
        error, results go to standard output.
        """))
      USAGE: asgd-train [train] [options]
             asgd-train compare [options]
             asgd-train simulate [options]
             asgd-train replay FILE [options]
             asgd-train list SUBJECT
             asgd-train summary --model NAME --input CxHxW --classes N [options]
             asgd-train trace FILE [options]
             asgd-train fit FILE [options]
             asgd-train help [COMMAND | TOPIC]

      \(groups.joined(separator: "\n"))
      GENERAL:
      \(Self.generalOptions)
      BATCH SIZE AND LEARNING RATE:
      \(HelpLayout.wrapped("""
        A worker pushes the gradient of the mean loss of its minibatch, and --batch-size counts the examples of one \
        worker's minibatch. In async mode each push is an update of its own, a step of learning rate times gradient. \
        In sync mode an update waits for all workers and takes one such step along the mean of their gradients, so \
        that it averages over workers times batch size examples, and there are fewer updates an epoch. A learning \
        rate that is given is used as it is. The default suits model, optimizer, momentum and mode: it is stable \
        with 8 workers in async mode, larger where an update averages over several gradients (in sync mode times the \
        workers, 8 at most), smaller with momentum, and falls with the workers beyond 8. Momentum and \
        staleness multiply: with many workers use little of it, or a rule that knows of it.
        """, indent: 2))
      EXIT STATUS:
      \(statuses)
      EXAMPLES:
        asgd-train --workers 8
            Learn the built-in digits with eight workers that do not wait.
        asgd-train --workers 8 --mode sync
            The same with a barrier, to compare.
        asgd-train --workers 8 --mode ssp --staleness-bound 2 --rule dc-asgd-a
            Wait for workers that fall behind, and compensate for the delay.
        asgd-train --dataset mnist --data-dir DIR --epochs 5 --metrics run.jsonl
            Learn MNIST from the files in DIR, and keep the figures.
        asgd-train --checkpoint run.safetensors
        asgd-train --resume run.safetensors --checkpoint run.safetensors
            Stop with Ctrl-C, and go on later.
        asgd-train --workers 8 --record run.asgd
        asgd-train replay run.asgd
            Repeat a run of real threads bit for bit.

      """
  }

  private var listHelp: String {
    let subjects = ListSubject.allCases.map { subject in
      HelpLayout.entry(subject.rawValue, vocabulary[subject].map(\.name).joined(separator: ", "), column: 15)
    }
    return """
      OVERVIEW: List the values that an option takes, a name and its meaning a line.

      USAGE: asgd-train list SUBJECT

      SUBJECTS:
      \(subjects.joined())
      GENERAL:
      \(Self.generalOptions)
      """
  }

  private var summaryHelp: String {
    """
    OVERVIEW: Show the layers of a model, their shapes and the number of parameters.

    USAGE: asgd-train summary --model NAME --input CxHxW --classes N [options]

    OPTIONS:
    \(SummaryOptions.specifications(vocabulary: vocabulary).map(HelpLayout.entry).joined())
    GENERAL:
    \(Self.generalOptions)
    EXAMPLES:
      asgd-train summary --model lenet5 --input 1x28x28 --classes 10

    """
  }

  private var traceHelp: String {
    """
    OVERVIEW: Show what happened in a recorded run: who pulled and pushed what.

    \(HelpLayout.wrapped("""
      Prints the settings of the run, a line for each event, and what they amount to. Times are those of the run; \
      'pulled' is the version that a worker computed a gradient at, 'version' that of the server when it arrived, and \
      'stale' the difference. 'compute' is from the start of its first minibatch until the worker hands the gradient \
      over, 'wait' from there until the server has it. A run that was killed is shown as far as it was recorded.
      """))
    USAGE: asgd-train trace FILE [options]

    OPTIONS:
    \(TraceOptions.specifications.map(HelpLayout.entry).joined())
    GENERAL:
    \(Self.generalOptions)
    JSON LINES:
    \(HelpLayout.wrapped("""
      The first object has "event": "recording" with file, complete and settings, the last "event": "summary". Of \
      those between, each has its sequence; "event": "push" has worker, shard, pulledVersion, version, staleness, \
      minibatches, randomStream (seed, worker and the step of the first minibatch), pulledAt, startedAt, pushedAt and \
      arrivedAt in microseconds, loss, fate (applied, queued or dropped), reason and pulls. The others are begin, pull, \
      leave, join, fault, fingerprint, epoch and end, with the microseconds in at.
      """, indent: 2))
    EXAMPLES:
      asgd-train trace run.asgd --limit 20
          The first events.
      asgd-train trace run.asgd --chrome-trace run.json
          A lane for each worker and server, with arrows between, for Perfetto.
      asgd-train trace run.asgd --json | grep '"event":"push"'
          The gradients, for a script.

    """
  }

  private static var algorithmNote: String {
    let topics = HelpTopic.allCases.map { "'asgd-train help \($0.rawValue)'" }
    return HelpLayout.wrapped(
      """
      Each runs with only its name given. What they are, their options with the defaults, and what goes together: see \
      \(topics.dropLast().joined(separator: ", ")) and \(topics.last ?? "").
      """, indent: 2)
  }

  static var generalOptions: String {
    HelpLayout.entry("-h, --help", "Show this help.") + HelpLayout.entry("--version", "Show the version.")
  }
}
