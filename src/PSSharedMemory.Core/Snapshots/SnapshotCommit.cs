using System;
using System.IO;
using System.Text;
using PSSharedMemory.Native;

namespace PSSharedMemory;

/// <summary>
/// Both files of a snapshot on their way to their names. Neither has one while it is written. Then the bytes get a
/// temporary one, which the metadata tells; the metadata gets its own, by a link or one rename: now, and in no step
/// between, the new snapshot takes the place of the old. Last the bytes take their own name.
/// </summary>
internal sealed unsafe class SnapshotCommit : IDisposable
{
    private readonly string _path;
    private readonly string _metadataPath;
    private readonly byte[] _pathBytes;
    private readonly byte[] _metadataBytes;
    private readonly byte[] _staged;
    private readonly bool _overwrite;
    private readonly NewFile _data;
    private readonly NewFile _metadata;

    public SnapshotCommit(string path, string metadataPath, bool overwrite)
    {
        (_path, _metadataPath, _overwrite) = (path, metadataPath, overwrite);
        (_pathBytes, _metadataBytes) = (NewFile.ToBytes(path), NewFile.ToBytes(metadataPath));
        _data = Make(path, _pathBytes);
        try
        {
            _metadata = Make(metadataPath, _metadataBytes);
        }
        catch
        {
            _data.Dispose();
            throw;
        }

        _staged = _data.PlanTemporaryName(_pathBytes);
        StagedName = Encoding.UTF8.GetString(_staged.AsSpan((_staged.AsSpan().LastIndexOf((byte)'/')) + 1)[..^1]);
    }

    /// <summary>The file of the bytes.</summary>
    public DescriptorHandle Data => _data.Descriptor;

    /// <summary>The file of the metadata.</summary>
    public DescriptorHandle Metadata => _metadata.Descriptor;

    /// <summary>What the bytes are called until they have their own name.</summary>
    public string StagedName { get; }

    /// <summary>Makes the snapshot the one that is there.</summary>
    /// <exception cref="IOException">EEXIST: a file of that name came meanwhile.</exception>
    /// <exception cref="ShmException">NoSpace, AccessDenied, NativeCallFailed.</exception>
    public void Run()
    {
        var before = _overwrite ? StagedOfOld() : null;
        Sync(_data, _path);
        Sync(_metadata, _metadataPath);
        Require(_data.TryNameTemporarily(_staged), _path);
        SyncFolder();
        NameMetadata();

        // From here on the bytes are needed under the temporary name, whatever happens.
        _data.Keep();
        SyncFolder();
        NameData();
        SyncFolder();
        if (before is not null && !before.AsSpan().SequenceEqual(_staged))
        {
            fixed (byte* old = before)
            {
                _ = Libc.unlink(old);
            }
        }
    }

    public void Dispose()
    {
        _metadata.Dispose();
        _data.Dispose();
    }

    private void NameMetadata()
    {
        if (!_overwrite)
        {
            Require(_metadata.TryName(_metadataBytes), _metadataPath);
            return;
        }

        var temporary = _metadata.PlanTemporaryName(_metadataBytes);
        Require(_metadata.TryNameTemporarily(temporary), _metadataPath);
        fixed (byte* from = temporary, to = _metadataBytes)
        {
            Require((Errno)(-Libc.renameat2(from, to, 0)), _metadataPath);
        }

        _metadata.Keep();
    }

    private void NameData()
    {
        fixed (byte* from = _staged, to = _pathBytes, metadata = _metadataBytes)
        {
            // Another export of the same name that came in between has made these bytes old.
            if (!IsOurs(metadata))
            {
                _ = Libc.unlink(from);
                return;
            }

            var errno = (Errno)(-Libc.renameat2(from, to, _overwrite ? 0 : Libc.RENAME_NOREPLACE));
            if (errno is Errno.EINVAL or Errno.ENOSYS)
            {
                errno = (Errno)(-Libc.linkat(Libc.AT_FDCWD, from, Libc.AT_FDCWD, to, 0));
                _ = errno == Errno.None ? Libc.unlink(from) : 0;
            }

            if (errno == Errno.EEXIST)
            {
                _ = Libc.unlink(metadata);
                _ = Libc.unlink(from);
            }

            Require(errno, _path);
        }
    }

    private bool IsOurs(byte* metadata) =>
        Libc.statx(Libc.AT_FDCWD, metadata, Libc.AT_SYMLINK_NOFOLLOW, Libc.STATX_BASIC_STATS, out var there) >= 0
        && Libc.statx(Metadata, Libc.STATX_BASIC_STATS, out var own) >= 0
        && there.stx_ino == own.stx_ino && there.stx_dev_major == own.stx_dev_major
        && there.stx_dev_minor == own.stx_dev_minor;

    /// <summary>
    /// What an export that was killed has left beside the snapshot that is replaced; null for the usual nothing.
    /// </summary>
    private byte[]? StagedOfOld()
    {
        try
        {
            return SnapshotJson.Read(_path).StagedName is { } name
                && name.EndsWith(".partial", StringComparison.Ordinal)
                ? NewFile.ToBytes(Path.Combine(Path.GetDirectoryName(Path.GetFullPath(_path)) ?? "/", name))
                : null;
        }
        catch (Exception error) when (error is ShmException or IOException or UnauthorizedAccessException)
        {
            // No metadata, or none that can be read: it says of nothing that it is left.
            return null;
        }
    }

    private static NewFile Make(string path, byte[] bytes) => NewFile.TryMake(bytes, isNamed: !HasProc, out var errno)
        ?? throw Explain(errno, path);

    private static bool HasProc => Directory.Exists("/proc/self/fd");

    private static void Sync(NewFile file, string path)
    {
        var result = Libc.fsync(file.Descriptor);
        if (result < 0)
        {
            throw NativeError.From(nameof(Libc.fsync), -result, $"write '{path}' to its disk", path);
        }
    }

    /// <summary>
    /// So that the steps come to the disk in their order. Some file systems cannot; then it is theirs to keep it.
    /// </summary>
    private void SyncFolder()
    {
        using var folder = Libc.open(Path.GetDirectoryName(Path.GetFullPath(_path)) ?? "/", Libc.O_RDONLY);
        if (!folder.IsInvalid)
        {
            _ = Libc.fsync(folder);
        }
    }

    private static void Require(Errno errno, string path)
    {
        if (errno != Errno.None)
        {
            throw Explain(errno, path);
        }
    }

    private static Exception Explain(Errno errno, string path) => errno switch
    {
        Errno.EEXIST => SnapshotWriter.Exists(path),
        Errno.ENOENT or Errno.ENOTDIR =>
            new FileNotFoundException($"Cannot write '{path}': its folder isn't there.", path),
        Errno.EACCES or Errno.EPERM or Errno.EROFS =>
            new UnauthorizedAccessException($"Cannot write '{path}': permission denied."),
        _ => NativeError.From("open", (int)errno, $"write '{path}'", path),
    };
}
