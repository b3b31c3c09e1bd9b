using System;
using System.Collections.Generic;
using System.Globalization;
using System.IO;
using System.Linq;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json.Nodes;
using Xunit;

namespace PSSharedMemory.UnitTests.Snapshots;

/// <summary>
/// Metadata of any shape and bytes that do not fit it, by a generator with a fixed seed: each is restored rightly or
/// refused with a documented error, and then nothing is left. PSSHM_FUZZ sets how many (200000 by hand).
/// </summary>
public sealed class SnapshotFuzzTests : IDisposable
{
    // No other test makes one of this size: what is left of it is of this one.
    private const int Size = 13_337;

    private static readonly ShmErrorId[] Documented =
    [
        ShmErrorId.InvalidStructure, ShmErrorId.SizeMismatch, ShmErrorId.InvalidName, ShmErrorId.InvalidKey,
        ShmErrorId.InvalidSize,
        ShmErrorId.InvalidMode, ShmErrorId.SegmentExists, ShmErrorId.NoSpace, ShmErrorId.LimitReached,
        ShmErrorId.NotSupportedByKind,
        ShmErrorId.AccessDenied, ShmErrorId.SegmentNotFound,
    ];

    // What a value is replaced by: every kind of JSON, and numbers, texts and depths at their ends.
    private static readonly string[] Values =
    [
        "null", "true", "false", "0", "-1", "1", "4096", "13337", "13338", "2147483648", "4294967295", "4294967296",
        "9223372036854775807", "-9223372036854775808", "9223372036854775808", "1e400", "0.5", "1e3", "-0", "1E-5",
        "\"\"", "\"0\"", "\"\\u0000\"", "\"a\\u0000b\"", "\"/\"", "\"/a/b\"", "\"..\"", "\"/../x\"", "\"\\ud800\"",
        "\"[31m\"", "\"0x77\"",
        "\"0x1ffffffff\"", "\"None\"", "\"Sealed,HugePages\"", "\"99999\"", "\"-5\"", "\"SysV\"", "\"Posix\"",
        "\"MemFd\"", "\"Anonymous\"", "\"posix\"",
        "\"2026-02-30T00:00:00Z\"", "\"9999-12-31T23:59:59.9999999+14:00\"", "\"0001-01-01T00:00:00-14:00\"",
        "\"0777\"", "\"7777\"", "\"888\"",
        "[]", "[[]]", "[[0,13337]]", "[[0,4096],[8192,4096]]", "[[8192,4096],[0,4096]]", "[[0,1],[0,1]]", "[[0,0]]",
        "[[-1,5]]", "[[13337,1]]",
        "[[0,9223372036854775807],[1,9223372036854775807]]", "[[\"0\",1]]", "[[0,1,2]]", "[null]", "[[0.5,1]]", "{}",
        "{\"a\":{\"b\":[]}}", "\"LONG\"", "\"HEX\"", "DEEP",
    ];

    private readonly string _folder = Directory.CreateTempSubdirectory("pst-fuzz-").FullName;
    private readonly string _name = $"/pst-fuzz-{Guid.NewGuid():N}";

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    [Theory]
    [InlineData(1)]
    [InlineData(20261127)]
    public void Whatever_is_read_is_restored_rightly_or_refused(int seed)
    {
        var random = new Random(seed);
        var count = int.Parse(Environment.GetEnvironmentVariable("PSSHM_FUZZ") ?? "600", CultureInfo.InvariantCulture);
        var path = Path.Combine(_folder, "x.shm");
        var (json, bytes) = Export(path);
        var outcomes = new SortedDictionary<string, int>();
        for (var i = 0; i < count; i++)
        {
            var metadata = Mutate(json, random);
            var data = random.Next(4) == 0 ? MutateData(bytes, random) : bytes;
            File.WriteAllBytes(path, data);
            File.WriteAllBytes(path + ".json", metadata);
            var outcome = Restore(path, random, Convert.ToHexString(SHA256.HashData(data)), metadata);
            outcomes[outcome] = outcomes.GetValueOrDefault(outcome) + 1;
        }

        // Both were seen, or the generator is not one.
        Assert.True(outcomes["restored"] > count / 100, string.Join(' ', outcomes));
        Assert.True(outcomes["InvalidStructure"] > count / 4, string.Join(' ', outcomes));
        Assert.True(outcomes["SizeMismatch"] > 0, string.Join(' ', outcomes));
    }

    private static byte[] MutateData(byte[] bytes, Random random)
    {
        var data = bytes.ToArray();
        switch (random.Next(4))
        {
            case 0:
                return data[..random.Next(data.Length)];
            case 1:
                return [.. data, .. new byte[random.Next(1, 5000)]];
            default:
                data[random.Next(data.Length)]++;
                return data;
        }
    }

    private static byte[] Mutate(string json, Random random)
    {
        var text = json;
        for (var rounds = random.Next(1, 4); rounds > 0; rounds--)
        {
            text = random.Next(5) == 0 ? text : ReplaceValue(text, random);
        }

        var bytes = Encoding.UTF8.GetBytes(text);
        return random.Next(10) switch
        {
            // The text itself: cut, doubled, other bytes, other encodings.
            0 => bytes[..random.Next(bytes.Length)],
            1 => [.. bytes, .. bytes],
            2 => Flip(bytes, random),
            3 => [0xEF, 0xBB, 0xBF, .. bytes],
            4 when random.Next(4) == 0 => Encoding.Unicode.GetBytes(text),
            5 when random.Next(4) == 0 => new byte[random.Next(100)],
            _ => bytes,
        };
    }

    private static byte[] Flip(byte[] bytes, Random random)
    {
        if (bytes.Length > 0)
        {
            bytes[random.Next(bytes.Length)] = (byte)random.Next(256);
        }

        return bytes;
    }

    /// <summary>
    /// One property gets another value, goes, or is there twice; still JSON, unless it was none before.
    /// </summary>
    private static string ReplaceValue(string text, Random random)
    {
        try
        {
            if (JsonNode.Parse(text) is not JsonObject { Count: > 0 } json)
            {
                return text;
            }

            var key = json.ElementAt(random.Next(json.Count)).Key;
            switch (random.Next(8))
            {
                case 0:
                    json.Remove(key);
                    return json.ToJsonString();
                case 1:
                    return json.ToJsonString()
                        .Replace("{\"", $"{{\"{key}\":{Value(random)},\"", StringComparison.Ordinal);
                default:
                    json[key] = "@@@";
                    return json.ToJsonString().Replace("\"@@@\"", Value(random), StringComparison.Ordinal);
            }
        }
        catch (Exception error) when (error is System.Text.Json.JsonException or ArgumentException
            or InvalidOperationException)
        {
            return text;
        }
    }

    private static string Value(Random random) => Values[random.Next(Values.Length)]
        .Replace("LONG", new string('x', random.Next(100_000)), StringComparison.Ordinal)
        .Replace("HEX", Convert.ToHexString(RandomNumberGenerator.GetBytes(32)), StringComparison.Ordinal)
        .Replace("DEEP", new string('[', 200) + new string(']', 200), StringComparison.Ordinal);

    private (string Json, byte[] Bytes) Export(string path)
    {
        var segment = PosixSegments.Create(_name, new ShmCreateOptions { Size = Size });
        try
        {
            using (var mapping = ShmMapping.Mount(segment))
            {
                mapping.Writer.WriteBytes(100, "what is kept"u8);
                mapping.Writer.WriteInt32(9000, 77);
            }

            ShmSegmentSnapshots.Export(segment, path);
            return (File.ReadAllText(path + ".json"), File.ReadAllBytes(path));
        }
        finally
        {
            ShmSegments.Remove(segment);
        }
    }

    private string Restore(string path, Random random, string sum, byte[] metadata)
    {
        var target = random.Next(4) switch
        {
            0 => new ShmRestoreOptions { Anonymous = true },
            1 => new ShmRestoreOptions { Private = true },
            2 => new ShmRestoreOptions { Name = _name },
            _ => new ShmRestoreOptions(),
        };
        try
        {
            var made = ShmSegmentSnapshots.Import(ShmSegmentSnapshots.Read(path), target)!;
            try
            {
                using var mapping = ShmMapping.Mount(made, ShmMountOptions.ReadOnly);
                Assert.Equal(
                    sum, Convert.ToHexString(SHA256.HashData(mapping.Reader.ReadBytes(0, (int)mapping.Length))));
            }
            finally
            {
                if (made.Kind != ShmKind.MemFd)
                {
                    ShmSegments.Remove(made);
                }
            }

            return "restored";
        }
        catch (ShmException error)
        {
            Assert.True(Documented.Contains(error.ErrorId), $"{error} of {Encoding.UTF8.GetString(metadata)}");
            Assert.Empty(Left());
            return error.ErrorId.ToString();
        }
        catch (Exception error) when (error is not IOException and not Xunit.Sdk.XunitException)
        {
            Assert.Fail($"{error} of {Encoding.UTF8.GetString(metadata)}");
            return "";
        }
    }

    private static IEnumerable<string> Left() => new DirectoryInfo("/dev/shm").EnumerateFiles()
        .Where(static file => file.Exists && file.Length == Size).Select(static file => file.FullName)
        .Concat(File.ReadLines("/proc/sysvipc/shm")
            .Skip(1).Where(static line => line.Split(' ', StringSplitOptions.RemoveEmptyEntries)[3] == $"{Size}"));
}
