using System;

namespace PSSharedMemory;

/// <summary>Reading and writing, which the layer above the pages adds to a mapping.</summary>
public sealed unsafe partial class ShmMapping
{
    private ShmReader? _reader;
    private ShmWriter? _writer;

    /// <summary>Reads typed values at offsets.</summary>
    public ShmReader Reader => _reader ??= new ShmReader(this);

    /// <summary>Writes typed values at offsets.</summary>
    public ShmWriter Writer => _writer ??= new ShmWriter(this);

    /// <summary>
    /// The bytes themselves, for C# callers. Where a peer takes pages away, they read as zeros and stores there reach
    /// nobody; <see cref="ThrowIfLost(long, long)"/> tells. Keep the mapping alive and mounted for as long as the span.
    /// </summary>
    /// <param name="offset">Bytes from the start of the mapping.</param>
    /// <param name="length">Bytes; -1 for everything up to the end.</param>
    /// <exception cref="ShmException">
    /// MappingDismounted, OutOfRange (also for more than 2 147 483 647 bytes), PageNotMapped, PageProtected (all
    /// pages must be readable and writable), SegmentTruncated, NoSpace (pages are lost).
    /// </exception>
    public Span<byte> AsSpan(long offset = 0, long length = -1)
    {
        var start = StartOf(offset, ref length, ShmProtection.Read | ShmProtection.Write);
        return new Span<byte>((void*)start, (int)length);
    }

    /// <summary>The same of pages that need only be readable, as those of a read-only mapping.</summary>
    /// <param name="offset">Bytes from the start of the mapping.</param>
    /// <param name="length">Bytes; -1 for everything up to the end.</param>
    /// <exception cref="ShmException">As <see cref="AsSpan"/>.</exception>
    public ReadOnlySpan<byte> AsReadOnlySpan(long offset = 0, long length = -1)
    {
        var start = StartOf(offset, ref length, ShmProtection.Read);
        return new ReadOnlySpan<byte>((void*)start, (int)length);
    }

    /// <summary>After the use of a span: throws if bytes of the range were taken away.</summary>
    /// <param name="offset">Bytes from the start of the mapping.</param>
    /// <param name="length">Bytes.</param>
    /// <exception cref="ShmException">
    /// SegmentTruncated, NoSpace, PageNotMapped, PageProtected, MappingDismounted, OutOfRange.
    /// </exception>
    public void ThrowIfLost(long offset, long length)
    {
        var slot = Gate.Enter();
        try
        {
            ThrowIfDismounted();
            CheckRange(offset, length);
            ThrowIfLost(offset, length, ShmProtection.Read | ShmProtection.Write);
        }
        finally
        {
            MappingGate.Exit(Gate, slot);
        }
    }

    // Where a span begins.
    private nint StartOf(long offset, ref long length, ShmProtection need)
    {
        length = length == -1 ? Length - offset : length;
        if (length > int.MaxValue)
        {
            throw new ShmException(
                ShmErrorId.OutOfRange,
                $"Cannot make a span of {length} bytes: the limit is {int.MaxValue}. Give an offset and a length.",
                this);
        }

        using var lease = Lease(offset, length, need);
        ThrowIfLost(offset, length, ShmProtection.Read);
        return lease.Address;
    }
}
