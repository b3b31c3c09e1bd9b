using System;
using System.Threading;
using PSSharedMemory.Native;

namespace PSSharedMemory;

/// <summary>Tells the kernel how pages are going to be used.</summary>
internal static class MappingAdvice
{
    /// <summary>See <see cref="ShmMapping.Advise"/>.</summary>
    public static void Give(
        ShmMapping mapping, ShmAdvice advice, long offset, long length, CancellationToken cancellation)
    {
        mapping.ThrowIfDismounted();
        length = MappingChanges.CheckPages(mapping, offset, length);
        RefuseInVain(mapping, advice);
        var need = Need(advice);
        mapping.Lease(offset, Math.Min(length, mapping.Length - offset), need).Dispose();
        if (Lasts(advice) || TakesBack(advice))
        {
            using var change = mapping.BeginChange();
            GiveLasting(mapping, advice, offset, MappingChanges.CheckPages(mapping, offset, length), need);
            return;
        }

        for (long done = 0; done < length; done += PagePopulation.Piece)
        {
            cancellation.ThrowIfCancellationRequested();
            var part = Math.Min(PagePopulation.Piece, length - done);
            using var lease = mapping.Lease(offset + done, Math.Min(part, mapping.Length - offset - done), need);
            GivePiece(mapping, advice, offset + done, part, need);
        }

        // A sealed memfd may no longer have all its pages.
        if (advice == ShmAdvice.Remove && mapping.Segment.Kind == ShmKind.MemFd)
        {
            mapping.BecomeGuarded();
        }
    }

    /// <summary>Whether the kernel remembers it, rather than only acting on it.</summary>
    private static bool Lasts(ShmAdvice advice) => advice is ShmAdvice.Random or ShmAdvice.Sequential
        or ShmAdvice.DontFork
        or ShmAdvice.DontDump or ShmAdvice.HugePage or ShmAdvice.NoHugePage or ShmAdvice.Mergeable;

    private static bool TakesBack(ShmAdvice advice) =>
        advice is ShmAdvice.Normal or ShmAdvice.DoFork or ShmAdvice.DoDump or ShmAdvice.Unmergeable;

    /// <summary>What the kernel remembers for an area after the advice, one bit each.</summary>
    private static int Kept(int before, ShmAdvice advice) => advice switch
    {
        ShmAdvice.Normal => before & ~(Bit(ShmAdvice.Random) | Bit(ShmAdvice.Sequential)),
        ShmAdvice.Random => (before & ~Bit(ShmAdvice.Sequential)) | Bit(ShmAdvice.Random),
        ShmAdvice.Sequential => (before & ~Bit(ShmAdvice.Random)) | Bit(ShmAdvice.Sequential),
        ShmAdvice.HugePage => (before & ~Bit(ShmAdvice.NoHugePage)) | Bit(ShmAdvice.HugePage),
        ShmAdvice.NoHugePage => (before & ~Bit(ShmAdvice.HugePage)) | Bit(ShmAdvice.NoHugePage),
        ShmAdvice.DoFork => before & ~Bit(ShmAdvice.DontFork),
        ShmAdvice.DoDump => before & ~Bit(ShmAdvice.DontDump),
        ShmAdvice.Unmergeable => before & ~Bit(ShmAdvice.Mergeable),
        _ => before | Bit(advice),
    };

    private static int Bit(ShmAdvice advice) => 1 << (int)advice;

    /// <summary>Within a change, since it splits areas as protecting does.</summary>
    private static void GiveLasting(ShmMapping mapping, ShmAdvice advice, long offset, long length, ShmProtection need)
    {
        if (mapping.Pages.FindHole(offset, length) is { } hole)
        {
            throw MappingFaults.Refused(mapping, hole, Math.Max(offset, hole.Offset), need);
        }

        _ = MappingChanges.Make(
            mapping, nameof(Libc.madvise), offset, length,
            region => region with { Advice = Kept(region.Advice, advice) },
            () =>
            {
                GivePiece(mapping, advice, offset, length, need);
                return 0;
            });
    }

    private static ShmProtection Need(ShmAdvice advice) => advice switch
    {
        ShmAdvice.PopulateRead => ShmProtection.Read,
        ShmAdvice.PopulateWrite or ShmAdvice.Remove => ShmProtection.Write,
        _ => ShmProtection.None,
    };

    private static void RefuseInVain(ShmMapping mapping, ShmAdvice advice)
    {
        if (advice is ShmAdvice.Mergeable or ShmAdvice.Unmergeable && !mapping.IsCopyOnWrite)
        {
            throw new ShmException(
                ShmErrorId.NotSupportedByKind,
                $"Cannot advise {advice} for {mapping}: the kernel silently ignores it, since it merges only "
                    + "pages of one process. Only a copy-on-write mapping can have it.",
                mapping);
        }

        if (advice == ShmAdvice.Remove && mapping.IsCopyOnWrite)
        {
            throw new ShmException(
                ShmErrorId.NotSupportedByKind,
                $"Cannot remove pages of {mapping}: a copy-on-write mapping cannot change the segment. DontNeed throws "
                    + "away what it has written.",
                mapping);
        }
    }

    private static void GivePiece(ShmMapping mapping, ShmAdvice advice, long offset, long length, ShmProtection need)
    {
        int result;
        do
        {
            result = Libc.madvise(mapping.Start + (nint)offset, (nuint)length, (int)advice);
        }
        while (result == -(int)Errno.EINTR);

        if (result >= 0)
        {
            return;
        }

        if (advice is ShmAdvice.PopulateRead or ShmAdvice.PopulateWrite
            && (Errno)(-result) is Errno.EFAULT or Errno.ENOMEM)
        {
            var backed = mapping.BackedLength();
            throw MappingFaults.Explain(
                mapping, backed < offset + length ? Math.Max(backed, offset) : offset, 0, need, isExact: false);
        }

        throw NativeError.From(
            nameof(Libc.madvise), -result, $"advise {advice} for {length} bytes at offset {offset} of {mapping}",
            mapping);
    }
}
