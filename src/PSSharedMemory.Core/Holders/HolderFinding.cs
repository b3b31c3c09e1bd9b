using System;
using System.Collections.Generic;

namespace PSSharedMemory;

/// <summary>What is known of the use of one segment, before it is judged.</summary>
internal sealed record HolderFacts
{
    /// <summary>The family.</summary>
    public required ShmKind Kind { get; init; }

    /// <summary>Whether it is removed and waits for its end.</summary>
    public bool IsRemoved { get; init; }

    /// <summary>System V: the kernel's count of attached areas, taken after the pass.</summary>
    public long? AttachCount { get; init; }

    /// <summary>Mapped areas that were found.</summary>
    public int Areas { get; init; }

    /// <summary>Distinct processes that were found, with a mapping or a descriptor.</summary>
    public int Processes { get; init; }

    /// <summary>POSIX: whether the kernel says that it is held; null where it wasn't asked or didn't say.</summary>
    public bool? KernelSaysHeld { get; init; }

    /// <summary>Processes that may not be read.</summary>
    public int Unreadable { get; init; }

    /// <summary>Whether hidepid hides processes.</summary>
    public bool HidesProcesses { get; init; }

    /// <summary>
    /// Whether the caller may look into other users' processes: what then may not be read is shielded from root too.
    /// </summary>
    public bool IsPrivileged { get; init; }

    /// <summary>Whether the processes of the whole host are seen, not those of a container.</summary>
    public bool IsHostView { get; init; } = true;
}

/// <summary>The judgement on the use of one segment.</summary>
internal sealed record HolderFinding(int? HolderCount, ShmVerdict Verdict, IReadOnlyList<string> Evidence)
{
    /// <summary>Judges. Only facts go in, so that every case can be tested.</summary>
    public static HolderFinding Judge(HolderFacts facts)
    {
        List<string> evidence = [];
        var count = facts.Kind == ShmKind.SysV ? CountSysV(facts, evidence) : CountByReading(facts, evidence);
        return new HolderFinding(count, VerdictOf(facts, count), evidence);
    }

    // The kernel counts areas across all namespaces and users: as many found means that none is missing, whatever
    // could not be read.
    private static int? CountSysV(HolderFacts facts, List<string> evidence)
    {
        evidence.Add(FormattableString.Invariant(
            $"The kernel counts {Plural.Of(facts.AttachCount ?? 0, "attached area")}; {facts.Areas} found in ")
            + $"{Plural.Of(facts.Processes, "process", "processes")}.");
        if (facts.AttachCount == facts.Areas)
        {
            return facts.Processes;
        }

        AddBlindSpots(facts, evidence);
        return null;
    }

    private static int? CountByReading(HolderFacts facts, List<string> evidence)
    {
        evidence.Add(facts.Processes == 0
            ? "No process was found that has it mapped or open."
            : FormattableString.Invariant(
                $"{Plural.Of(facts.Processes, "process has", "processes have")} it mapped or open."));
        if (facts.Processes == 0 && facts.KernelSaysHeld is { } held)
        {
            evidence.Add(held
                ? "The kernel refuses a lease: something that cannot be seen from here has it open."
                : "The kernel grants a write lease: nobody has it mapped or open.");
            return held ? null : 0;
        }

        var seesAll = AddBlindSpots(facts, evidence);
        // That nobody holds it needs proof. How many hold it is what can be seen from here, unless whole users'
        // processes are hidden: a process outside of the container, or one that is shielded even from root, is told of
        // in the evidence and does not make all counts unknown.
        var seesUsers = facts is { HidesProcesses: false } && (facts.Unreadable == 0 || facts.IsPrivileged);
        return seesAll || (facts.Processes > 0 && seesUsers) ? facts.Processes : null;
    }

    private static bool AddBlindSpots(HolderFacts facts, List<string> evidence)
    {
        var before = evidence.Count;
        if (facts.Unreadable > 0)
        {
            evidence.Add(
                FormattableString.Invariant(
                    $"{Plural.Of(facts.Unreadable, "process", "processes")} could not be inspected."));
        }

        if (facts.HidesProcesses)
        {
            evidence.Add("/proc hides the processes of other users (hidepid).");
        }

        if (!facts.IsHostView)
        {
            evidence.Add("Processes outside of this process namespace are not seen.");
        }

        return evidence.Count == before;
    }

    private static ShmVerdict VerdictOf(HolderFacts facts, int? count)
    {
        if (facts.IsRemoved)
        {
            return ShmVerdict.RemovalPending;
        }

        if (count > 0 || facts.Processes > 0 || facts.AttachCount > 0 || facts.KernelSaysHeld == true)
        {
            return ShmVerdict.InUse;
        }

        return count == 0 ? ShmVerdict.Unattached : ShmVerdict.Unknown;
    }
}
