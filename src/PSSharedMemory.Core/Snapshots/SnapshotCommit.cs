using System;
using System.IO;
using System.Text;
using System.Threading;
using PSSharedMemory.Native;

namespace PSSharedMemory;

/// <summary>
/// Gives both files of a snapshot their names. Neither has one while it's written. First the data gets a temporary
/// name, which the metadata records; then the metadata gets its own name by a link or one rename, which atomically
/// replaces the old snapshot; finally the data takes its own name.
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

    public SnapshotCommit(string path, string metadataPath, bool overwrite, bool isNamed)
    {
        (_path, _metadataPath, _overwrite) = (path, metadataPath, overwrite);
        (_pathBytes, _metadataBytes) = (CString.ToBytes(path), CString.ToBytes(metadataPath));
        _data = Make(path, _pathBytes, isNamed);
        try
        {
            _metadata = Make(metadataPath, _metadataBytes, isNamed);
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

    /// <summary>The data's temporary name.</summary>
    public string StagedName { get; }

    /// <summary>How many files left by killed exports of the same name were removed.</summary>
    public int Leftovers { get; private set; }

    /// <summary>Makes this the current snapshot.</summary>
    /// <exception cref="IOException">EEXIST: a file of that name came meanwhile.</exception>
    /// <exception cref="ShmException">NoSpace, AccessDenied, NativeCallFailed.</exception>
    /// <exception cref="NewFile.UnlinkableException">Files without a name get none here; nothing was done.</exception>
    public void Run(CancellationToken cancellation)
    {
        Commit(cancellation);
        Finish();
    }

    public void Dispose()
    {
        foreach (var file in (NewFile[])[_metadata, _data])
        {
            SnapshotLeftovers.Release(file);
            file.Dispose();
        }
    }

    /// <summary>Up to the one rename that makes it the snapshot.</summary>
    internal void Commit(CancellationToken cancellation)
    {
        Sync(_data, _path);
        Sync(_metadata, _metadataPath);
        Require(_data, _data.TryNameTemporarily(_staged), _path);
        SyncFolder();
        NameMetadata(cancellation);

        // From here on, the temporary name must stay until the rename, whatever happens.
        _data.Keep();
        SyncFolder();
    }

    /// <summary>The rest: the bytes take their own name, unless another has committed since.</summary>
    internal void Finish()
    {
        NameData();
        SyncFolder();
        Leftovers = SnapshotLeftovers.Remove(_path, _metadataPath);
    }

    private void NameMetadata(CancellationToken cancellation)
    {
        if (!_overwrite)
        {
            Require(_metadata, _metadata.TryName(_metadataBytes), _metadataPath);
            return;
        }

        var temporary = _metadata.PlanTemporaryName(_metadataBytes);
        Require(_metadata, _metadata.TryNameTemporarily(temporary), _metadataPath);
        Errno errno;
        do
        {
            using var former = SnapshotTurn.Take(_metadataPath, _metadataBytes, cancellation);
            var isFirst = former.Errno == (int)Errno.ENOENT;
            errno = Rename(temporary, _metadataBytes, isFirst ? Libc.RENAME_NOREPLACE : 0);
            if (isFirst && errno is Errno.EINVAL or Errno.ENOSYS)
            {
                errno = Rename(temporary, _metadataBytes, 0);
            }
        }
        while (errno == Errno.EEXIST);
        Require(_metadata, errno, _metadataPath);
        _metadata.Keep();
    }

    private static Errno Rename(byte[] source, byte[] target, uint flags)
    {
        fixed (byte* from = source, to = target)
        {
            return (Errno)(-Libc.renameat2(from, to, flags));
        }
    }

    private void NameData()
    {
        fixed (byte* from = _staged, to = _pathBytes, metadata = _metadataBytes)
        {
            // Another export of the same name came in between: these bytes are outdated.
            if (!SnapshotTurn.IsAt(Metadata, _metadataBytes))
            {
                _ = Libc.unlink(from);
                return;
            }

            var errno = Rename(_staged, _pathBytes, _overwrite ? 0 : Libc.RENAME_NOREPLACE);
            if (errno is Errno.EINVAL or Errno.ENOSYS or Errno.EPERM)
            {
                errno = (Errno)(-Libc.linkat(Libc.AT_FDCWD, from, Libc.AT_FDCWD, to, 0));
                _ = errno == Errno.None ? Libc.unlink(from) : 0;
            }

            if (errno == Errno.EEXIST)
            {
                _ = Libc.unlink(metadata);
                _ = Libc.unlink(from);
            }

            Require(_data, errno, _path);
        }
    }

    // Before it's locked, another export may take a named file for a leftover.
    private static NewFile Make(string path, byte[] bytes, bool isNamed)
    {
        while (true)
        {
            var made = NewFile.TryMake(bytes, isNamed || !HasProc, out var errno) ?? throw Explain(errno, path);
            SnapshotLeftovers.Claim(made);
            if (made.IsUnnamed || Libc.statx(made.Descriptor, Libc.STATX_BASIC_STATS, out var data) < 0
                || data.stx_nlink > 0)
            {
                return made;
            }

            made.Dispose();
        }
    }

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
    /// Makes the steps reach the disk in order. Some file systems cannot do this and must keep the order themselves.
    /// </summary>
    private void SyncFolder()
    {
        using var folder = Libc.open(Path.GetDirectoryName(Path.GetFullPath(_path)) ?? "/", Libc.O_RDONLY);
        if (!folder.IsInvalid)
        {
            _ = Libc.fsync(folder);
        }
    }

    private static void Require(NewFile file, Errno errno, string path)
    {
        if (file.IsUnlinkable(errno))
        {
            throw new NewFile.UnlinkableException();
        }

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
        Errno.ENAMETOOLONG => new ShmException(
            ShmErrorId.InvalidName, $"Cannot write '{path}': the path is too long.", path),
        _ => NativeError.From(nameof(Libc.open), (int)errno, $"write '{path}'", path),
    };
}
