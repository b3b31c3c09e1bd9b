using System;
using System.Runtime.InteropServices;

namespace PSSharedMemory.Native;

/// <summary>
/// One range of the guard's table, as the handler reads it (guard-x64.S). While <see cref="Start"/> isn't 0, its
/// position and length don't change.
/// </summary>
[StructLayout(LayoutKind.Sequential)]
internal unsafe struct GuardEntry
{
    /// <summary>The first address; 0 while the entry is not in use. Written last and cleared first.</summary>
    public nint Start;

    /// <summary>The address behind the last.</summary>
    public nint End;

    /// <summary>Binary logarithm of the page size.</summary>
    public long PageShift;

    /// <summary>What the pages that replace lost ones allow: PROT_READ and the like.</summary>
    public long Protection;

    /// <summary>A bit for each page, set by the handler where it put zeros.</summary>
    public ulong* Lost;

    /// <summary>Grows with each fault, before anybody can see the zeros and once more after it.</summary>
    public long Hits;

    /// <summary>Bits of <see cref="GuardLoss"/>.</summary>
    public long HowLost;

    /// <summary>The bits themselves, where 64 pages are all there are.</summary>
    public ulong OwnLost;
}

/// <summary>What came over the pages of a range, as far as the address did not tell.</summary>
[Flags]
internal enum GuardLoss : long
{
    /// <summary>An object or memory ended there.</summary>
    None = 0,

    /// <summary>All of the range was replaced, since areas ran short.</summary>
    Whole = 1,

    /// <summary>Other code in this process unmapped pages.</summary>
    Unmapped = 2,

    /// <summary>Other code in this process closed pages.</summary>
    Closed = 4,
}

/// <summary>Entries that lie together; never freed, since a handler may be reading them at any time.</summary>
[StructLayout(LayoutKind.Sequential)]
internal unsafe struct GuardBlock
{
    /// <summary>Bytes before the first entry.</summary>
    public const int HeaderSize = 64;

    /// <summary>The block behind this one.</summary>
    public GuardBlock* Next;

    /// <summary>How many entries the handler looks at.</summary>
    public long Count;
}

/// <summary>What the handler works with beside the entries.</summary>
[StructLayout(LayoutKind.Sequential)]
internal unsafe struct GuardData
{
    /// <summary>The handler of SIGBUS that was there before.</summary>
    public nint OldBus;

    /// <summary>The handler of SIGSEGV that was there before.</summary>
    public nint OldSegv;

    /// <summary>Handlers that may be looking at an entry at this moment.</summary>
    public long Active;

    /// <summary>Areas of this address space that single zero pages may still take.</summary>
    public long SpareAreas;

    /// <summary>The table.</summary>
    public GuardBlock* FirstBlock;

    /// <summary>Faults that were absorbed since the process began.</summary>
    public long Absorbed;

    private fixed long _reserved[2];

    /// <summary>A struct sigaction of the kernel that says SIG_DFL.</summary>
    private fixed long _defaultAction[8];
}
