// The contract is a module of its own only because the SIMD kernels, compiled once for each instruction set, need it and
// are needed here. To everyone else it is part of this room.
@_exported public import KernelInterface
