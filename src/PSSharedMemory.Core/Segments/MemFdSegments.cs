using System;
using System.Globalization;
using System.Text;
using System.Threading;
using PSSharedMemory.Native;

namespace PSSharedMemory;

/// <summary>Anonymous segments that live by a descriptor: memfd_create(2).</summary>
public static class MemFdSegments
{
    // What the kernel puts before a label.
    private const string NamePrefix = "memfd:";

    // memfd_create(2): 249 bytes may follow it.
    private const int MaxLabelBytes = 249;

    /// <summary>
    /// Makes one. It lives as long as the returned object, a mapping of it, or a descriptor passed on.
    /// </summary>
    /// <param name="label">What /proc shows it as; need not be unique. At most 249 bytes.</param>
    /// <param name="options">Size, mode and the rest.</param>
    /// <param name="cancellation">Ends the reserving of pages.</param>
    /// <exception cref="ShmException">
    /// InvalidName (label), InvalidSize, InvalidMode, NoSpace, LimitReached, NotSupportedByKind.
    /// </exception>
    public static ShmSegment Create(string label, ShmCreateOptions options, CancellationToken cancellation = default) =>
        Create(label, options, null, cancellation);

    /// <summary>Makes one and fills it before it's sealed.</summary>
    internal static ShmSegment Create(
        string label, ShmCreateOptions options, Action<DescriptorHandle>? fill, CancellationToken cancellation)
    {
        options.Check($"memfd '{label}'");
        if (label.Contains('\0') || Encoding.UTF8.GetByteCount(label) > MaxLabelBytes)
        {
            throw new ShmException(
                ShmErrorId.InvalidName, $"A label has at most {MaxLabelBytes} bytes and no NUL.", label);
        }

        SegmentSize.CheckHuge(options.Size, options.HugePageSize, $"memfd '{label}'");
        var flags = Libc.MFD_CLOEXEC | Libc.MFD_ALLOW_SEALING;
        if (options.HugePageSize != 0)
        {
            flags |= Libc.MFD_HUGETLB | (uint)options.HugePageFlag(Libc.MFD_HUGE_SHIFT);
        }

        var number = Libc.memfd_create(label, flags);
        if (number < 0)
        {
            throw options.HugePageSize != 0 && number is -(int)Errno.EINVAL or -(int)Errno.ENODEV
                ? NativeError.From(
                    ShmErrorId.InvalidSize, nameof(Libc.memfd_create), -number, $"make memfd '{label}'",
                    $"this host has no huge pages of {options.HugePageSize} bytes", "", label)
                : NativeError.From(nameof(Libc.memfd_create), -number, $"make memfd '{label}'", label);
        }

        var descriptor = new DescriptorHandle(number);
        try
        {
            var result = Libc.fchmod(descriptor, (uint)options.Mode);
            NativeError.ThrowIf(result, nameof(Libc.fchmod), $"set the mode of memfd '{label}'", label);

            SegmentSize.SetNew(descriptor, options.Size, !options.Sparse, label, options.Progress, cancellation);
            fill?.Invoke(descriptor);
            if (options.Seal != ShmSeals.None)
            {
                AddSeals(descriptor, options.Seal, label);
            }

            return new ShmSegment(Describe(descriptor, label)) { IsNew = true };
        }
        catch
        {
            descriptor.Dispose();
            throw;
        }
    }

    /// <summary>Opens a memfd that a process holds, by its descriptor number there.</summary>
    /// <param name="processId">The process; the same user's, or any for root (ptrace(2) access).</param>
    /// <param name="descriptor">The number in that process.</param>
    /// <exception cref="ShmException">SegmentNotFound, AccessDenied, NotSupportedByKind (it is no memfd).</exception>
    public static ShmSegment FromProcess(int processId, int descriptor)
    {
        var path = string.Create(CultureInfo.InvariantCulture, $"/proc/{processId}/fd/{descriptor}");
        var subject = $"descriptor {descriptor} of process {processId}";

        // Open first, then check: the process may put something else there at any time.
        using var held = Libc.open(path, Libc.O_PATH);
        if (held.IsInvalid)
        {
            // A process that runs but cannot be seen isn't the same as none.
            throw held.Errno == (int)Errno.ENOENT && !ProcessLife.IsVisible(processId)
                && ProcessLife.WhyInvisible(processId) is { } hidden
                ? hidden
                : Unreachable(held.Errno, subject);
        }

        var label = LabelOf(held, subject);
        var opened = Reopen(held, Libc.O_RDWR | Libc.O_NONBLOCK);
        if (opened.Errno == (int)Errno.EACCES)
        {
            opened = Reopen(held, Libc.O_RDONLY | Libc.O_NONBLOCK);
        }

        return opened.IsInvalid ? throw Unreachable(opened.Errno, subject) : Describe(opened, label);
    }

    /// <summary>Adds seals; existing ones stay.</summary>
    /// <exception cref="ShmException">
    /// AccessDenied (sealed against seals), SegmentInUse (a writable mapping lives), NotSupportedByKind.
    /// </exception>
    public static void AddSeals(ShmSegment segment, ShmSeals seals) =>
        AddSeals(Descriptor(segment), seals, LabelOf(segment));

    internal static DescriptorHandle Descriptor(ShmSegment segment) => segment.Descriptor is { IsClosed: false } live
        ? live
        : segment.HeldBy.Count > 0 ? Reach(segment)
        : throw new ShmException(
            ShmErrorId.SegmentNotFound,
            $"Cannot reach {segment}: a memfd has no name, and this object has no descriptor of it (it came from a "
                + "job, a file or another session).",
            segment);

    // For writing if allowed, otherwise for reading.
    private static DescriptorHandle Reach(ShmSegment segment)
    {
        try
        {
            return HeldObjects.Open(segment, Libc.O_RDWR);
        }
        catch (ShmException error) when (error.ErrorId == ShmErrorId.AccessDenied)
        {
            return HeldObjects.Open(segment, Libc.O_RDONLY);
        }
    }

    /// <summary>
    /// Another descriptor of it, through which no mapping can ever be made writable: as for read-only mounts of POSIX
    /// objects. Kernels before 6.7 need it to map a memfd that is sealed against writing. Null if there is no /proc, or
    /// the mode forbids it.
    /// </summary>
    internal static DescriptorHandle? TryReopenForReading(DescriptorHandle descriptor)
    {
        var reader = Reopen(descriptor, Libc.O_RDONLY);
        return reader.IsInvalid ? null : reader;
    }

    /// <summary>Another open description of the same file, or an invalid handle.</summary>
    internal static DescriptorHandle Reopen(DescriptorHandle descriptor, int flags)
    {
        DescriptorHandle? opened = null;
        _ = descriptor.WithPath(path => (opened = Libc.open(path, flags)).Errno);
        return opened!;
    }

    internal static ShmSeals ReadSeals(DescriptorHandle descriptor)
    {
        var seals = Libc.fcntl(descriptor, Libc.F_GET_SEALS, 0);
        return seals < 0 ? ShmSeals.None : (ShmSeals)seals;
    }

    internal static ShmSegment Describe(DescriptorHandle descriptor, string label) =>
        SegmentDescription.Of(ShmKind.MemFd, NameOf(label), descriptor);

    /// <summary>
    /// A memfd's name: "memfd:label", as /proc shows it, which is never the name of a process or a file.
    /// </summary>
    internal static string NameOf(string label) => NamePrefix + label;

    /// <summary>The label that memfd_create(2) was given.</summary>
    internal static string LabelOf(ShmSegment segment) =>
        segment.Name is { } name && name.StartsWith(NamePrefix, StringComparison.Ordinal)
            ? name[NamePrefix.Length..]
            : segment.Name ?? "";

    private static void AddSeals(DescriptorHandle descriptor, ShmSeals seals, string label)
    {
        var result = Libc.fcntl(descriptor, Libc.F_ADD_SEALS, (int)seals);
        if (result >= 0)
        {
            return;
        }

        var attempted = $"seal memfd '{label}' against {seals}";
        throw (Errno)(-result) switch
        {
            Errno.EPERM => NativeError.From(
                ShmErrorId.AccessDenied, nameof(Libc.fcntl), -result, attempted,
                "it is sealed against further seals, or open for reading only",
                "Seals cannot be taken back; copy the data to a new segment.", label),
            Errno.EBUSY => NativeError.From(
                ShmErrorId.SegmentInUse, nameof(Libc.fcntl), -result, attempted, "it still has a writable mapping",
                "Dismount it, or use FutureWrite.", label),
            Errno.EINVAL => NativeError.From(
                ShmErrorId.NotSupportedByKind, nameof(Libc.fcntl), -result, attempted,
                "this object or this kernel does not know the seal", "", label),
            _ => NativeError.From(nameof(Libc.fcntl), -result, attempted, label),
        };
    }

    /// <summary>The label of a memfd, by a descriptor that the caller holds.</summary>
    /// <exception cref="ShmException">NotSupportedByKind: it is something else.</exception>
    private static string LabelOf(DescriptorHandle descriptor, string subject)
    {
        const string Prefix = "/memfd:";
        const string Suffix = " (deleted)";
        var link = ReadOwnLink(descriptor);
        var result = Libc.statx(descriptor, Libc.STATX_BASIC_STATS, out var data);
        var isMemFd = link.StartsWith(Prefix, StringComparison.Ordinal)
            && result >= 0 && (data.stx_mode & Libc.S_IFMT) == Libc.S_IFREG
            && Libc.fstatfs(descriptor, out var system) >= 0
            && (system.f_type == Libc.HUGETLBFS_MAGIC
                || (system.f_type == Libc.TMPFS_MAGIC
                    && (MemFdDevice() is not { } device || device == SegmentDescription.DeviceNumber(data))));
        if (!isMemFd)
        {
            throw new ShmException(
                ShmErrorId.NotSupportedByKind,
                $"Cannot open {subject}: it is '{link}', not a memfd. Mount a segment that has a name, key or id by "
                    + "that.",
                subject);
        }

        var label = link[Prefix.Length..];
        return label.EndsWith(Suffix, StringComparison.Ordinal) ? label[..^Suffix.Length] : label;
    }

    /// <summary>
    /// The kernel's internal file system for memfds of ordinary pages: a file of such a name elsewhere isn't one. Null
    /// if this process cannot make a memfd to compare with.
    /// </summary>
    private static ulong? MemFdDevice()
    {
        var number = Libc.memfd_create("PSSharedMemory", Libc.MFD_CLOEXEC);
        if (number < 0)
        {
            return null;
        }

        using var own = new DescriptorHandle(number);
        return Libc.statx(own, Libc.STATX_BASIC_STATS, out var data) >= 0
            ? SegmentDescription.DeviceNumber(data)
            : null;
    }

    private static unsafe string ReadOwnLink(DescriptorHandle descriptor)
    {
        Span<byte> target = stackalloc byte[512];
        fixed (byte* path =
            CString.ToBytes(string.Create(CultureInfo.InvariantCulture, $"/proc/self/fd/{descriptor.Number}")))
        fixed (byte* buffer = target)
        {
            var length = Libc.readlinkat(Libc.AT_FDCWD, path, buffer, (nuint)target.Length);
            return length < 0 ? "" : Encoding.UTF8.GetString(target[..(int)length]);
        }
    }

    private static ShmException Unreachable(int errno, string subject) => (Errno)errno == Errno.ENOENT
        ? NativeError.From(
            ShmErrorId.SegmentNotFound, nameof(Libc.open), errno, $"open {subject}",
            "there is no such process or descriptor", "", subject)
        : NativeError.From(nameof(Libc.open), errno, $"open {subject}", subject);
}
