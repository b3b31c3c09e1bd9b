using System;
using System.Threading;
using PSSharedMemory.Native;

namespace PSSharedMemory;

/// <summary>Gives an object its length, and reserves its pages so that no later access can find /dev/shm full.</summary>
internal static class SegmentSize
{
    // Large enough to cost nothing, small enough that Ctrl+C is heard within 100 ms.
    private const long Piece = 64L << 20;

    /// <summary>Brings the object from one size in bytes to another.</summary>
    /// <param name="descriptor">Open for writing.</param>
    /// <param name="from">The size now.</param>
    /// <param name="to">The size asked.</param>
    /// <param name="reserve">Whether the pages that are added are to exist afterwards.</param>
    /// <param name="name">For messages.</param>
    /// <param name="progress">Told the bytes reserved.</param>
    /// <param name="cancellation">Looked at between pieces.</param>
    /// <remarks>On failure the object has its old size again.</remarks>
    public static void Set(
        DescriptorHandle descriptor, long from, long to, bool reserve, string name, IProgress<long>? progress, CancellationToken cancellation)
    {
        if (to > from)
        {
            FileSizeLimit.Require(reserve ? nameof(Libc.fallocate) : nameof(Libc.ftruncate), to, $"set the size of '{name}' to {to} bytes", name);
        }

        if (!reserve || to < from)
        {
            Truncate(descriptor, to, name);
            return;
        }

        // Known before the first piece is taken, rather than after the host is full. Little is not worth the look.
        if (to - from > Piece)
        {
            FreeRoom.Require(descriptor, to - from, name);
        }

        try
        {
            Reserve(descriptor, from, to, name, progress, cancellation);
        }
        catch
        {
            _ = Libc.ftruncate(descriptor.Number, from);
            throw;
        }
    }

    /// <summary>Has the kernel give memory to what has none between two places; what is there stays as it is.</summary>
    public static void Reserve(
        DescriptorHandle descriptor, long from, long to, string name, IProgress<long>? progress, CancellationToken cancellation)
    {
        for (var done = from; done < to;)
        {
            cancellation.ThrowIfCancellationRequested();
            var piece = Math.Min(Piece, to - done);
            var result = Libc.fallocate(descriptor.Number, done, piece);
            if (result < 0)
            {
                throw NativeError.From(nameof(Libc.fallocate), -result, $"reserve {to} bytes for '{name}'", name);
            }

            done += piece;
            progress?.Report(done);
        }
    }

    /// <summary>
    /// Checks that a memfd of huge pages has whole ones. The kernel would reserve a part of one, and then refuse every
    /// access to it.
    /// </summary>
    /// <exception cref="ShmException">InvalidSize.</exception>
    public static void CheckHuge(long size, long hugePageSize, string name)
    {
        if (hugePageSize != 0 && size % hugePageSize != 0)
        {
            throw new ShmException(
                ShmErrorId.InvalidSize, $"{name} cannot have {size} bytes: it has whole huge pages of {hugePageSize} bytes each.", name);
        }
    }

    private static void Truncate(DescriptorHandle descriptor, long size, string name)
    {
        var result = Libc.ftruncate(descriptor.Number, size);
        if (result < 0)
        {
            throw NativeError.From(nameof(Libc.ftruncate), -result, $"set the size of '{name}' to {size} bytes", name);
        }
    }
}
