using System;
using System.Threading;
using PSSharedMemory.Native;

namespace PSSharedMemory;

/// <summary>
/// Gives an object its length, and reserves its pages so that no later access can find /dev/shm full.
/// </summary>
internal static class SegmentSize
{
    // Large enough to be cheap, small enough that Ctrl+C is heard within 100 ms.
    private const long Piece = 64L << 20;

    /// <summary>Gives a new object that nobody else knows its size.</summary>
    /// <param name="descriptor">Open for writing.</param>
    /// <param name="size">Bytes.</param>
    /// <param name="reserve">Whether its pages are to exist afterwards.</param>
    /// <param name="name">For messages.</param>
    /// <param name="progress">Receives the number of bytes reserved so far.</param>
    /// <param name="cancellation">Checked between pieces.</param>
    public static void SetNew(
        DescriptorHandle descriptor, long size, bool reserve, string name, IProgress<long>? progress,
        CancellationToken cancellation)
    {
        RequireFileSize(reserve, size, name);
        if (!reserve)
        {
            Truncate(descriptor, size, name);
            return;
        }

        // Check before taking the first piece, not after filling the host.
        FreeRoom.Require(descriptor, size, name);
        try
        {
            Reserve(descriptor, 0, size, name, progress, cancellation);
        }
        catch (ShmException error) when (IsWithoutFallocate(error) && SegmentDescription.HugePageSize(descriptor) == 0)
        {
            // A file system that cannot reserve (ramfs, some sandboxes), or a filter: writing a page allocates it too.
            Truncate(descriptor, size, name);
            WriteZeros(descriptor, size, name, progress, cancellation);
        }
    }

    /// <summary>
    /// Grows an object that others may have too. Pages beyond its end are reserved first; then it gets its new size in
    /// one step that never shrinks it, so a peer that grows it further meanwhile loses nothing.
    /// </summary>
    /// <remarks>
    /// On failure it keeps its size, or what a peer made it, and only pages reserved by this call beyond that are given
    /// back. There's a tiny window between reading the size and giving back that the kernel cannot close.
    /// </remarks>
    public static void Grow(
        DescriptorHandle descriptor, long from, long to, bool reserve, string name, IProgress<long>? progress,
        CancellationToken cancellation)
    {
        RequireFileSize(reserve, to, name);
        if (!reserve)
        {
            GrowSparse(descriptor, to, name);
            return;
        }

        FreeRoom.Require(descriptor, to - from, name);
        var page = PageSize(descriptor);
        var start = Alignment.RoundUp(from, page);
        var done = start;
        try
        {
            while (done < to)
            {
                cancellation.ThrowIfCancellationRequested();
                var piece = Math.Min(Piece, Alignment.RoundUp(to, page) - done);
                Allocate(descriptor, done, piece, Libc.FALLOC_FL_KEEP_SIZE, to, name);
                done += piece;
                progress?.Report(Math.Min(done, to));
            }

            if (start > from)
            {
                Allocate(descriptor, from, Math.Min(start, to) - from, Libc.FALLOC_FL_KEEP_SIZE, to, name);
            }

            Allocate(descriptor, to - 1, 1, 0, to, name);
        }
        catch
        {
            GiveBack(descriptor, start, done, page);
            throw;
        }
    }

    /// <summary>Cuts an object off.</summary>
    public static void Shrink(DescriptorHandle descriptor, long to, string name) => Truncate(descriptor, to, name);

    /// <summary>
    /// Gives back pages beyond the end: whoever was killed while it made the object larger has left them.
    /// </summary>
    public static void Trim(DescriptorHandle descriptor, long size)
    {
        var page = PageSize(descriptor);
        GiveBack(descriptor, Alignment.RoundUp(size, page), long.MaxValue / page * page, page);
    }

    /// <summary>Has the kernel allocate what is missing in a range; existing pages stay as they are.</summary>
    public static void Reserve(
        DescriptorHandle descriptor, long from, long to, string name, IProgress<long>? progress,
        CancellationToken cancellation)
    {
        for (var done = from; done < to;)
        {
            cancellation.ThrowIfCancellationRequested();
            var piece = Math.Min(Piece, to - done);
            Allocate(descriptor, done, piece, 0, to, name);
            done += piece;
            progress?.Report(done);
        }
    }

    /// <summary>
    /// Checks that a memfd of huge pages has whole ones. The kernel would accept part of one and then refuse every
    /// access to it.
    /// </summary>
    /// <exception cref="ShmException">InvalidSize.</exception>
    public static void CheckHuge(long size, long hugePageSize, string name)
    {
        if (hugePageSize != 0 && size % hugePageSize != 0)
        {
            throw new ShmException(
                ShmErrorId.InvalidSize,
                $"{name} cannot have {size} bytes: it has whole huge pages of {hugePageSize} bytes each.", name);
        }
    }

    private static bool IsWithoutFallocate(ShmException error) =>
        error.Function == nameof(Libc.fallocate)
            && (Errno)error.Errno is Errno.EOPNOTSUPP or Errno.ENOSYS or Errno.EPERM;

    private static void WriteZeros(
        DescriptorHandle descriptor, long size, string name, IProgress<long>? progress, CancellationToken cancellation)
    {
        var zeros = new byte[1 << 20];
        for (var done = 0L; done < size; progress?.Report(done))
        {
            cancellation.ThrowIfCancellationRequested();
            var piece = (int)Math.Min(zeros.Length, size - done);
            NewFile.Write(descriptor, zeros.AsSpan(0, piece), done, name);
            done += piece;
        }
    }

    private static void RequireFileSize(bool reserve, long size, string name) => FileSizeLimit.Require(
        reserve
            ? nameof(Libc.fallocate)
            : nameof(Libc.ftruncate), size, $"set the size of '{name}' to {size} bytes", name);

    private static void GrowSparse(DescriptorHandle descriptor, long to, string name)
    {
        // A peer that grows it between the check and the call is cut off: no system call does both.
        if (CurrentSize(descriptor, name) < to)
        {
            Truncate(descriptor, to, name);
        }
    }

    private static void GiveBack(DescriptorHandle descriptor, long start, long end, long page)
    {
        var result = Libc.statx(descriptor, Libc.STATX_BASIC_STATS, out var now);
        var first = result < 0 ? end : Math.Max(start, Alignment.RoundUp((long)now.stx_size, page));
        if (first < end)
        {
            const int Mode = Libc.FALLOC_FL_PUNCH_HOLE | Libc.FALLOC_FL_KEEP_SIZE;
            _ = Libc.fallocate(descriptor, first, end - first, Mode);
        }
    }

    private static void Allocate(
        DescriptorHandle descriptor, long offset, long length, int mode, long size, string name)
    {
        var result = Libc.fallocate(descriptor, offset, length, mode);
        if (result < 0)
        {
            throw Explain(nameof(Libc.fallocate), -result, $"reserve {size} bytes for '{name}'", descriptor, name);
        }
    }

    private static void Truncate(DescriptorHandle descriptor, long size, string name)
    {
        var result = Libc.ftruncate(descriptor, size);
        if (result < 0)
        {
            throw Explain(
                nameof(Libc.ftruncate), -result, $"set the size of '{name}' to {size} bytes", descriptor, name);
        }
    }

    /// <summary>EPERM is a seal, or a filter of system calls.</summary>
    private static ShmException Explain(
        string function, int errno, string attempted, DescriptorHandle descriptor, string name)
    {
        const ShmSeals Sizes = ShmSeals.Shrink | ShmSeals.Grow | ShmSeals.Write | ShmSeals.FutureWrite;
        var isSealed = (MemFdSegments.ReadSeals(descriptor) & Sizes) != 0;
        return (Errno)errno switch
        {
            Errno.EPERM when !isSealed => NativeError.From(
                ShmErrorId.AccessDenied, function, errno, attempted,
                "this process cannot make that call: a filter (seccomp) forbids it",
                "A sparse one needs no such call.", name),
            Errno.EOPNOTSUPP or Errno.ENOSYS => NativeError.From(
                ShmErrorId.PlatformNotSupported, function, errno, attempted,
                "this file system or kernel doesn't reserve pages",
                "A sparse one needs no such call.", name),
            _ => NativeError.From(function, errno, attempted, name),
        };
    }

    private static long CurrentSize(DescriptorHandle descriptor, string name)
    {
        var result = Libc.statx(descriptor, Libc.STATX_BASIC_STATS, out var data);
        return result >= 0
            ? (long)data.stx_size
            : throw NativeError.From(nameof(Libc.statx), -result, $"look at '{name}'", name);
    }

    private static long PageSize(DescriptorHandle descriptor) =>
        Math.Max(SegmentDescription.HugePageSize(descriptor), Environment.SystemPageSize);
}
