using System;
using System.Collections.Generic;
using System.IO;
using System.Linq;
using System.Text.Json;

namespace PSSharedMemory;

/// <summary>
/// A catalogue as a file: <c>{"format": "PSSharedMemory origins", "version": 1, "origins": [{"name": …, "names": […],
/// "keys": […], "magic": [{"offset": 0, "hex": …}], "what": …, "release": …, "processes": […], "holders": […],
/// "outlivesUsers": …, "source": …}]}</c>. All but the name may be missing.
/// </summary>
internal static class OriginFile
{
    private const string Format = "PSSharedMemory origins";
    private const int Version = 1;

    // Far more than any catalogue needs.
    private const int MostBytes = 4 << 20;

    /// <summary>The entries of a file, in its order.</summary>
    /// <exception cref="ShmException">
    /// InvalidStructure: it's no such file. NotSupportedByKind: it's a pipe or a device, which could be waited for.
    /// </exception>
    /// <exception cref="IOException">It cannot be read.</exception>
    public static IReadOnlyList<ShmOrigin> Read(string path)
    {
        using var stream = new FileStream(PlainFile.OpenToRead(path), FileAccess.Read);
        return Read(stream, path);
    }

    /// <summary>The entries of a stream, in its order.</summary>
    /// <exception cref="ShmException">InvalidStructure.</exception>
    public static IReadOnlyList<ShmOrigin> Read(Stream stream, string name)
    {
        try
        {
            using var text = new MemoryStream();
            Copy(stream, text);
            using var document = JsonDocument.Parse(
                text.ToArray(),
                new JsonDocumentOptions { CommentHandling = JsonCommentHandling.Skip, AllowTrailingCommas = true });
            var root = document.RootElement;
            if (root.GetProperty("format").GetString() != Format || root.GetProperty("version").GetInt32() != Version)
            {
                throw new FormatException($"only version {Version} of '{Format}' is supported");
            }

            return [.. root.GetProperty("origins").EnumerateArray().Select(Entry)];
        }
        catch (Exception error) when (error is JsonException or KeyNotFoundException or InvalidOperationException
            or FormatException or ShmException)
        {
            throw new ShmException(
                ShmErrorId.InvalidStructure, $"'{name}' isn't a catalogue of origins: {error.Message.TrimEnd('.')}.",
                name);
        }
    }

    private static void Copy(Stream from, MemoryStream to)
    {
        var buffer = new byte[64 * 1024];
        for (var count = from.Read(buffer); count > 0; count = from.Read(buffer))
        {
            to.Write(buffer, 0, count);
            if (to.Length > MostBytes)
            {
                throw new FormatException($"it has more than {MostBytes} bytes");
            }
        }
    }

    private static ShmOrigin Entry(JsonElement json) => new ShmOrigin
    {
        Name = Text(json, "name"),
        Patterns = Texts(json, "names"),
        Keys = Texts(json, "keys").Select(static text => ShmOriginKeys.TryParse(text, out var keys)
            ? keys! : throw new FormatException($"'{text}' isn't a key or a range of keys")).ToArray(),
        Magic = Items(json, "magic").Select(static magic => new ShmOriginMagic(
            magic.GetProperty("offset").GetInt32(),
            Convert.FromHexString(magic.GetProperty("hex").GetString() ?? ""))).ToArray(),
        Description = Text(json, "what"),
        Release = Text(json, "release"),
        Processes = Texts(json, "processes"),
        Holders = Texts(json, "holders"),
        OutlivesUsers = json.TryGetProperty("outlivesUsers", out var outlives) && outlives.GetBoolean(),
        Source = Text(json, "source"),
    }.Checked();

    private static string Text(JsonElement json, string property) =>
        json.TryGetProperty(property, out var value) ? value.GetString() ?? "" : "";

    private static JsonElement.ArrayEnumerator Items(JsonElement json, string property) =>
        json.TryGetProperty(property, out var value) ? value.EnumerateArray() : default;

    private static string[] Texts(JsonElement json, string property) =>
        [.. Items(json, property)
            .Select(static item => item.GetString() ?? throw new FormatException("a text is null"))];
}
