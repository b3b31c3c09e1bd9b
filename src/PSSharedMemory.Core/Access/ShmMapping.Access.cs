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
    /// <param name="length">Bytes; -1 for all to the end.</param>
    /// <exception cref="ShmException">
    /// MappingDismounted, OutOfRange (also for more than 2 147 483 647 bytes), PageNotMapped, PageProtected (all
    /// pages must be readable and writable), SegmentTruncated, NoSpace (pages are lost).
    /// </exception>
    public Span<byte> AsSpan(long offset = 0, long length = -1)
    {
        if (length == -1)
        {
            length = Length - offset;
        }

        if (length > int.MaxValue)
        {
            throw new ShmException(
                ShmErrorId.OutOfRange,
                $"A span has at most {int.MaxValue} bytes, and {length} were asked for. Give an offset and a length.",
                this);
        }

        using var lease = Lease(offset, length, ShmProtection.Read | ShmProtection.Write);
        var span = new Span<byte>((void*)lease.Address, (int)length);
        ThrowIfLost(offset, length, ShmProtection.Read);
        return span;
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
}
