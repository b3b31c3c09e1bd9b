namespace PSSharedMemory;

/// <summary>An item of a list in a segment.</summary>
/// <param name="Offset">Where its node begins: bytes from the start of the segment.</param>
/// <param name="Value">What it holds.</param>
public sealed record ShmListItem(long Offset, int Value);
