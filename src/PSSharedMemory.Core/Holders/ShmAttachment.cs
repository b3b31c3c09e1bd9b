using System;

namespace PSSharedMemory;

/// <summary>
/// One mapped area of shared memory in one process, or a descriptor of it that is held open without a mapping. As
/// /proc showed it at one moment (proc_pid_maps(5), proc_pid_smaps(5)).
/// </summary>
public sealed class ShmAttachment
{
    private const string RuntimeLabel = "memfd:doublemapper";
    private const string RuntimeHandshake = "memfd:dotnet_ipc_created";

    private readonly long? _rss;
    private readonly long? _pss;
    private readonly long? _swap;

    /// <summary>The process that holds it.</summary>
    public int ProcessId { get; internal init; }

    /// <summary>The process' name, at most 15 bytes of it.</summary>
    public string Command { get; internal init; } = "";

    /// <summary>The user that the process runs as; the number as text where the host knows no name.</summary>
    public string User { get; internal init; } = "";

    /// <summary>The user's id.</summary>
    public uint UserId { get; internal init; }

    /// <summary>The segment that is held.</summary>
    public ShmAreaKind Kind { get; internal init; }

    /// <summary>
    /// The segment, also one that is removed or has no name. Null for what belongs to another namespace that cannot be
    /// looked into.
    /// </summary>
    public ShmSegment? Segment { get; internal init; }

    /// <summary>What the kernel calls it: "/name", "id 5", "memfd:label", or its path.</summary>
    public string Label { get; internal init; } = "";

    /// <summary>Address of the first byte in that process; null for a descriptor.</summary>
    public long? Address { get; internal init; }

    /// <summary>The address as text: "0x7f0012340000".</summary>
    public string? HexAddress => Address is { } address ? FormattableString.Invariant($"0x{address:x}") : null;

    /// <summary>Bytes from the start of the segment; null for a descriptor.</summary>
    public long? Offset { get; internal init; }

    /// <summary>Bytes mapped; where it is open only, of the whole object.</summary>
    public long? Length { get; internal init; }

    /// <summary>What the area allows; for a descriptor, what it was opened for.</summary>
    public ShmProtection Protection { get; internal init; }

    /// <summary>
    /// Whether it is the memfd through which a .NET runtime writes the code that it compiles: hundreds of areas in
    /// every such process, shared with no other.
    /// </summary>
    public bool IsRuntimeCode() => Kind == ShmAreaKind.MemFd && Label == RuntimeLabel;

    /// <summary>
    /// Whether it is memory of a .NET runtime's own: the code that it writes, or its start-up handshake.
    /// </summary>
    public bool IsRuntimeOwn() => Kind == ShmAreaKind.MemFd && Label is RuntimeLabel or RuntimeHandshake;

    /// <summary>Whether writes stay in that process (MAP_PRIVATE).</summary>
    public bool IsCopyOnWrite { get; internal init; }

    /// <summary>
    /// The lowest descriptor by which that process has it open, mapped or not; null where it has it mapped only.
    /// </summary>
    public int? Descriptor { get; internal init; }

    /// <summary>
    /// Bytes of the area in RAM; null for a descriptor, and where it may not be read. Of a whole host's listing it is
    /// read when it is first asked, and is null where the process has ended by then.
    /// </summary>
    public long? Rss
    {
        get => _rss ?? (Later is { } usage ? usage.Rss + usage.Huge : null);
        internal init => _rss = value;
    }

    /// <summary>Bytes in RAM, each page divided by the number of processes that map it; null as with Rss.</summary>
    public long? Pss
    {
        get => _pss ?? Later?.Pss;
        internal init => _pss = value;
    }

    /// <summary>Bytes of the area in swap; null as with Rss.</summary>
    public long? Swap
    {
        get => _swap ?? Later?.Swap;
        internal init => _swap = value;
    }

    /// <summary>Whether the segment is removed and lives only as long as it is held.</summary>
    public bool IsRemoved { get; internal init; }

    /// <summary>
    /// The namespace that it belongs to, as "ipc:[4026532281]", where that is not this process' own; else null.
    /// </summary>
    public string? Namespace { get; internal init; }

    /// <summary>
    /// When the process started, in clock ticks since the boot: it distinguishes the process from a later one with the
    /// same id.
    /// </summary>
    public long ProcessStartTicks { get; internal init; }

    /// <summary>
    /// Where Rss, Pss and Swap are read on first use; null where they were read already or aren't wanted.
    /// </summary>
    internal UsageSource? UsageSource { get; init; }

    private SmapsUsage? Later =>
        Address is { } address && Length is { } length ? UsageSource?.Find(address, length) : null;

    /// <summary>"1234 postgres: /name at 0x7f…".</summary>
    public override string ToString() => Address is { } address
        ? FormattableString.Invariant(
            $"{ProcessId} {PrintableText.Of(Command)}: {PrintableText.Of(Label)} at 0x{address:x}")
        : FormattableString.Invariant(
            $"{ProcessId} {PrintableText.Of(Command)}: {PrintableText.Of(Label)} by descriptor {Descriptor}");
}
