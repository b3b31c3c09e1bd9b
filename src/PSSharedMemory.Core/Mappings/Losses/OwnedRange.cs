using System;
using System.Numerics;
using System.Threading;
using PSSharedMemory.Native;

namespace PSSharedMemory;

/// <summary>One run of addresses that a mapping owns.</summary>
/// <param name="start">The first address.</param>
/// <param name="end">The address behind the last.</param>
internal sealed unsafe class OwnedRange(nint start, nint end)
{
    // What the private zero pages allow. They belong to nobody, so any store may reach them: one that they refused
    // would fault forever.
    private const int ZeroProtection = Libc.PROT_READ | Libc.PROT_WRITE;

    /// <summary>The first address.</summary>
    public nint Start { get; } = start;

    /// <summary>The address behind the last.</summary>
    public nint End { get; private set; } = end;

    /// <summary>Bytes.</summary>
    public nint Length => End - Start;

    /// <summary>The guard's entry, which counts what is lost here.</summary>
    public GuardEntry* Entry { get; private set; } = FaultGuard.Nothing;

    /// <summary>The count whose areas the guard has got back.</summary>
    public long HitsBefore { get; set; }

    /// <summary>What the guard has counted here.</summary>
    public long Hits => Volatile.Read(ref Entry->Hits);

    /// <summary>What came over it as a whole.</summary>
    public GuardLoss HowLost => (GuardLoss)Volatile.Read(ref Entry->HowLost);

    /// <summary>Pages that the guard can note.</summary>
    public long PageCount => Entry == FaultGuard.Nothing ? 0 : Length >> (int)Entry->PageShift;

    /// <summary>Puts it under the guard. Called once, before others know it.</summary>
    /// <param name="end">The address behind the last, which may not have been known before.</param>
    /// <param name="pageSize">Bytes of one page.</param>
    public OwnedRange Guard(nint end, long pageSize)
    {
        End = end;
        Entry = FaultGuard.Add(Start, end - Start, pageSize, ZeroProtection);
        return this;
    }

    /// <summary>The first of some pages that the guard has covered with zeros; their end for none.</summary>
    /// <param name="page">The first.</param>
    /// <param name="end">The one behind the last.</param>
    public long NextLost(long page, long end) => NextNoted(page, end, isLost: true);

    /// <summary>The first of some pages that it hasn't; their end for none.</summary>
    /// <param name="page">The first.</param>
    /// <param name="end">The one behind the last.</param>
    public long NextKept(long page, long end) => NextNoted(page, end, isLost: false);

    /// <summary>Clears what is noted of pages that were found to be lost.</summary>
    /// <param name="page">The first.</param>
    /// <param name="end">The one behind the last.</param>
    public void ForgetLost(long page, long end)
    {
        for (; page < end; page = (page | 63) + 1)
        {
            var bits = ulong.MaxValue << (int)(page % 64);
            bits = end - page < 64 - (page % 64) ? bits & ~(ulong.MaxValue << (int)(end % 64)) : bits;
            Interlocked.And(ref Entry->Lost[page / 64], ~bits);
        }
    }

    /// <summary>What came over it as a whole, and clears that.</summary>
    public GuardLoss TakeHowLost() =>
        HowLost == GuardLoss.None ? GuardLoss.None : (GuardLoss)Interlocked.Exchange(ref Entry->HowLost, 0);

    /// <summary>Takes over what the guard has noted in an entry that covered this range as well.</summary>
    public void Inherit(OwnedRange former)
    {
        if (Entry == FaultGuard.Nothing || former.Entry == FaultGuard.Nothing)
        {
            return;
        }

        var hasNotes = former.HowLost != GuardLoss.None;
        Interlocked.Or(ref Entry->HowLost, former.Entry->HowLost);
        var ahead = (former.Start - Start) >> (int)Entry->PageShift;
        var end = former.PageCount;
        for (var page = former.NextLost(0, end); page < end; page = former.NextLost(page + 1, end))
        {
            var here = ahead + page;
            if (here >= 0 && here < PageCount)
            {
                hasNotes = true;
                Interlocked.Or(ref Entry->Lost[here / 64], 1UL << (int)(here % 64));
            }
        }

        if (hasNotes)
        {
            // Whoever looks at the count sees that there is something to settle.
            Interlocked.Increment(ref Entry->Hits);
            HitsBefore++;
        }
    }

    private long NextNoted(long page, long end, bool isLost)
    {
        for (; page < end; page = (page | 63) + 1)
        {
            var word = Volatile.Read(ref Entry->Lost[page / 64]);
            var rest = (isLost ? word : ~word) >> (int)(page % 64);
            if (rest != 0)
            {
                return Math.Min(page + BitOperations.TrailingZeroCount(rest), end);
            }
        }

        return end;
    }
}
