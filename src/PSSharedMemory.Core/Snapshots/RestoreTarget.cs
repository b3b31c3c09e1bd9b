namespace PSSharedMemory;

/// <summary>How to restore a snapshot.</summary>
internal sealed class RestoreTarget
{
    public RestoreTarget(ShmSegment old, ShmRestoreOptions options)
    {
        var isSysV = options.Key is not null || options.Private
            || (old.Kind == ShmKind.SysV && options.Name is null && !options.Anonymous);
        var isMemFd = options.Anonymous || (!isSysV && options.Name is null && old.IsNameless);
        Kind = isSysV ? ShmKind.SysV : isMemFd ? ShmKind.MemFd : ShmKind.Posix;
        Name = !isMemFd ? options.Name ?? old.Name ?? "" : old.Kind switch
        {
            ShmKind.MemFd => MemFdSegments.LabelOf(old),
            ShmKind.Anonymous => "anonymous",
            _ => $"{old}",
        };
        Key = options.Private || (options.Key is null && old.Key is null or 0) ? null : options.Key ?? old.Key;
    }

    /// <summary>The family.</summary>
    public ShmKind Kind { get; }

    /// <summary>POSIX: "/name"; a memfd's label.</summary>
    public string Name { get; }

    /// <summary>System V: null for a private segment.</summary>
    public int? Key { get; }
}
