/// A way to a server that does something besides; what it does not say is forwarded.
package protocol ServiceDecorator: ParameterService {
  /// What the calls are forwarded to.
  var base: any ParameterService { get }
}

extension ServiceDecorator {
  package var latestVersion: Int { base.latestVersion }
  package func pull(worker: Int, into snapshot: inout ParameterSnapshot) { base.pull(worker: worker, into: &snapshot) }
  package func takeGradientBuffer() -> GradientBuffer { base.takeGradientBuffer() }
  package func giveBack(_ buffer: GradientBuffer) { base.giveBack(buffer) }
  package func push(_ push: GradientPush, snapshot: inout ParameterSnapshot) -> PushReply {
    base.push(push, snapshot: &snapshot)
  }
  package func wait(worker: Int, snapshot: inout ParameterSnapshot) -> PushReply {
    base.wait(worker: worker, snapshot: &snapshot)
  }
  package func isWanted(version: Int) -> Bool { base.isWanted(version: version) }
  package func restart(worker: Int, snapshot: inout ParameterSnapshot) {
    base.restart(worker: worker, snapshot: &snapshot)
  }
  package func join(worker: Int, snapshot: inout ParameterSnapshot) { base.join(worker: worker, snapshot: &snapshot) }
  package func leave(worker: Int, snapshot: inout ParameterSnapshot) { base.leave(worker: worker, snapshot: &snapshot) }
}
