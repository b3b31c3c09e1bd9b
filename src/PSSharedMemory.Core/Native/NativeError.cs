using System;
using System.Runtime.CompilerServices;
using static PSSharedMemory.Native.Libc;

namespace PSSharedMemory.Native;

/// <summary>
/// The one way from a failed call to an exception. The condition depends on the pair (function, errno), never on errno
/// alone; where the pair is still ambiguous, the caller decides first and names the condition itself.
/// </summary>
internal static class NativeError
{
    /// <summary>The exception for a call that returned minus <paramref name="errno"/>.</summary>
    /// <param name="function">The C name of the function.</param>
    /// <param name="errno">Positive.</param>
    /// <param name="attempted">Completes "Cannot …": what was attempted, with the names that matter.</param>
    /// <param name="target">What the call was about.</param>
    public static ShmException From(string function, int errno, string attempted, object? target = null)
    {
        var (id, condition, advice) = Explain(function, (Errno)errno);
        return From(id, function, errno, attempted, condition, advice, target);
    }

    /// <summary>The exception for a failed call whose condition the caller has determined.</summary>
    public static ShmException From(
        ShmErrorId id, string function, int errno, string attempted, string condition, string advice, object? target) =>
        new(
            id, $"Cannot {attempted}: {condition} ({function}: {Name(errno)}). {advice}".TrimEnd(), function, errno,
            target);

    /// <summary>Throws where a call returned minus errno. Its text is made only then.</summary>
    public static void ThrowIf(
        long result, string function, [InterpolatedStringHandlerArgument(nameof(result))] ref FailedAttempt attempted,
        object? target = null)
    {
        if (result < 0)
        {
            throw From(function, (int)-result, attempted.ToStringAndClear(), target);
        }
    }

    /// <summary>The same, with a text that is there already.</summary>
    public static void ThrowIf(long result, string function, string attempted, object? target = null)
    {
        if (result < 0)
        {
            throw From(function, (int)-result, attempted, target);
        }
    }

    /// <summary>ENOENT, EINVAL, … or "errno 999".</summary>
    public static string Name(int errno) =>
        Enum.IsDefined((Errno)errno) ? ((Errno)errno).ToString() : $"errno {errno}";

    private static (ShmErrorId Id, string Condition, string Advice) Explain(string function, Errno errno) =>
        (function, errno) switch
        {
            (nameof(shmget) or nameof(openat) or nameof(unlinkat), Errno.ENOENT)
                or (nameof(openat) or nameof(unlinkat), Errno.ENOTDIR) =>
                (ShmErrorId.SegmentNotFound, "no such segment", ""),
            (nameof(shmget) or nameof(linkat), Errno.EEXIST) =>
                (ShmErrorId.SegmentExists, "a segment of that name or key exists", ""),
            (nameof(shmat) or nameof(shmctl), Errno.EINVAL or Errno.EIDRM) =>
                (ShmErrorId.SegmentNotFound, "no segment has that id", ""),
            (nameof(openat), Errno.ENAMETOOLONG) =>
                (
                    ShmErrorId.InvalidName, "a shared memory object cannot have that name",
                    "A part between two '/' has at most 255 bytes, the whole name 4,000."),
            (nameof(openat), Errno.EINVAL or Errno.EISDIR or Errno.ELOOP or Errno.ENXIO) =>
                (ShmErrorId.InvalidName, "the name belongs to something else, such as a link or a directory", ""),
            (nameof(openat), Errno.EXDEV) =>
                (ShmErrorId.InvalidName, "another file system is mounted on the way", ""),
            (nameof(shmget), Errno.EINVAL) =>
                (ShmErrorId.InvalidSize, "the size is zero or not possible", "Give a size in bytes of 1 or more."),
            (nameof(shmget), Errno.ENOSPC) =>
                (
                    ShmErrorId.LimitReached,
                    "the host's limit of System V segments (SHMMNI) or of their total size (SHMALL) is reached", ""),
            (nameof(shmget), Errno.ENOMEM) =>
                (ShmErrorId.NoSpace, "there is not enough memory", ""),
            // Making a file takes no page, but an inode.
            (nameof(open) or nameof(openat) or nameof(linkat), Errno.ENOSPC) =>
                (ShmErrorId.NoSpace, "the file system has no inode left, or no room for one", ""),
            (nameof(fallocate) or nameof(ftruncate), Errno.ENOSPC) =>
                (ShmErrorId.NoSpace, "/dev/shm, memory or the pool of huge pages is full", ""),
            (nameof(ftruncate) or nameof(fallocate), Errno.EINVAL or Errno.EFBIG) =>
                (ShmErrorId.InvalidSize, "the size is not possible", "Give a size in bytes that this host can hold."),
            (nameof(ftruncate) or nameof(fallocate), Errno.EPERM) =>
                (
                    ShmErrorId.AccessDenied, "the object is sealed against this, or a seccomp filter refuses the call",
                    "Seals cannot be taken back; copy the data to a new segment."),
            (nameof(mmap), Errno.EEXIST) =>
                (ShmErrorId.AddressInUse, "something is mapped there", ""),
            (nameof(mmap) or nameof(mprotect), Errno.EACCES or Errno.EPERM) =>
                (ShmErrorId.AccessDenied, "the segment was not opened for that access", ""),
            (nameof(mmap) or nameof(shmat) or nameof(mprotect) or nameof(mremap), Errno.ENOMEM) =>
                (
                    ShmErrorId.LimitReached,
                    "the address space or the number of mapped areas (vm.max_map_count) is exhausted, or the address "
                        + "lies outside it",
                    ""),
            (nameof(mlock) or nameof(mlock2), Errno.EPERM) =>
                (
                    ShmErrorId.LimitReached, "this process may lock no memory (RLIMIT_MEMLOCK is 0)",
                    "Raise it with ulimit -l."),
            (nameof(madvise), Errno.EINVAL) =>
                (
                    ShmErrorId.NotSupportedByKind,
                    "this kind of memory, or this kernel, refuses that advice (locked pages cannot be freed)",
                    ""),
            (nameof(mlock) or nameof(mlock2) or nameof(mmap) or nameof(shmctl) or nameof(mremap), Errno.EAGAIN
                or Errno.ENOMEM) =>
                (
                    ShmErrorId.LimitReached, "the limit of locked memory (RLIMIT_MEMLOCK) is reached",
                    "Raise it with ulimit -l."),
            (nameof(shmat), Errno.EMFILE) =>
                (ShmErrorId.LimitReached, "the process has reached its attachment limit (SHMSEG)", "Dismount some."),
            (nameof(chmod), Errno.ENOENT) =>
                (ShmErrorId.PlatformNotSupported, "it is reached through /proc, which isn't mounted", "Mount it."),
            (nameof(openat), Errno.EAGAIN) =>
                (ShmErrorId.SegmentInUse, "another program holds a lease on it", "Try again when that has ended."),
            (_, Errno.EMFILE) =>
                (
                    ShmErrorId.LimitReached, "the process has reached its limit of descriptors (RLIMIT_NOFILE)",
                    "Dismount some mappings, or raise it with ulimit -n."),
            (_, Errno.ENFILE) =>
                (ShmErrorId.LimitReached, "the host has reached its limit of open files (fs.file-max)", ""),
            (_, Errno.EROFS) =>
                (
                    ShmErrorId.AccessDenied, "the file system is mounted read-only",
                    "mount -o remount,rw /dev/shm makes it writable."),
            (_, Errno.EACCES or Errno.EPERM) =>
                (ShmErrorId.AccessDenied, "permission denied", ""),
            (_, Errno.ENOSYS) =>
                (ShmErrorId.PlatformNotSupported, "the kernel lacks this call", ""),
            (_, Errno.ENOSPC) =>
                (ShmErrorId.NoSpace, "there is no space left", ""),
            _ => (ShmErrorId.NativeCallFailed, "the call failed", ""),
        };
}
