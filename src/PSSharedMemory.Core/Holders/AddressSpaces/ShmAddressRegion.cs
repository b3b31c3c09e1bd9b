using System;

namespace PSSharedMemory;

/// <summary>What a part of an address space is.</summary>
public enum ShmRegionKind : long
{
    /// <summary>The program's own file.</summary>
    Program,

    /// <summary>The heap that brk(2) grows.</summary>
    Heap,

    /// <summary>A shared library, or another file with code.</summary>
    Library,

    /// <summary>Another file that is mapped.</summary>
    Mapped,

    /// <summary>The stack of the main thread.</summary>
    Stack,

    /// <summary>Shared memory: System V, POSIX, memfd, or without a name.</summary>
    Shared,

    /// <summary>Private memory: other heaps, the stacks of threads, what the runtime reserves.</summary>
    Anonymous,

    /// <summary>What the kernel puts there: vdso, vvar, vsyscall.</summary>
    Kernel,
}

/// <summary>An area of an address space (proc_pid_maps(5)).</summary>
public sealed class ShmAddressRegion
{
    /// <summary>The process.</summary>
    public int ProcessId { get; internal init; }

    /// <summary>What it is.</summary>
    public ShmRegionKind Kind { get; internal init; }

    /// <summary>Address of the first byte.</summary>
    public ulong Address { get; internal init; }

    /// <summary>The address as text: "0x7f0012340000".</summary>
    public string HexAddress => FormattableString.Invariant($"0x{Address:x}");

    /// <summary>Address behind the last byte.</summary>
    public ulong EndAddress { get; internal init; }

    /// <summary>Bytes.</summary>
    public long Length => (long)(EndAddress - Address);

    /// <summary>What it allows.</summary>
    public ShmProtection Protection { get; internal init; }

    /// <summary>Whether writes are seen by others (MAP_SHARED).</summary>
    public bool IsShared { get; internal init; }

    /// <summary>Bytes from the start of the file or segment.</summary>
    public long Offset { get; internal init; }

    /// <summary>The file, or what the kernel calls it; empty for private memory without a name.</summary>
    public string Name { get; internal init; } = "";

    /// <summary>The segment behind it, where it is shared memory that has one.</summary>
    public ShmSegment? Segment { get; internal init; }

    /// <summary>Identifies shared memory across processes; null for anything else.</summary>
    internal SharedObject? Object { get; init; }

    /// <summary>"7f…-7f… rw- name".</summary>
    public override string ToString() =>
        FormattableString.Invariant($"{Address:x}-{EndAddress:x} {Kind} {PrintableText.Of(Name)}");
}
