using System;
using System.Collections.Generic;
using PSSharedMemory.Native;

namespace PSSharedMemory;

/// <summary>
/// Mounting over other mappings: attached elsewhere, made ready there, and moved onto the place in one step. What can
/// fail has failed before that, and the mappings that were there are as they were.
/// </summary>
public sealed partial class ShmMapping
{
    /// <summary>Attaches, and not where it is to be in the end: while that is free, the kernel may choose just it.</summary>
    /// <param name="segment">The segment.</param>
    /// <param name="source">What a file is mapped by; null for System V.</param>
    /// <param name="options">As it was asked for.</param>
    /// <param name="length">Bytes, in whole pages; that of a System V segment only its attachment shows.</param>
    private static MappingHandle AttachAside(ShmSegment segment, DescriptorHandle? source, ShmMountOptions options, long length)
    {
        var anywhere = options with { Address = 0 };
        var inTheWay = new List<MappingHandle>();
        try
        {
            // No more than two can lie across the place, one over each of its ends.
            while (true)
            {
                var handle = source is null ? Attach(segment, anywhere) : Map(segment, source, anywhere, length);
                var reach = source is null ? RoundUp(segment.Size, HugePageProbe.PageSizeOf(handle.Address)) : length;
                if (handle.Address == options.Address || Math.Abs(handle.Address - options.Address) >= reach)
                {
                    return handle;
                }

                inTheWay.Add(handle);
            }
        }
        finally
        {
            inTheWay.ForEach(static handle => handle.Dispose());
        }
    }

    /// <summary>Moves what is ready onto its place, and locks it on the way.</summary>
    /// <exception cref="ShmException">InvalidAddress, AddressInUse, SegmentInUse, LimitReached, NoSpace; nothing has changed then.</exception>
    private static void TakePlace(
        ShmSegment segment, MappingHandle handle, DescriptorHandle? source, long length, long pageSize, ShmMountOptions options)
    {
        if (options.Address % pageSize != 0)
        {
            throw new ShmException(
                ShmErrorId.InvalidAddress,
                $"Cannot mount {segment} at 0x{options.Address:x}: an address of this segment is a multiple of {pageSize}, the size of its pages.",
                segment);
        }

        var refusal = TryLock(segment, handle, length, options);
        if (handle.Address == options.Address)
        {
            if (refusal is not null)
            {
                throw refusal;
            }

            return;
        }

        using var replacement = Replacement.Begin(options.Address, length);
        if (refusal is not null && (!replacement.LendLocks() || TryLock(segment, handle, length, options) is not null))
        {
            throw refusal;
        }

        var address = Libc.mremap(
            handle.Address, (nuint)length, (nuint)length, Libc.MREMAP_MAYMOVE | Libc.MREMAP_FIXED, options.Address);
        if (address == -(int)Errno.EINVAL && pageSize != Environment.SystemPageSize && options.Protection.HasFlag(ShmProtection.Read))
        {
            AttachOver(segment, handle, source, length, options);
        }
        else if (Libc.IsError(address))
        {
            throw NativeError.From(nameof(Libc.mremap), (int)-address, $"mount {segment} at 0x{options.Address:x}", segment);
        }

        replacement.Commit();
        handle.Move(options.Address, (nuint)length);
    }

    /// <summary>Keeps the pages in RAM, if that was asked; a limit that refuses it is returned, since it may be lent.</summary>
    private static ShmException? TryLock(ShmSegment segment, MappingHandle handle, long length, ShmMountOptions options)
    {
        try
        {
            if (options.Lock)
            {
                PagePopulation.Lock(handle.Address, length, options.Protection, segment);
            }

            return null;
        }
        catch (ShmException error) when (error.ErrorId == ShmErrorId.LimitReached)
        {
            return error;
        }
    }

    /// <summary>A kernel before 5.16 moves no huge pages: then they are attached once more, in their place.</summary>
    private static void AttachOver(ShmSegment segment, MappingHandle aside, DescriptorHandle? source, long length, ShmMountOptions options)
    {
        var address = source is null
            ? Libc.shmat(SysVSegments.IdOf(segment), options.Address, AttachFlags(options) | Libc.SHM_REMAP)
            : Libc.mmap(
                options.Address, (nuint)length, (int)options.Protection, MapFlags(segment, options) | Libc.MAP_FIXED, source, options.Offset);
        if (Libc.IsError(address))
        {
            throw NativeError.From(
                source is null ? nameof(Libc.shmat) : nameof(Libc.mmap), (int)-address, $"mount {segment} at 0x{options.Address:x}", segment);
        }

        _ = source is null ? Libc.shmdt(aside.Address) : Libc.munmap(aside.Address, (nuint)length);
    }
}
