import Foundation
import TrainCommand

exit(Program.main(Array(CommandLine.arguments.dropFirst())).rawValue)
