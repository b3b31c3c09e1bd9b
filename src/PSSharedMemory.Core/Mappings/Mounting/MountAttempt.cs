using System;
using PSSharedMemory.Native;

namespace PSSharedMemory;

/// <summary>
/// One attempt to attach a segment: what is known so far, and what to give back on failure. A failed attempt destroys
/// nothing that was there before.
/// </summary>
internal sealed class MountAttempt : IDisposable
{
    private MappingHandle? _handle;
    private DescriptorHandle? _reader;
    private bool _isDone;

    private MountAttempt(ShmSegment segment, ShmMountOptions options)
    {
        Segment = segment;
        Options = options;
    }

    /// <summary>The segment: as listed and, once held, as it is now.</summary>
    public ShmSegment Segment { get; private set; }

    /// <summary>The options, with a checked address.</summary>
    public ShmMountOptions Options { get; }

    /// <summary>Owns the addresses, once there are some.</summary>
    public MappingHandle Handle => _handle!;

    /// <summary>The descriptor that the mapping keeps; null for System V.</summary>
    public DescriptorHandle? Descriptor { get; private set; }

    /// <summary>What a file is mapped by; null for System V.</summary>
    public DescriptorHandle? Source => _reader ?? Descriptor;

    /// <summary>Bytes that can be read and written.</summary>
    public long Length { get; private set; }

    /// <summary>Bytes of one page of this memory.</summary>
    public long PageSize { get; private set; }

    /// <summary>Whether this memory can vanish.</summary>
    public bool IsGuarded { get; private set; }

    /// <summary>Bytes in whole pages.</summary>
    public long MappedLength => Alignment.RoundUp(Length, PageSize);

    private bool IsSysV => Segment.Kind == ShmKind.SysV;

    /// <summary>Attaches a segment; see <see cref="ShmMapping.Mount"/>.</summary>
    public static ShmMapping Run(ShmSegment segment, ShmMountOptions options)
    {
        using var attempt = new MountAttempt(segment, MountChecks.WithCheckedAddress(segment, options));
        MountChecks.Check(attempt.Segment, attempt.Options);
        attempt.RequireArea();
        if (attempt.IsSysV)
        {
            attempt.AttachSysV();
        }
        else
        {
            attempt.MapFile();
        }

        return attempt.Finish();
    }

    /// <summary>The same for the object that has a name now, without looking it up first.</summary>
    /// <exception cref="ShmException">As <see cref="ShmMapping.Mount"/>; InvalidName.</exception>
    public static ShmMapping Run(string name, ShmMountOptions options)
    {
        if (PosixSegments.TryOpen(name, AccessFor(options), out var now) is not { } descriptor)
        {
            return Run(PosixSegments.FromName(name), options);
        }

        using var attempt = new MountAttempt(now!, options) { Descriptor = descriptor };
        MountChecks.Check(attempt.Segment, attempt.Options);
        attempt.RequireArea();
        attempt.MapFile();
        return attempt.Finish();
    }

    /// <summary>Attaches it once, at an address or, if that is 0, where the kernel finds room.</summary>
    public MappingHandle Attach(nint address) => IsSysV ? AttachAt(address) : MapAt(address);

    /// <summary>Attaches it over whatever lies at the requested address; returns minus errno on failure.</summary>
    public nint AttachOver()
    {
        if (!IsSysV)
        {
            return Libc.mmap(
                Options.Address, (nuint)MappedLength, (int)Options.Protection, MapFlags | Libc.MAP_FIXED, Source!,
                Options.Offset);
        }

        var address = SysVSegments.Attach(Segment, Options.Address, AttachFlags | Libc.SHM_REMAP);
        var result = Libc.IsError(address) ? 0 : CloseIfUnreadable(address);
        return result < 0 ? result : address;
    }

    public void Dispose()
    {
        _reader?.Dispose();
        if (_isDone)
        {
            return;
        }

        _handle?.Dispose();
        if (!ReferenceEquals(Descriptor, Segment.Descriptor))
        {
            Descriptor?.Dispose();
        }
    }

    private static int AccessFor(ShmMountOptions options) =>
        options.Protection.HasFlag(ShmProtection.Write) && !options.CopyOnWrite ? Libc.O_RDWR : Libc.O_RDONLY;

    private void RequireArea()
    {
        // The words cost as much as a system call: only where they are needed.
        if (!AreaBudget.Has(1))
        {
            AreaBudget.Require(
                1, IsSysV ? nameof(Libc.shmat) : nameof(Libc.mmap), $"mount {Segment}", Segment);
        }
    }

    private void AttachSysV()
    {
        _handle = Options.Replace ? MountOver.AttachAside(this) : Attach(Options.Address);

        // Now it's held, so its id cannot be reused.
        var now = SysVSegments.Stat(Segment);
        if (!now.IsSame(Segment))
        {
            throw ShmSegments.IdentityChanged(Segment);
        }

        Length = Segment.Size;
        PageSize = HugePageProbe.PageSizeOf(_handle.Address);
        IsGuarded = PageSize != Environment.SystemPageSize;
        Segment = IsGuarded ? HugeSegments.Note(now) : now;
    }

    private void MapFile()
    {
        if (Segment.IsNameless)
        {
            Descriptor = MemFdSegments.Descriptor(Segment);
            // What was opened only for this mapping is closed with it.
            var listed = Segment;
            Segment = new ShmSegment(SegmentDescription.OfNameless(listed, Descriptor))
            {
                HeldBy = listed.HeldBy,
                Descriptor = listed.IsBorrowed ? null : Descriptor,
            };
            _reader = AccessFor(Options) == Libc.O_RDWR ? null : MemFdSegments.TryReopenForReading(Descriptor);
        }
        else if (Descriptor is null)
        {
            Descriptor = PosixSegments.Open(Segment, AccessFor(Options), out var now);
            Segment = now;
        }

        PageSize = Segment.Status.HasFlag(ShmSegmentStatus.HugePages)
            ? HugePageProbe.PageSizeOf(Descriptor)
            : Environment.SystemPageSize;
        Length = MountChecks.ViewLength(Segment, Options, PageSize);
        IsGuarded = CanVanish(Segment);
        _handle = Options.Replace ? MountOver.AttachAside(this) : Attach(Options.Address);
    }

    /// <summary>The common steps once the addresses are held.</summary>
    private ShmMapping Finish()
    {
        NativeError.ThrowIf(
            CloseIfUnreadable(Handle.Address), nameof(Libc.mprotect),
            $"give {Segment} the protection {Options.Protection}", Segment);
        if (Options.Populate)
        {
            PagePopulation.Populate(Handle.Address, MappedLength, Options.Protection, Segment, Options.Cancellation);
        }

        if (Options.Replace)
        {
            MountOver.TakePlace(this);
        }
        else if (Options.Lock)
        {
            PagePopulation.Lock(Handle.Address, MappedLength, Options.Protection, Segment);
        }

        var mapping = new ShmMapping(this);
        _isDone = true;
        return mapping;
    }

    private int AttachFlags => (Options.Protection.HasFlag(ShmProtection.Write) ? 0 : Libc.SHM_RDONLY)
        | (Options.Protection.HasFlag(ShmProtection.Execute) ? Libc.SHM_EXEC : 0);

    /// <summary>Huge pages are reserved when the segment is made; mapping it reserves none.</summary>
    private int MapFlags => (Options.CopyOnWrite ? Libc.MAP_PRIVATE : Libc.MAP_SHARED)
        | (Segment.Status.HasFlag(ShmSegmentStatus.HugePages) ? Libc.MAP_NORESERVE : 0);

    private MappingHandle AttachAt(nint address)
    {
        var found = SysVSegments.Attach(Segment, address, AttachFlags);
        return Libc.IsError(found)
            ? throw MountErrors.OfAttach(Segment, address, (int)-found)
            : new MappingHandle(found, 0, isSysV: true);
    }

    private MappingHandle MapAt(nint address)
    {
        var flags = MapFlags | (address == 0 ? 0 : Libc.MAP_FIXED_NOREPLACE);
        var found = Libc.mmap(address, (nuint)MappedLength, (int)Options.Protection, flags, Source!, Options.Offset);
        if (Libc.IsError(found))
        {
            throw MountErrors.OfMap(Segment, Options.Protection, address, MappedLength, (int)-found);
        }

        var handle = new MappingHandle(found, (nuint)MappedLength, isSysV: false);
        if (address != 0 && found != address)
        {
            // A kernel before 4.17 takes the address as a hint.
            handle.Dispose();
            throw NativeError.From(nameof(Libc.mmap), (int)Errno.EEXIST, $"mount {Segment} at 0x{address:x}", Segment);
        }

        return handle;
    }

    /// <summary>shmat always allows reading, optionally writing and executing; mprotect does the rest.</summary>
    private int CloseIfUnreadable(nint address) => IsSysV && !Options.Protection.HasFlag(ShmProtection.Read)
        ? Libc.mprotect(address, (nuint)MappedLength, (int)Options.Protection)
        : 0;

    /// <summary>
    /// Whether a peer can take the memory away: not if the object is sealed against shrinking and has its pages. Huge
    /// pages can run out at any first touch.
    /// </summary>
    private static bool CanVanish(ShmSegment now) => !(
        now.Kind == ShmKind.MemFd
        && now.Seals.GetValueOrDefault().HasFlag(ShmSeals.Shrink)
        && !now.Status.HasFlag(ShmSegmentStatus.HugePages)
        && now.Allocated >= now.Size);
}
