using System;
using System.Threading;
using PSSharedMemory.Native;

namespace PSSharedMemory;

/// <summary>Telling the kernel how pages are going to be used.</summary>
public sealed partial class ShmMapping
{
    private bool _isAdvised;

    /// <summary>Advises the kernel: madvise(2). What the pages allow does not change by it.</summary>
    /// <param name="advice">What is said of the pages.</param>
    /// <param name="offset">Bytes from the start of the mapping; a multiple of the page size.</param>
    /// <param name="length">Bytes, rounded up to whole pages; 0 for all to the end.</param>
    /// <param name="cancellation">Looked at between the pieces of a long range.</param>
    /// <exception cref="ShmException">
    /// MappingDismounted, InvalidOffset, OutOfRange, PageNotMapped, PageProtected (Remove and PopulateWrite need
    /// Write, PopulateRead needs Read), NotSupportedByKind, AccessDenied (sealed), SegmentTruncated, NoSpace.
    /// </exception>
    public void Advise(ShmAdvice advice, long offset = 0, long length = 0, CancellationToken cancellation = default)
    {
        CheckMounted();
        length = CheckPages(offset, length);
        RefuseInVain(advice);
        var need = Need(advice);
        Lease(offset, Math.Min(length, Length - offset), need).Dispose();
        if (Lasts(advice) || TakesBack(advice))
        {
            Change(() => AdviseLasting(advice, offset, CheckPages(offset, length), need));
            return;
        }

        for (long done = 0; done < length; done += PagePopulation.Piece)
        {
            cancellation.ThrowIfCancellationRequested();
            var part = Math.Min(PagePopulation.Piece, length - done);
            using var lease = Lease(offset + done, Math.Min(part, Length - offset - done), need);
            AdvisePiece(advice, offset + done, part, need);
        }

        // A sealed memfd that had all its pages has them no longer.
        IsGuarded |= advice == ShmAdvice.Remove && Segment.Kind == ShmKind.MemFd;
    }

    /// <summary>Whether the advice throws bytes away, of the segment or of this mapping.</summary>
    public bool LosesData(ShmAdvice advice) =>
        advice == ShmAdvice.Remove || (advice == ShmAdvice.DontNeed && IsCopyOnWrite);

    /// <summary>Whether the kernel keeps it, and does not only act upon it.</summary>
    private static bool Lasts(ShmAdvice advice) => advice is ShmAdvice.Random or ShmAdvice.Sequential or ShmAdvice.DontFork
        or ShmAdvice.DontDump or ShmAdvice.HugePage or ShmAdvice.NoHugePage or ShmAdvice.Mergeable;

    private static bool TakesBack(ShmAdvice advice) =>
        advice is ShmAdvice.Normal or ShmAdvice.DoFork or ShmAdvice.DoDump or ShmAdvice.Unmergeable;

    /// <summary>What the kernel keeps with an area after the advice, one bit for each.</summary>
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

    /// <summary>Within a change, since it splits areas as a protection does.</summary>
    private void AdviseLasting(ShmAdvice advice, long offset, long length, ShmProtection need)
    {
        if (_pages.FindHole(offset, length) is { } hole)
        {
            throw Refused(hole, Math.Max(offset, hole.Offset), need);
        }

        _ = ChangePages(
            nameof(Libc.madvise), offset, length, region => region with { Advice = Kept(region.Advice, advice) },
            () =>
            {
                AdvisePiece(advice, offset, length, need);
                return 0;
            });
        _isAdvised |= Lasts(advice);
    }

    private static ShmProtection Need(ShmAdvice advice) => advice switch
    {
        ShmAdvice.PopulateRead => ShmProtection.Read,
        ShmAdvice.PopulateWrite or ShmAdvice.Remove => ShmProtection.Write,
        _ => ShmProtection.None,
    };

    private void RefuseInVain(ShmAdvice advice)
    {
        if (advice is ShmAdvice.Mergeable or ShmAdvice.Unmergeable && !IsCopyOnWrite)
        {
            throw new ShmException(
                ShmErrorId.NotSupportedByKind,
                $"Cannot advise {advice} for {this}: the kernel passes over it in silence, since it merges only pages of one process. Only a copy-on-write mapping can have it.",
                this);
        }

        if (advice == ShmAdvice.Remove && IsCopyOnWrite)
        {
            throw new ShmException(
                ShmErrorId.NotSupportedByKind,
                $"Cannot remove pages of {this}: a copy-on-write mapping cannot change the segment. DontNeed throws away what it has written.",
                this);
        }
    }

    private void AdvisePiece(ShmAdvice advice, long offset, long length, ShmProtection need)
    {
        int result;
        do
        {
            result = Libc.madvise(Address + (nint)offset, (nuint)length, (int)advice);
        }
        while (result == -(int)Errno.EINTR
            || (result == -(int)Errno.EAGAIN && advice is ShmAdvice.PopulateRead or ShmAdvice.PopulateWrite));

        if (result >= 0)
        {
            return;
        }

        if (advice is ShmAdvice.PopulateRead or ShmAdvice.PopulateWrite && (Errno)(-result) is Errno.EFAULT or Errno.ENOMEM)
        {
            var backed = BackedLength();
            throw ExplainFault(backed < offset + length ? Math.Max(backed, offset) : offset, 0, need, isExact: false);
        }

        throw NativeError.From(
            nameof(Libc.madvise), -result, $"advise {advice} for {length} bytes at offset {offset} of {this}", this);
    }
}
