using System;
using PSSharedMemory.Native;

namespace PSSharedMemory;

/// <summary>
/// Reads what a guarded mapping shows. Where it shares its pages with the object, the object is read through the
/// descriptor (pread(2)): one system call, which knows where the object ends, and gives a page that nobody has touched
/// yet no memory. A copy-on-write view has bytes of its own, to which only its addresses lead.
/// </summary>
internal static unsafe class GuardedRead
{
    /// <summary>Fills the span; the bytes read, fewer where the object or its memory ended.</summary>
    /// <param name="mapping">The mapping.</param>
    /// <param name="address">Where the bytes are leased.</param>
    /// <param name="offset">Their place in bytes from the start of the mapping.</param>
    /// <param name="destination">What is filled.</param>
    public static int Read(ShmMapping mapping, nint address, long offset, Span<byte> destination) =>
        mapping.Descriptor is { } descriptor && !mapping.IsCopyOnWrite
            ? ReadObject(mapping, descriptor, mapping.Offset + offset, destination)
            : ReadAddresses(mapping, address, offset, destination);

    private static int ReadObject(ShmMapping mapping, DescriptorHandle descriptor, long position, Span<byte> destination)
    {
        var done = 0;
        fixed (byte* pointer = destination)
        {
            while (done < destination.Length)
            {
                var result = (int)Libc.pread(descriptor.Number, (nint)(pointer + done), (nuint)(destination.Length - done), position + done);
                if (result == 0)
                {
                    break;
                }

                if (result < 0)
                {
                    throw NativeError.From(nameof(Libc.pread), -result, $"read {destination.Length} bytes of {mapping}", mapping);
                }

                done += result;
            }
        }

        return done;
    }

    /// <summary>The end of an object lies within a page, which memory alone does not show: its size is asked for.</summary>
    private static int ReadAddresses(ShmMapping mapping, nint address, long offset, Span<byte> destination)
    {
        var backed = (int)Math.Clamp(mapping.BackedLength() - offset, 0, destination.Length);
        return (int)GuardedCopy.Read(address, destination[..backed]);
    }
}
