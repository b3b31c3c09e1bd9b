using System;
using System.Buffers;
using System.Globalization;
using System.Text;
using PSSharedMemory.Native;

namespace PSSharedMemory;

/// <summary>
/// A file that only gets its name when it's complete. It's made without one (O_TMPFILE), so a process that ends early
/// leaves nothing, and linkat(2) gives it a name that nothing else has: exclusively, atomically, without privilege.
/// Where the file system cannot do that (NFS, FUSE, vfat, overlay before Linux 6.1, hugetlbfs, the file systems of
/// sandboxes such as gVisor's gofer), or /proc is missing, it has a temporary name, ".NAME.….partial", until then.
/// </summary>
internal sealed unsafe class NewFile : IDisposable
{
    /// <summary>What temporary names end with.</summary>
    public const string Suffix = ".partial";

    private const int MostBytes = 200;

    private static readonly SearchValues<byte> HexDigits = SearchValues.Create("0123456789abcdef"u8);

    // All names are in this directory, wherever its path leads by now.
    private readonly DescriptorHandle _directory;
    private readonly bool _ownsDirectory;
    private byte[]? _temporary;

    private NewFile(DescriptorHandle descriptor, byte[]? temporary, DescriptorHandle directory, bool ownsDirectory)
    {
        Descriptor = descriptor;
        _temporary = temporary;
        _directory = directory;
        _ownsDirectory = ownsDirectory;
    }

    /// <summary>Open for reading and writing.</summary>
    public DescriptorHandle Descriptor { get; }

    /// <summary>Whether it has no name at all.</summary>
    public bool IsUnnamed => _temporary is null;

    /// <summary>Makes a file of mode 0600 that will have this path, or another one in the same directory.</summary>
    /// <param name="path">NUL-terminated bytes.</param>
    /// <param name="isNamed">Whether to give it a temporary name even if it could do without.</param>
    /// <param name="errno">Why there is none.</param>
    public static NewFile? TryMake(byte[] path, bool isNamed, out Errno errno)
    {
        var slash = path.AsSpan().LastIndexOf((byte)'/');
        byte[] folder = slash < 0 ? [(byte)'.', 0] : [.. path.AsSpan(0, Math.Max(slash, 1)), 0];
        DescriptorHandle directory;
        fixed (byte* pointer = folder)
        {
            directory = new DescriptorHandle(Libc.openat(Libc.AT_FDCWD, pointer, Libc.O_PATH | Libc.O_DIRECTORY));
        }

        errno = (Errno)directory.Errno;
        var made = directory.IsInvalid ? null : TryMake(directory, path, isNamed, ownsDirectory: true, out errno);
        if (made is null)
        {
            directory.Dispose();
        }

        return made;
    }

    /// <summary>The same in a directory that the caller holds open until the file is disposed of.</summary>
    public static NewFile? TryMake(DescriptorHandle directory, byte[] path, bool isNamed, out Errno errno) =>
        TryMake(directory, path, isNamed, ownsDirectory: false, out errno);

    private static NewFile? TryMake(
        DescriptorHandle directory, byte[] path, bool isNamed, bool ownsDirectory, out Errno errno)
    {
        var file = isNamed ? null : Open(directory, [(byte)'.', 0], Libc.O_TMPFILE | Libc.O_RDWR);

        // EISDIR means a kernel without the flag, EOPNOTSUPP and EINVAL a file system without such files, and EPERM,
        // EACCES and ENOSYS possibly a filter. If no file may be made at all, the second call says so.
        byte[]? temporary = null;
        if (file is null || (Errno)file.Errno is Errno.EOPNOTSUPP or Errno.EISDIR or Errno.EINVAL or Errno.EPERM
            or Errno.EACCES or Errno.ENOSYS)
        {
            temporary = TemporaryPath(path);
            file = Open(directory, temporary, Libc.O_CREAT | Libc.O_EXCL | Libc.O_RDWR | Libc.O_NONBLOCK);
        }

        errno = (Errno)file.Errno;
        return file.IsInvalid ? null : new NewFile(file, temporary, directory, ownsDirectory);
    }

    /// <summary>An unused path in the same directory, for a file that is incomplete or about to go.</summary>
    public static byte[] TemporaryPath(byte[] path)
    {
        var slash = path.AsSpan().LastIndexOf((byte)'/');
        var name = path.AsSpan(slash + 1)[..^1];
        var tail = Encoding.ASCII.GetBytes(string.Create(CultureInfo.InvariantCulture, $".{Guid.NewGuid():N}{Suffix}"));
        return [.. path.AsSpan(0, slash + 1), (byte)'.', .. name[..Math.Min(name.Length, MostBytes)], .. tail, 0];
    }

    /// <summary>
    /// Whether a name is one that <see cref="TemporaryPath"/> gives to a file of another; both without NUL.
    /// </summary>
    public static bool IsTemporaryNameOf(ReadOnlySpan<byte> name, ReadOnlySpan<byte> leaf)
    {
        const int GuidLength = 32;
        var stem = leaf[..Math.Min(leaf.Length, MostBytes)];
        return name.Length == 1 + stem.Length + 1 + GuidLength + Suffix.Length
            && name[0] == (byte)'.' && name[1..].StartsWith(stem) && name[1 + stem.Length] == (byte)'.'
            && !name.Slice(2 + stem.Length, GuidLength).ContainsAnyExcept(HexDigits)
            && name[^Suffix.Length..].SequenceEqual(".partial"u8);
    }

    /// <summary>Gives it an unused name; EEXIST if something has it.</summary>
    public Errno TryName(byte[] path)
    {
        int result;
        fixed (byte* target = Leaf(path))
        {
            if (_temporary is null)
            {
                result = LinkUnnamed(target);
            }
            else
            {
                result = Rename(_temporary, target);
                _temporary = result >= 0 ? null : _temporary;
            }
        }

        return result >= 0 ? Errno.None : (Errno)(-result);
    }

    /// <summary>
    /// Whether the error means that a nameless file cannot be named here: no /proc to link by, or a filter. Then a file
    /// with a temporary name is used.
    /// </summary>
    public bool IsUnlinkable(Errno errno) => IsUnnamed
        && errno is Errno.ENOENT or Errno.EPERM or Errno.ENOSYS or Errno.EOPNOTSUPP or Errno.EACCES or Errno.EXDEV;

    /// <summary>The temporary name that it has, or that <see cref="TryNameTemporarily"/> will give it.</summary>
    /// <param name="path">Where it will be in the end.</param>
    public byte[] PlanTemporaryName(byte[] path) => _temporary ?? TemporaryPath(path);

    /// <summary>Gives it a temporary name if it has none: what a rename that replaces another file needs.</summary>
    public Errno TryNameTemporarily(byte[] temporary)
    {
        if (_temporary is not null)
        {
            return Errno.None;
        }

        var errno = TryName(temporary);
        _temporary = errno == Errno.None ? temporary : null;
        return errno;
    }

    /// <summary>Writes all bytes at a place.</summary>
    /// <param name="descriptor">Open for writing.</param>
    /// <param name="bytes">The bytes to write.</param>
    /// <param name="offset">Where.</param>
    /// <param name="name">For messages.</param>
    /// <exception cref="ShmException">NoSpace, LimitReached, NativeCallFailed.</exception>
    public static void Write(DescriptorHandle descriptor, ReadOnlySpan<byte> bytes, long offset, string name)
    {
        FileSizeLimit.Require(
            nameof(Libc.pwrite), offset + bytes.Length, $"write {bytes.Length} bytes to '{name}'", name);
        fixed (byte* start = bytes)
        {
            for (var done = 0; done < bytes.Length;)
            {
                var result = Libc.pwrite(descriptor, (nint)(start + done), (nuint)(bytes.Length - done), offset + done);
                if (result < 0 && result != -(int)Errno.EINTR)
                {
                    throw NativeError.From(
                        nameof(Libc.pwrite), (int)-result, $"write {bytes.Length} bytes to '{name}'", name);
                }

                done += (int)Math.Max(result, 0);
            }
        }
    }

    /// <summary>The temporary name was renamed or shall stay: it isn't removed at the end.</summary>
    public void Keep() => _temporary = null;

    /// <summary>Closes it; without a final name, nothing of it stays.</summary>
    public void Dispose()
    {
        if (_temporary is not null)
        {
            fixed (byte* name = Leaf(_temporary))
            {
                _ = Libc.unlinkat(_directory, name, 0);
            }
        }

        Descriptor.Dispose();
        if (_ownsDirectory)
        {
            _directory.Dispose();
        }
    }

    /// <summary>The part after the last '/', with the NUL.</summary>
    private static ReadOnlySpan<byte> Leaf(byte[] path) => path.AsSpan(path.AsSpan().LastIndexOf((byte)'/') + 1);

    private static DescriptorHandle Open(DescriptorHandle directory, byte[] path, int flags)
    {
        fixed (byte* name = Leaf(path))
        {
            return Libc.openat(directory, name, flags, (uint)ShmCreateOptions.DefaultMode);
        }
    }

    private int LinkUnnamed(byte* target)
    {
        var self = CString.ToBytes(string.Create(CultureInfo.InvariantCulture, $"/proc/self/fd/{Descriptor.Number}"));
        fixed (byte* source = self)
        {
            var result = Libc.linkat(source, _directory, target, Libc.AT_SYMLINK_FOLLOW);
            if (result != -(int)Errno.ENOENT)
            {
                return result;
            }
        }

        // Without /proc; before Linux 6.10 for root alone.
        return Libc.linkat(Descriptor, _directory, target);
    }

    /// <summary>Renames without replacing; by a second link where the file system cannot.</summary>
    private int Rename(byte[] from, byte* to)
    {
        fixed (byte* source = Leaf(from))
        {
            var result = Libc.renameat2(_directory, source, _directory, to, Libc.RENAME_NOREPLACE);
            if (result is not (-(int)Errno.EINVAL or -(int)Errno.ENOSYS or -(int)Errno.EPERM))
            {
                return result;
            }

            result = Libc.linkat(_directory, source, to);
            if (result >= 0)
            {
                _ = Libc.unlinkat(_directory, source, 0);
            }

            return result;
        }
    }

    /// <summary>A file without a name cannot get one here: everything is done again with a temporary name.</summary>
    internal sealed class UnlinkableException : Exception;
}
