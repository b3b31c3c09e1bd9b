using System;
using System.IO;
using System.Management.Automation;

namespace PSSharedMemory.Commands;

/// <summary>
/// The second of two places that a cmdlet works on: a mapping, a segment that is mounted for the call, an array or a
/// file.
/// </summary>
internal sealed class OtherSide : IDisposable
{
    private readonly ShmMapping? _mapping;
    private readonly byte[]? _bytes;
    private readonly bool _isMountedHere;

    private OtherSide(ShmMapping? mapping, bool isMountedHere, byte[]? bytes, string? path)
    {
        _mapping = mapping;
        _isMountedHere = isMountedHere;
        _bytes = bytes;
        Path = path;
    }

    /// <summary>The file, if it is one.</summary>
    public string? Path { get; }

    /// <summary>Takes what -Destination or -Difference takes.</summary>
    /// <param name="value">A mapping, a segment, an array of bytes, a FileInfo, or a POSIX name.</param>
    /// <param name="need">What a mounting for the call asks for.</param>
    /// <exception cref="PSInvalidCastException">It is none of them.</exception>
    /// <exception cref="ShmException">As Mount.</exception>
    public static OtherSide Of(object value, ShmProtection need)
    {
        var plain = (value as PSObject)?.BaseObject ?? value;
        return plain switch
        {
            ShmMapping mapping => new OtherSide(mapping, isMountedHere: false, null, null),
            ShmSegment segment => Mount(ForeignHost.Refuse(segment), need),
            byte[] bytes => new OtherSide(null, false, bytes, null),
            FileInfo file => OfFile(file.FullName),
            string name => Mount(PosixSegments.FromName(name), need),
            object[] numbers when !need.HasFlag(ShmProtection.Write) =>
                new OtherSide(null, false, LanguagePrimitives.ConvertTo<byte[]>(numbers), null),
            _ => throw new PSInvalidCastException(
                $"A value of type {plain.GetType().Name} doesn't hold bytes. Use a mapping, a segment, a byte[], a FileInfo or the name of a POSIX segment."),
        };
    }

    public static OtherSide OfFile(string path) => new(null, false, null, path);

    public static OtherSide Mount(ShmSegment segment, ShmProtection need) =>
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
