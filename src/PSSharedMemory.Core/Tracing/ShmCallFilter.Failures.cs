using System;
using System.Globalization;

namespace PSSharedMemory;

/// <content>What the errno of a failed call means there: each says several things.</content>
internal sealed partial class ShmCallFilter
{
    private const string TooManyDescriptors = "the process has reached its limit of descriptors (RLIMIT_NOFILE)";
    private const string TooMuchLocked = "the limit of locked memory (RLIMIT_MEMLOCK) is reached";

    /// <summary>Whose a segment of now is, "root, rw-------", by its label; null if it isn't there.</summary>
    public Func<string, string?>? OwnerOf { get; init; }

    private string? WhyFailed(StraceLine line, string? segment)
    {
        var error = line.Error;
        return line.Call switch
        {
            "open" or "creat" or "openat" or "openat2" => WhyNotOpened(line, segment),
            "unlink" or "unlinkat" or "rename" or "renameat" or "renameat2" or "link" or "linkat" => error switch
            {
                "ENOENT" => "nothing has that name",
                "EEXIST" => "that name is taken",
                "EPERM" or "EACCES" => $"only its owner and root may{Owned(segment)}",
                _ => null,
            },
            "mmap" or "mmap2" => WhyNotMapped(line, segment),
            "shmat" => error switch
            {
                "EINVAL" when Number(Argument(line.Arguments, 1)) is { } address && address % Page != 0
                    && !HasFlag(Argument(line.Arguments, 2), "SHM_RND") =>
                    FormattableString.Invariant($"the address isn't a multiple of {Page} (SHMLBA)"),
                "EINVAL" when Number(Argument(line.Arguments, 1)) is > 0 => "something is mapped at that address",
                "EIDRM" => "the segment has been removed",
                "EACCES" => $"its mode doesn't allow it{Owned(segment)}",
                "ENOMEM" => "the address space (RLIMIT_AS) is exhausted",
                _ => null,
            },
            "shmget" => error switch
            {
                "EACCES" => $"the mode of the segment with that key doesn't allow it{Owned(segment)}",
                "ENOMEM" or "EINVAL" when line.ArgumentText.Contains("SHM_HUGETLB", StringComparison.Ordinal) =>
                    "the pool has too few free huge pages (vm.nr_hugepages)",
                "EPERM" => "huge pages are for root and the group vm.hugetlb_shm_group",
                _ => null,
            },
            "shmctl" => error switch
            {
                "EPERM" or "EACCES" => $"only its owner, its creator and root may{Owned(segment)}",
                "ENOMEM" => TooMuchLocked,
                _ => null,
            },
            "ftruncate" or "ftruncate64" or "fallocate" or "truncate" or "truncate64" or "write" or "pwrite64" =>
                WhyNotSized(error, segment),
            "fcntl" or "fcntl64" => WhyNotControlled(Argument(line.Arguments, 1), error),
            "flock" when error is "EAGAIN" or "EWOULDBLOCK" => "somebody else holds the lock",
            "mprotect" => WhyNotProtected(line, segment),
            "madvise" => error switch
            {
                "EACCES" => "the mapping may only be read, now and later",
                "EPERM" => "a seal forbids it",
                "EINVAL" => "the pages are locked, or aren't shared",
                _ => null,
            },
            "mremap" => error switch
            {
                "ENOMEM" when !line.ArgumentText.Contains("MREMAP_MAYMOVE", StringComparison.Ordinal) =>
                    "other memory lies behind it, and it may not move (MREMAP_MAYMOVE)",
                "ENOMEM" => "the address space (RLIMIT_AS) or the number of areas (vm.max_map_count) is exhausted",
                "EFAULT" => "the range reaches beyond the mapping there",
                "EAGAIN" => TooMuchLocked,
                _ => null,
            },
            "mlock" or "mlock2" => error is "ENOMEM" or "EPERM" or "EAGAIN" ? TooMuchLocked : null,
            "memfd_create" => error switch
            {
                "EMFILE" => TooManyDescriptors,
                "EINVAL" => "the label has more than 249 bytes, or a flag isn't known",
                "ENODEV" => "the kernel has no huge pages of that size",
                "EACCES" => "vm.memfd_noexec asks for MFD_NOEXEC_SEAL",
                _ => null,
            },
            _ => null,
        };
    }

    private string? WhyNotOpened(StraceLine line, string? segment) => line.Error switch
    {
        "ENOENT" => "nothing has that name",
        "EEXIST" => "an object of that name exists",
        // fs.protected_regular: in a folder like /dev/shm not even root may open what others own with O_CREAT.
        "EACCES" when line.ArgumentText.Contains("O_CREAT", StringComparison.Ordinal)
            && OwnerOf?.Invoke(segment ?? "") is { } owner =>
            $"O_CREAT may not open what others own here (fs.protected_regular), or its mode doesn't allow it: {owner}",
        "EACCES" => $"its mode, or that of /dev/shm, doesn't allow it{Owned(segment)}",
        "EMFILE" => TooManyDescriptors,
        "ENOSPC" => "/dev/shm has no inode left",
        "ELOOP" => "a link is there",
        "EISDIR" => "a folder is there",
        "ENAMETOOLONG" => "a name has at most 255 bytes",
        "EROFS" => "/dev/shm is mounted read-only",
        _ => null,
    };

    private static string? WhyNotControlled(string command, string? error) => (command, error) switch
    {
        ("F_ADD_SEALS", "EPERM") =>
            "it was made without MFD_ALLOW_SEALING, is sealed against more seals, or was opened for reading only",
        ("F_ADD_SEALS", "EBUSY") => "somebody has it mapped for writing",
        ("F_ADD_SEALS", "EINVAL") => "only memfds have seals",
        (_, "EAGAIN" or "EACCES") => "somebody else holds a lock on it",
        (_, "EDEADLK") => "the two would wait for each other",
        _ => null,
    };

    private static string? WhyNotProtected(StraceLine line, string? segment)
    {
        var access = Access(Argument(line.Arguments, 2));
        return line.Error switch
        {
            "EACCES" when access.HasFlag(ShmProtection.Execute) =>
                segment?.StartsWith('/') == true ? "/dev/shm is mounted noexec" : "it may not be executed",
            "EACCES" => segment?.StartsWith("id ", StringComparison.Ordinal) == true
                ? "it was attached with SHM_RDONLY" : "the object was opened for reading only, or a seal forbids it",
            "ENOMEM" =>
                "a page of the range isn't mapped, or the number of areas (vm.max_map_count) is exhausted",
            _ => null,
        };
    }

    private string? WhyNotMapped(StraceLine line, string? segment)
    {
        var access = Access(Argument(line.Arguments, 2));
        return line.Error switch
        {
            "EACCES" => access.HasFlag(ShmProtection.Write)
                ? "to write, the object has to be opened with O_RDWR" : "the object wasn't opened for reading",
            "EPERM" when segment is not null && segment.StartsWith('/') && access.HasFlag(ShmProtection.Execute) =>
                "/dev/shm is mounted noexec",
            "EPERM" => "a seal forbids it",
            "EINVAL" when Number(Argument(line.Arguments, 1)) == 0 =>
                "the length is 0: did the program set the object's size, and read it?",
            "ENOMEM" when HasFlag(Argument(line.Arguments, 3), "MAP_HUGETLB") || _huge.Contains(segment ?? "") =>
                "the pool has too few free huge pages (vm.nr_hugepages)",
            "ENOMEM" => "the address space (RLIMIT_AS) or the number of areas (vm.max_map_count) is exhausted",
            "EAGAIN" => TooMuchLocked,
            "EEXIST" => "something is mapped there, and MAP_FIXED_NOREPLACE leaves it",
            _ => null,
        };
    }

    private static string? WhyNotSized(string? error, string? segment) => error switch
    {
        "ENOSPC" => segment?.StartsWith('/') == true ? "/dev/shm has no room for it" : "memory is exhausted",
        "EPERM" => "a seal forbids it",
        "EINVAL" or "EBADF" => "the object wasn't opened for writing, or the size is negative",
        "EFBIG" => "the size is more than the limit of files (RLIMIT_FSIZE)",
        "EINTR" => "a signal interrupted it: call it again",
        "EACCES" => "its mode doesn't allow it",
        _ => null,
    };

    private string Owned(string? segment) =>
        segment is not null && OwnerOf?.Invoke(segment) is { } owner ? $": {owner}" : "";

    /// <summary>Looks up whose a segment is now: "root, rw-------".</summary>
    public static string? FindOwner(string label)
    {
        const string Id = "id ";
        const string Key = "key ";
        try
        {
            var segment = label.StartsWith('/') ? PosixSegments.FromName(label)
                : label.StartsWith(Id, StringComparison.Ordinal)
                    ? SysVSegments.FromId(int.Parse(label.AsSpan(Id.Length), CultureInfo.InvariantCulture))
                : label.StartsWith(Key, StringComparison.Ordinal) && SysVKey.TryParse(label[Key.Length..], out var key)
                    ? SysVSegments.FromKey(key) : null;
            return segment is null ? null : $"{PrintableText.Of(segment.Owner ?? "?")}, {segment.UnixMode}";
        }
        catch (Exception error) when (error is ShmException or FormatException or OverflowException)
        {
            return null;
        }
    }
}
