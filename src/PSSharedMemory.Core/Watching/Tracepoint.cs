using System;
using System.Globalization;

namespace PSSharedMemory;

/// <summary>A tracepoint: its number, and where its fields are in a record.</summary>
internal sealed class Tracepoint
{
    private readonly string _format;

    private Tracepoint(string name, ushort id, string format) => (Name, Id, _format) = (name, id, format);

    /// <summary>"sys_enter_shmget".</summary>
    public string Name { get; }

    /// <summary>The kernel's number for it, until the next boot.</summary>
    public ushort Id { get; }

    /// <summary>Reads it; null where this kernel has none of that name.</summary>
    public static Tracepoint? TryRead(TracingFiles files, string name) =>
        files.Read($"events/syscalls/{name}/id") is { } id
        && ushort.TryParse(id.AsSpan().Trim(), NumberStyles.None, CultureInfo.InvariantCulture, out var number)
        && files.Read($"events/syscalls/{name}/format") is { } format
            ? new Tracepoint(name, number, format)
            : null;

    /// <summary>Where a field of eight bytes begins; null where there is none.</summary>
    public int? OffsetOf(string field)
    {
        // "	field:size_t size;	offset:24;	size:8;	signed:0;"
        foreach (var line in _format.Split('\n'))
        {
            var parts = line.Split(';', StringSplitOptions.TrimEntries);
            if (parts.Length >= 3 && parts[0].StartsWith("field:", StringComparison.Ordinal)
                && parts[0].EndsWith(' ' + field, StringComparison.Ordinal)
                && parts[1].StartsWith("offset:", StringComparison.Ordinal)
                && parts[2] == "size:8"
                && int.TryParse(parts[1].AsSpan(7), NumberStyles.None, CultureInfo.InvariantCulture, out var offset))
            {
                return offset;
            }
        }

        return null;
    }
}
