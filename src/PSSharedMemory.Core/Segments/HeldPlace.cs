namespace PSSharedMemory;

/// <summary>Where a process holds a nameless object.</summary>
/// <param name="ProcessId">The process.</param>
/// <param name="StartTicks">When it started, in clock ticks since the boot.</param>
/// <param name="Descriptor">Its descriptor's number there; null if it's only mapped.</param>
/// <param name="Start">The first address of a mapped area; 0 if it's only open.</param>
/// <param name="End">Behind the area's last byte.</param>
internal sealed record HeldPlace(int ProcessId, ulong StartTicks, int? Descriptor, ulong Start, ulong End);
