using System;
using System.IO;
using System.Management.Automation;

namespace PSSharedMemory.Commands;

/// <summary>
/// The second of two places that a cmdlet works on: a mapping, a segment that is mounted for the call, an array or a
/// file.
/// </summary>
internal sealed class SecondRange : IDisposable
{
    private readonly ShmMapping? _mapping;
    private readonly byte[]? _bytes;
    private readonly bool _isMountedHere;

    private SecondRange(ShmMapping? mapping, bool isMountedHere, byte[]? bytes, string? path)
    {
        _mapping = mapping;
        _isMountedHere = isMountedHere;
        _bytes = bytes;
        Path = path;
    }

    /// <summary>The file, if it is one.</summary>
    public string? Path { get; }

    /// <summary>Opens the one that was given, of five ways.</summary>
    /// <exception cref="ShmException">InvalidName, InvalidKey, SegmentNotFound; or as Mount.</exception>
    public static SecondRange Open(
        object? value, string? name, int? id, string? key, string? path, ShmProtection need) =>
        name is not null ? Mount(TargetFinder.ByName(name), need)
        : id is not null ? Mount(SysVSegments.FromId(id.Value), need)
        : key is not null ? Mount(SysVSegments.FromKey(KeyArgument.Parse(key)), need)
        : path is not null ? OfFile(path)
        : Of(value!, need);

    /// <summary>Takes what -Destination or -Difference takes.</summary>
    /// <param name="value">A mapping, a segment, an array of bytes, a FileInfo, or a POSIX name.</param>
    /// <param name="need">What a mounting for the call asks for.</param>
    /// <exception cref="ShmException">InvalidName: it isn't one of them; or as Mount.</exception>
    private static SecondRange Of(object value, ShmProtection need)
    {
        var plain = PlainObject.Of(value);
        return plain switch
        {
            byte[] bytes => new SecondRange(null, false, bytes, null),
            FileInfo file when !file.FullName.StartsWith("/dev/shm/", StringComparison.Ordinal) =>
                OfFile(file.FullName),
            object[] numbers when !need.HasFlag(ShmProtection.Write) =>
                new SecondRange(null, false, LanguagePrimitives.ConvertTo<byte[]>(numbers), null),
            _ => Of(TargetFinder.Find(value), need),
        };
    }

    private static SecondRange Of(Target target, ShmProtection need) => target.Mapping is { } live
        ? new SecondRange(live, isMountedHere: false, null, null)
        : Mount(target.Segment, need);

    private static SecondRange OfFile(string path) => new(null, false, null, path);

    private static SecondRange Mount(ShmSegment segment, ShmProtection need) =>
        new(ShmMapping.Mount(segment, new ShmMountOptions { Protection = need }), isMountedHere: true, null, null);

    /// <summary>A range of it to read; of mappings and arrays also to write.</summary>
    /// <exception cref="ShmException">OutOfRange, MappingDismounted.</exception>
    public ShmRange Range(long offset, long? length) =>
        _mapping is not null ? ShmRange.Of(_mapping, offset, length)
        : _bytes is not null ? ShmRange.Of(_bytes, offset, length)
        : ShmRange.OfFile(Path!, offset, length);

    public void Dispose()
    {
        if (_isMountedHere)
        {
            _mapping!.Dispose();
        }
    }

    public override string ToString() => _mapping is not null ? $"{_mapping.Segment}" : Path ?? "the array";
}
