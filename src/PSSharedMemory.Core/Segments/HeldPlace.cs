namespace PSSharedMemory;

/// <summary>Where a process holds an object that has no name to be found by.</summary>
/// <param name="ProcessId">The process.</param>
/// <param name="StartTicks">When it started, in clock ticks since the boot.</param>
/// <param name="Descriptor">Its descriptor's number there; null where it has it mapped only.</param>
/// <param name="Start">The first address of a mapped area; 0 where it has it open only.</param>
/// <param name="End">Behind the area's last byte.</param>
internal sealed record HeldPlace(int ProcessId, ulong StartTicks, int? Descriptor, ulong Start, ulong End);
