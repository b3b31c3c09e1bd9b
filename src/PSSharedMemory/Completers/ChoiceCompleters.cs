using System;
using System.Collections;
using System.Collections.Generic;
using System.Linq;

namespace PSSharedMemory.Commands;

/// <summary>Completes the values of an enumeration, with what each means.</summary>
/// <typeparam name="T">The enumeration.</typeparam>
public abstract class ChoiceCompleter<T> : ShmCompleter
    where T : struct, Enum
{
    private protected sealed override IEnumerable<(string Text, string Tooltip)> Candidates(
        IDictionary boundParameters) =>
        Enum.GetValues<T>().Select(one => (one.ToString(), Meaning(one)));

    /// <summary>What it means, in a few words.</summary>
    private protected abstract string Meaning(T choice);
}

/// <summary>Completes what pages allow.</summary>
public sealed class ProtectionCompleter : ChoiceCompleter<ShmProtection>
{
    private protected override string Meaning(ShmProtection choice) => choice switch
    {
        ShmProtection.None => "No access at all",
        ShmProtection.Read => "Pages can be read",
        ShmProtection.Write => "Pages can be written; on x64 that lets them be read too",
        ShmProtection.Execute => "Code in the pages can run",
        _ => choice.ToString(),
    };
}

/// <summary>Completes the seals of a memfd.</summary>
public sealed class SealCompleter : ChoiceCompleter<ShmSeals>
{
    private protected override string Meaning(ShmSeals choice) => choice switch
    {
        ShmSeals.None => "No seal",
        ShmSeals.Seal => "No more seals can be set",
        ShmSeals.Shrink => "It never gets smaller",
        ShmSeals.Grow => "It never gets larger",
        ShmSeals.Write => "Nobody can write, through any mapping",
        ShmSeals.FutureWrite => "Only mappings that are there already can write",
        ShmSeals.Exec => "Its execute bits stay as they are (Linux 6.3)",
        _ => choice.ToString(),
    };
}

/// <summary>Completes what madvise(2) knows.</summary>
public sealed class AdviceCompleter : ChoiceCompleter<ShmAdvice>
{
    private protected override string Meaning(ShmAdvice choice) => choice switch
    {
        ShmAdvice.Normal => "Nothing special: undoes Random and Sequential",
        ShmAdvice.Random => "Access will be random: don't read ahead",
        ShmAdvice.Sequential => "Access will be in order, mostly only once",
        ShmAdvice.WillNeed => "Needed soon: fetch what is in swap",
        ShmAdvice.DontNeed => "Not needed here now; a copy-on-write mapping loses what it wrote",
        ShmAdvice.Remove => "Frees the memory: its bytes become 0 for everybody",
        ShmAdvice.DontFork => "A child made by fork doesn't get the pages",
        ShmAdvice.DoFork => "Undoes DontFork",
        ShmAdvice.Mergeable => "Equal pages may be merged (KSM)",
        ShmAdvice.Unmergeable => "Undoes Mergeable",
        ShmAdvice.HugePage => "Use transparent huge pages",
        ShmAdvice.NoHugePage => "Don't use transparent huge pages",
        ShmAdvice.DontDump => "Leave it out of core dumps",
        ShmAdvice.DoDump => "Undoes DontDump",
        ShmAdvice.Cold => "Swap it out first when memory is short (Linux 5.4)",
        ShmAdvice.PageOut => "Swap it out now (Linux 5.4)",
        ShmAdvice.PopulateRead => "Bring it in now, as reading would (Linux 5.14)",
        ShmAdvice.PopulateWrite => "Bring it in now, as writing would (Linux 5.14)",
        ShmAdvice.Collapse => "Turn it into huge pages now, as far as possible (Linux 6.1)",
        _ => choice.ToString(),
    };
}

/// <summary>Completes the families of shared memory.</summary>
public sealed class KindCompleter : ChoiceCompleter<ShmKind>
{
    private protected override string Meaning(ShmKind choice) => choice switch
    {
        ShmKind.SysV => "System V: known by an id, and by a key if it has one",
        ShmKind.Posix => "POSIX: a name such as /orders, in /dev/shm",
        ShmKind.MemFd => "memfd: lives as long as a process holds it",
        ShmKind.Anonymous => "Shared memory without a name, between a process and its children",
        _ => choice.ToString(),
    };
}

/// <summary>Completes the orders of the bytes of a number.</summary>
public sealed class ByteOrderCompleter : ChoiceCompleter<ShmByteOrder>
{
    private protected override string Meaning(ShmByteOrder choice) => choice switch
    {
        ShmByteOrder.Native => "As this machine has it",
        ShmByteOrder.LittleEndian => "The lowest byte first, as on x64 and arm64",
        ShmByteOrder.BigEndian => "The highest byte first, as on networks",
        _ => choice.ToString(),
    };
}

/// <summary>Completes what Watch-ShmEvent tells.</summary>
public sealed class EventCompleter : ChoiceCompleter<ShmEventKind>
{
    private protected override string Meaning(ShmEventKind choice) => choice switch
    {
        ShmEventKind.Made => "A segment was made",
        ShmEventKind.Opened => "A process opened or attached it",
        ShmEventKind.Resized => "Its size changed",
        ShmEventKind.Removed => "Its name or id is gone",
        ShmEventKind.Overflow => "More happened at once than could be recorded",
        _ => choice.ToString(),
    };
}

/// <summary>Completes what Watch-ShmStat sorts by.</summary>
public sealed class StatSortCompleter : ChoiceCompleter<ShmStatSort>
{
    private protected override string Meaning(ShmStatSort choice) => choice switch
    {
        ShmStatSort.Used => "Most memory in use first",
        ShmStatSort.Growth => "The fastest growing first",
        ShmStatSort.Size => "The largest first",
        ShmStatSort.Age => "The oldest first",
        ShmStatSort.Holders => "The most holders first",
        ShmStatSort.Label => "By name or id",
        _ => choice.ToString(),
    };
}

/// <summary>Completes what a region of an address space may be.</summary>
public sealed class RegionKindCompleter : ChoiceCompleter<ShmRegionKind>
{
    private protected override string Meaning(ShmRegionKind choice) => choice switch
    {
        ShmRegionKind.Program => "The program's own file",
        ShmRegionKind.Heap => "The heap that brk(2) grows",
        ShmRegionKind.Library => "A shared library, or another file with code",
        ShmRegionKind.Mapped => "Another file that is mapped",
        ShmRegionKind.Stack => "The stack of the main thread",
        ShmRegionKind.Shared => "Shared memory of any family",
        ShmRegionKind.Anonymous => "Private memory: heaps, stacks of threads, what the runtime keeps",
        ShmRegionKind.Kernel => "What the kernel puts there: vdso, vvar, vsyscall",
        _ => choice.ToString(),
    };
}
