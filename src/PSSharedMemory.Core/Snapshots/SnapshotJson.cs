using System;
using System.Collections.Generic;
using System.Globalization;
using System.IO;
using System.Text;
using System.Text.Json;

namespace PSSharedMemory;

/// <summary>The metadata of a snapshot as JSON (RFC 8259), version 1.</summary>
internal static class SnapshotJson
{
    private const string Format = "PSSharedMemory snapshot";
    private const int Version = 1;

    // What the hash is of.
    private const string AllBytes = "all bytes";
    private const string Extents = "extents";

    // More than the longest extent list needs.
    private const int MostBytes = 8 << 20;

    public static void Write(ShmSegmentSnapshot snapshot, Stream stream)
    {
        using var json = new Utf8JsonWriter(stream, new JsonWriterOptions { Indented = true });
        var segment = snapshot.Segment;
        json.WriteStartObject();
        json.WriteString("format", Format);
        json.WriteNumber("version", Version);
        json.WriteString("kind", $"{segment.Kind}");

        // A name that isn't valid Unicode cannot be JSON text: its bytes are kept in hex.
        if (segment.Name is { } name)
        {
            json.WriteString("name", IsUnicode(name) ? name : null);
            if (!IsUnicode(name))
            {
                json.WriteString("nameBytes", Convert.ToHexString(PosixName.ToBytes(name).AsSpan()[..^1]));
            }
        }

        WriteNumber(json, "id", segment.Id);
        json.WriteString("key", segment.Key is { } key ? SysVKey.ToText(key) : null);
        json.WriteNumber("size", segment.Size);
        WriteNumber(json, "allocated", segment.Allocated);
        json.WriteString("mode", Convert.ToString((int)segment.Mode, 8).PadLeft(4, '0'));
        json.WriteString("owner", segment.Owner);
        json.WriteNumber("userId", segment.UserId);
        json.WriteString("group", segment.Group);
        json.WriteNumber("groupId", segment.GroupId);
        json.WriteString("status", $"{segment.Status}");
        json.WriteString("seals", segment.Seals?.ToString());
        WriteNumber(json, "creatorProcessId", segment.CreatorProcessId);
        WriteNumber(json, "lastProcessId", segment.LastProcessId);
        WriteTime(json, "attachTime", segment.AttachTime);
        WriteTime(json, "detachTime", segment.DetachTime);
        WriteTime(json, "changeTime", segment.ChangeTime);
        WriteTime(json, "exportTime", snapshot.ExportTime);
        json.WriteString("stagedFile", snapshot.StagedName);
        json.WriteString("sha256", snapshot.Sha256);
        json.WriteString("sha256Of", snapshot.SkipsHoles ? Extents : AllBytes);
        json.WriteStartArray("extents");
        foreach (var extent in snapshot.Extents)
        {
            json.WriteStartArray();
            json.WriteNumberValue(extent.Offset);
            json.WriteNumberValue(extent.Length);
            json.WriteEndArray();
        }

        json.WriteEndArray();
        json.WriteEndObject();
    }

    /// <exception cref="ShmException">InvalidStructure.</exception>
    /// <exception cref="IOException">As File.OpenRead.</exception>
    public static ShmSegmentSnapshot Read(string dataPath)
    {
        var path = dataPath + ShmSegmentSnapshot.MetadataSuffix;
        var bytes = ReadBytes(path);
        try
        {
            using var document = JsonDocument.Parse(bytes);
            return Read(document.RootElement, dataPath);
        }
        catch (Exception error) when (error is JsonException or KeyNotFoundException or InvalidOperationException
            or FormatException
            or OverflowException or ArgumentException or IndexOutOfRangeException or ShmException)
        {
            throw Invalid(path, error.Message.TrimEnd('.'));
        }
    }

    /// <summary>All bytes, up to a limit, whatever the file's reported size.</summary>
    private static ReadOnlyMemory<byte> ReadBytes(string path)
    {
        using var file = PlainFile.OpenToRead(path);
        var length = RandomAccess.GetLength(file);
        if (length > MostBytes)
        {
            throw Invalid(path, $"it has {length} bytes, more than any metadata");
        }

        var bytes = new byte[length];
        var done = 0;
        for (var count = 1; count > 0 && done < bytes.Length; done += count)
        {
            count = RandomAccess.Read(file, bytes.AsSpan(done), done);
        }

        return bytes.AsMemory(0, done);
    }

    private static ShmSegmentSnapshot Read(JsonElement json, string dataPath)
    {
        if (json.GetProperty("format").GetString() != Format || json.GetProperty("version").GetInt32() != Version)
        {
            throw new FormatException($"only version {Version} of '{Format}' is supported");
        }

        var size = json.GetProperty("size").GetInt64();
        var extents = new List<ShmRun>();
        foreach (var extent in json.GetProperty("extents").EnumerateArray())
        {
            if (extent.GetArrayLength() != 2 || extents.Count == ExtentList.MostExtents)
            {
                throw new FormatException("the extents are invalid");
            }

            extents.Add(new ShmRun(extent[0].GetInt64(), extent[1].GetInt64()));
        }

        if (size <= 0 || !ExtentList.AreValid(extents, size))
        {
            throw new FormatException("the size or the extents are invalid");
        }

        var mode = Convert.ToInt32(Text(json, "mode") ?? throw new FormatException("the mode is missing"), 8);
        if (!SegmentMode.IsValid((UnixFileMode)mode))
        {
            throw new FormatException("the mode isn't valid for a segment");
        }

        return new ShmSegmentSnapshot
        {
            Path = dataPath,
            Extents = extents,
            StagedName = Text(json, "stagedFile") is { } staged && IsStagedNameOf(staged, dataPath) ? staged : null,
            Sha256 = Text(json, "sha256") is { Length: 64 } hash
                ? hash
                : throw new FormatException("the hash isn't SHA-256"),
            SkipsHoles = Text(json, "sha256Of") switch
            {
                null or AllBytes => false,
                Extents => true,
                _ => throw new FormatException("it doesn't say in a known way what was hashed"),
            },
            ExportTime = Time(json, "exportTime") ?? default,
            Segment = new ShmSegment
            {
                Kind = Word<ShmKind>(Text(json, "kind")),
                Name = Text(json, "nameBytes") is { } bytes
                    ? PosixName.FromBytes(Convert.FromHexString(bytes).AsSpan(1))
                    : Text(json, "name"),
                Id = checked((int?)Number(json, "id")),
                Key = Text(json, "key") is { } key ? SysVKey.TryParse(key, out var number)
                    ? number
                    : throw new FormatException("the key is invalid") : null,
                Size = size,
                Allocated = Number(json, "allocated"),
                Mode = (UnixFileMode)mode,
                Owner = Text(json, "owner") ?? "",
                UserId = checked((uint)(Number(json, "userId") ?? 0)),
                Group = Text(json, "group") ?? "",
                GroupId = checked((uint)(Number(json, "groupId") ?? 0)),
                Status = Enum.Parse<ShmSegmentStatus>(Text(json, "status") ?? "None"),
                Seals = Text(json, "seals") is { } seals ? Enum.Parse<ShmSeals>(seals) : null,
                CreatorProcessId = checked((int?)Number(json, "creatorProcessId")),
                LastProcessId = checked((int?)Number(json, "lastProcessId")),
                AttachTime = Time(json, "attachTime"),
                DetachTime = Time(json, "detachTime"),
                ChangeTime = Time(json, "changeTime"),
            },
        };
    }

    // Don't trust the name: it must be one that an export of this very snapshot would use.
    private static bool IsStagedNameOf(string name, string dataPath) =>
        NewFile.IsTemporaryNameOf(Encoding.UTF8.GetBytes(name), Encoding.UTF8.GetBytes(Path.GetFileName(dataPath)));

    /// <summary>One word of an enumeration: Enum.Parse takes numbers and lists too.</summary>
    private static T Word<T>(string? text)
        where T : struct, Enum =>
        Array.IndexOf(Enum.GetNames<T>(), text) >= 0
            ? Enum.Parse<T>(text!)
            : throw new FormatException($"'{text}' is not a {typeof(T).Name}");

    private static string? Text(JsonElement json, string name) =>
        json.TryGetProperty(name, out var value) ? value.GetString() : null;

    private static long? Number(JsonElement json, string name) =>
        json.TryGetProperty(name, out var value) && value.ValueKind != JsonValueKind.Null ? value.GetInt64() : null;

    private static DateTime? Time(JsonElement json, string name) => Text(json, name) is { } text
        ? DateTime.Parse(text, CultureInfo.InvariantCulture, DateTimeStyles.RoundtripKind).ToUniversalTime()
        : null;

    private static void WriteNumber(Utf8JsonWriter json, string name, long? value)
    {
        if (value is { } number)
        {
            json.WriteNumber(name, number);
        }
        else
        {
            json.WriteNull(name);
        }
    }

    private static void WriteTime(Utf8JsonWriter json, string name, DateTime? time) =>
        json.WriteString(name, time?.ToUniversalTime().ToString("O", CultureInfo.InvariantCulture));

    private static bool IsUnicode(string text)
    {
        for (var i = 0; i < text.Length; i++)
        {
            if (char.IsSurrogatePair(text, i))
            {
                i++;
            }
            else if (char.IsSurrogate(text[i]))
            {
                return false;
            }
        }

        return true;
    }

    private static ShmException Invalid(string path, string reason) => new(
        ShmErrorId.InvalidStructure, $"'{path}' isn't the metadata of a snapshot: {reason}.", path);
}
