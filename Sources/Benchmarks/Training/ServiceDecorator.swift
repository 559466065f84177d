internal import AsyncSGD

/// A way to a server that does something besides; what it does not say is forwarded.
protocol ServiceDecorator: ParameterService {
  /// What the calls are forwarded to.
  var base: any ParameterService { get }
}

extension ServiceDecorator {
  func pull(worker: Int, into snapshot: inout ParameterSnapshot) { base.pull(worker: worker, into: &snapshot) }
  func takeGradientBuffer() -> GradientBuffer { base.takeGradientBuffer() }
  func giveBack(_ buffer: GradientBuffer) { base.giveBack(buffer) }
  func push(_ push: GradientPush, snapshot: inout ParameterSnapshot) -> PushReply {
    base.push(push, snapshot: &snapshot)
  }
  func wait(worker: Int, snapshot: inout ParameterSnapshot) -> PushReply {
    base.wait(worker: worker, snapshot: &snapshot)
  }
  func isWanted(version: Int) -> Bool { base.isWanted(version: version) }
  func restart(worker: Int, snapshot: inout ParameterSnapshot) { base.restart(worker: worker, snapshot: &snapshot) }
  func leave(worker: Int, snapshot: inout ParameterSnapshot) { base.leave(worker: worker, snapshot: &snapshot) }
}
