using System;
using PSSharedMemory.Native;

namespace PSSharedMemory;

/// <summary>Attaching a segment.</summary>
public sealed partial class ShmMapping
{
    /// <summary>
    /// Attaches a segment to this process. It is never made by that, and the one that comes is the one that was
    /// listed: identity is checked once it is held and so can no longer be replaced.
    /// </summary>
    /// <param name="segment">From a listing, however old.</param>
    /// <param name="options">How; by default read-write and whole.</param>
    /// <exception cref="ShmException">
    /// SegmentNotFound, IdentityChanged, AccessDenied, InvalidAddress, InvalidOffset, AddressInUse, OutOfRange,
    /// SizeMismatch (it has no bytes yet), PageProtected (to be populated, and nothing is allowed), NotSupportedByKind,
    /// LimitReached, NoSpace.
    /// </exception>
    public static ShmMapping Mount(ShmSegment segment, ShmMountOptions? options = null)
    {
        options = WithCheckedAddress(options ?? ShmMountOptions.Default, segment);
        if (options.Populate && (options.Protection & (ShmProtection.Read | ShmProtection.Write)) == 0)
        {
            throw new ShmException(
                ShmErrorId.PageProtected,
                $"Cannot populate {segment}: pages that allow {options.Protection} are not touched. Mount it with Read or Write, and close the pages afterwards.",
                segment);
        }

        AreaBudget.Require(1, segment.Kind == ShmKind.SysV ? nameof(Libc.shmat) : nameof(Libc.mmap), $"mount {segment}", segment);
        return segment.Kind == ShmKind.SysV ? MountSysV(segment, options) : MountFile(segment, options);
    }

    private static ShmMountOptions WithCheckedAddress(ShmMountOptions options, ShmSegment segment)
    {
        if (options.Address == 0)
        {
            return options.Replace
                ? throw new ShmException(ShmErrorId.InvalidAddress, $"Cannot mount {segment}: to replace a mapping, give the address where it lies.", segment)
                : options;
        }

        var page = Environment.SystemPageSize;
        var rounded = options.RoundAddress ? options.Address / page * page : options.Address;
        return rounded > 0 && rounded % page == 0 ? options with { Address = rounded } : throw new ShmException(
            ShmErrorId.InvalidAddress,
            $"Cannot mount {segment} at 0x{options.Address:x}: the address must be a multiple of {page} (SHMLBA).",
            segment);
    }

    private static ShmMapping MountSysV(ShmSegment segment, ShmMountOptions options)
    {
        RefuseForSysV(segment, options.Offset != 0 || options.Length != 0, "mount a part of", "shmat attaches the whole. Mount it whole and read at the offset.");
        RefuseForSysV(segment, options.CopyOnWrite, "mount copy-on-write", "System V has no such attachment. Export it, or copy it to a POSIX segment.");

        var handle = options.Replace ? AttachAside(segment, null, options, 0) : Attach(segment, options);
        try
        {
            // Now it is held, and its id cannot come to mean another.
            var now = SysVSegments.Stat(SysVSegments.IdOf(segment));
            if (!now.IsSame(segment))
            {
                throw ShmSegments.IdentityChanged(segment);
            }

            var pageSize = HugePageProbe.PageSizeOf(handle.Address);
            var isGuarded = pageSize != Environment.SystemPageSize;
            return Finish(now, handle, null, null, segment.Size, pageSize, isGuarded, options);
        }
        catch
        {
            handle.Dispose();
            throw;
        }
    }

    private static MappingHandle Attach(ShmSegment segment, ShmMountOptions options)
    {
        var address = Libc.shmat(SysVSegments.IdOf(segment), options.Address, AttachFlags(options));
        return Libc.IsError(address)
            ? throw ExplainAttach(segment, options, (int)-address)
            : new MappingHandle(address, 0, isSysV: true);
    }

    private static int AttachFlags(ShmMountOptions options) => (options.Protection.HasFlag(ShmProtection.Write) ? 0 : Libc.SHM_RDONLY)
        | (options.Protection.HasFlag(ShmProtection.Execute) ? Libc.SHM_EXEC : 0);

    private static ShmMapping MountFile(ShmSegment segment, ShmMountOptions options)
    {
        var writes = options.Protection.HasFlag(ShmProtection.Write) && !options.CopyOnWrite;
        var isMemFd = segment.Kind == ShmKind.MemFd;
        ShmSegment now;
        DescriptorHandle descriptor;
        if (isMemFd)
        {
            descriptor = MemFdSegments.Descriptor(segment);
            now = MemFdSegments.Describe(descriptor, segment.Name ?? "");
        }
        else
        {
            descriptor = PosixSegments.Open(segment, writes ? Libc.O_RDWR : Libc.O_RDONLY, out now);
        }

        MappingHandle? handle = null;
        try
        {
            var pageSize = now.Status.HasFlag(ShmSegmentStatus.HugePages) ? HugePageProbe.PageSizeOf(descriptor) : Environment.SystemPageSize;
            var length = CheckView(now, options, pageSize);
            using var reader = isMemFd && !writes ? MemFdSegments.TryReopenForReading(descriptor) : null;
            var whole = RoundUp(length, pageSize);
            handle = options.Replace ? AttachAside(now, reader ?? descriptor, options, whole) : Map(now, reader ?? descriptor, options, whole);

            var isGuarded = CanVanish(now);
            var keepsDescriptor = isGuarded || isMemFd;
            var mapping = Finish(now, handle, reader ?? descriptor, keepsDescriptor ? descriptor : null, length, pageSize, isGuarded, options);
            if (!keepsDescriptor)
            {
                descriptor.Dispose();
            }

            return mapping;
        }
        catch
        {
            handle?.Dispose();
            if (!isMemFd)
            {
                descriptor.Dispose();
            }

            throw;
        }
    }

    private static MappingHandle Map(ShmSegment segment, DescriptorHandle descriptor, ShmMountOptions options, long length)
    {
        var flags = MapFlags(segment, options) | (options.Address == 0 ? 0 : Libc.MAP_FIXED_NOREPLACE);
        var address = Libc.mmap(options.Address, (nuint)length, (int)options.Protection, flags, descriptor, options.Offset);
        if (Libc.IsError(address))
        {
            throw ExplainMap(segment, options, length, (int)-address);
        }

        var handle = new MappingHandle(address, (nuint)length, isSysV: false);
        if (options.Address != 0 && address != options.Address)
        {
            // A kernel before 4.17 takes the address as a hint.
            handle.Dispose();
            throw NativeError.From(nameof(Libc.mmap), (int)Errno.EEXIST, $"mount {segment} at 0x{options.Address:x}", segment);
        }

        return handle;
    }

    /// <summary>Whether huge pages are reserved was decided when the segment was made; mapping it reserves none.</summary>
    private static int MapFlags(ShmSegment segment, ShmMountOptions options) => (options.CopyOnWrite ? Libc.MAP_PRIVATE : Libc.MAP_SHARED)
        | (segment.Status.HasFlag(ShmSegmentStatus.HugePages) ? Libc.MAP_NORESERVE : 0);

    /// <summary>What both families do once the addresses are held; where it fails, nothing that was there before is lost.</summary>
    /// <param name="now">The segment, as it is.</param>
    /// <param name="handle">Owns the addresses, which come to lie elsewhere if it takes the place of another mapping.</param>
    /// <param name="source">What it was mapped by; null for System V.</param>
    /// <param name="kept">The descriptor that the mapping keeps, if any.</param>
    /// <param name="length">Bytes.</param>
    /// <param name="pageSize">Bytes of one page.</param>
    /// <param name="isGuarded">Whether this memory can vanish.</param>
    /// <param name="options">As it was asked for.</param>
    private static ShmMapping Finish(
        ShmSegment now, MappingHandle handle, DescriptorHandle? source, DescriptorHandle? kept, long length, long pageSize, bool isGuarded, ShmMountOptions options)
    {
        var whole = RoundUp(length, pageSize);
        CloseIfUnreadable(now, handle.Address, whole, options);
        if (options.Populate)
        {
            PagePopulation.Populate(handle.Address, whole, options.Protection, now, options.Cancellation);
        }

        if (options.Replace)
        {
            TakePlace(now, handle, source, whole, pageSize, options);
        }
        else if (options.Lock)
        {
            PagePopulation.Lock(handle.Address, whole, options.Protection, now);
        }

        return new ShmMapping(now, handle, kept, length, pageSize, isGuarded, options);
    }

    /// <summary>shmat knows reading, with or without writing and running; the rest is mprotect's.</summary>
    private static void CloseIfUnreadable(ShmSegment segment, nint address, long length, ShmMountOptions options)
    {
        if (segment.Kind != ShmKind.SysV || options.Protection.HasFlag(ShmProtection.Read))
        {
            return;
        }

        var result = Libc.mprotect(address, (nuint)length, (int)options.Protection);
        if (result < 0)
        {
            throw NativeError.From(nameof(Libc.mprotect), -result, $"give {segment} the protection {options.Protection}", segment);
        }
    }

    /// <summary>
    /// Whether a peer can take the memory away. Not where the object is sealed against shrinking and has its pages;
    /// huge pages can run out at any first touch.
    /// </summary>
    private static bool CanVanish(ShmSegment now) => !(
        now.Kind == ShmKind.MemFd
        && now.Seals.GetValueOrDefault().HasFlag(ShmSeals.Shrink)
        && !now.Status.HasFlag(ShmSegmentStatus.HugePages)
        && now.Allocated >= now.Size);

    /// <summary>Checks offset and length; the length in bytes.</summary>
    private static long CheckView(ShmSegment now, ShmMountOptions options, long pageSize)
    {
        if (options.Offset < 0 || options.Offset % pageSize != 0)
        {
            throw new ShmException(
                ShmErrorId.InvalidOffset, $"Cannot mount {now} from offset {options.Offset}: a view begins at a page, a multiple of {pageSize} bytes.", now);
        }

        if (now.Size == 0)
        {
            throw new ShmException(
                ShmErrorId.SizeMismatch, $"Cannot mount {now}: it has no bytes yet. Its maker has not set its size.", now);
        }

        var length = options.Length == 0 ? now.Size - options.Offset : options.Length;
        return length > 0 && options.Offset <= now.Size - length ? length : throw new ShmException(
            ShmErrorId.OutOfRange,
            $"Cannot mount {options.Length} bytes from offset {options.Offset} of {now}: it has {now.Size} bytes.",
            now);
    }

    private static void RefuseForSysV(ShmSegment segment, bool isAsked, string what, string instead)
    {
        if (isAsked)
        {
            throw new ShmException(ShmErrorId.NotSupportedByKind, $"Cannot {what} {segment}: {instead}", segment);
        }
    }

    /// <summary>EINVAL of shmat is "no such id", "something is there" and "it is no place for it".</summary>
    private static ShmException ExplainAttach(ShmSegment segment, ShmMountOptions options, int errno)
    {
        var attempted = options.Address == 0 ? $"mount {segment}" : $"mount {segment} at 0x{options.Address:x}";
        if ((Errno)errno is not (Errno.EINVAL or Errno.ENOMEM) || options.Address == 0)
        {
            return NativeError.From(nameof(Libc.shmat), errno, attempted, segment);
        }

        _ = SysVSegments.Stat(SysVSegments.IdOf(segment));
        return ExplainAddress(nameof(Libc.shmat), errno, attempted, segment, options.Address, segment.Size);
    }

    private static ShmException ExplainMap(ShmSegment segment, ShmMountOptions options, long length, int errno)
    {
        var attempted = $"mount {length} bytes of {segment}" + (options.Address == 0 ? "" : $" at 0x{options.Address:x}");
        return (Errno)errno switch
        {
            Errno.ENOMEM when segment.Status.HasFlag(ShmSegmentStatus.HugePages) => NativeError.From(
                ShmErrorId.NoSpace, nameof(Libc.mmap), errno, attempted, "the pool has too few free huge pages", "sysctl vm.nr_hugepages fills the pool.", segment),
            Errno.EPERM when options.Protection.HasFlag(ShmProtection.Write) && (segment.Seals.GetValueOrDefault() & (ShmSeals.Write | ShmSeals.FutureWrite)) != 0 =>
                NativeError.From(
                    ShmErrorId.AccessDenied, nameof(Libc.mmap), errno, attempted, $"it is sealed against {segment.Seals}", "Mount it read-only.", segment),
            Errno.EPERM when options.Protection.HasFlag(ShmProtection.Execute) => NativeError.From(
                ShmErrorId.AccessDenied, nameof(Libc.mmap), errno, attempted, "its file system is mounted without the right to run code (noexec)",
                "Mount it without Execute; a memfd or a System V segment has no such limit.", segment),
            Errno.ENOMEM or Errno.EINVAL or Errno.EPERM when options.Address != 0 && options.Address >= UserSpaceEnd - (nint)length =>
                ExplainAddress(nameof(Libc.mmap), errno, attempted, segment, options.Address, length),
            _ => NativeError.From(nameof(Libc.mmap), errno, attempted, segment),
        };
    }

    private static ShmException ExplainAddress(string function, int errno, string attempted, ShmSegment segment, nint address, long length)
    {
        const int Flags = Libc.MAP_PRIVATE | Libc.MAP_ANONYMOUS | Libc.MAP_NORESERVE | Libc.MAP_FIXED_NOREPLACE;
        var probe = Libc.mmap(address, (nuint)length, Libc.PROT_NONE, Flags, -1, 0);
        if (!Libc.IsError(probe))
        {
            _ = Libc.munmap(probe, (nuint)length);
        }

        if (probe == -(int)Errno.EEXIST)
        {
            return NativeError.From(
                ShmErrorId.AddressInUse, function, errno, attempted, "something is mapped there", "", segment);
        }

        // Where the place itself is good, it is for pages of another size, or not the place that is wrong.
        var isGood = !Libc.IsError(probe);
        return isGood && (Errno)errno == Errno.ENOMEM ? NativeError.From(function, errno, attempted, segment) : NativeError.From(
            ShmErrorId.InvalidAddress, function, errno, attempted,
            isGood ? "it is not aligned to the pages of the segment" : "a program cannot have a mapping there",
            "", segment);
    }

    /// <summary>Where user space ends.</summary>
    internal static nint UserSpaceEnd => (nint)1 << OwnAreas.AddressBits;
}
