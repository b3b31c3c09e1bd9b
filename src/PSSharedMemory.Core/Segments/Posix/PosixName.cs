using System;
using System.Text;

namespace PSSharedMemory;

/// <summary>
/// The name of a POSIX object: '/' and 1 to 255 bytes without '/' and NUL; in a directory of /dev/shm "/relay/log.0".
/// Bytes that aren't UTF-8 become lone surrogates U+DC80 to U+DCFF, so that every object can be named and opened.
/// </summary>
public static class PosixName
{
    internal const int MaxBytes = 255;

    // PATH_MAX, which counts the NUL, leaves room for "/dev/shm" in front.
    private const int MaxPathBytes = 4096 - 8;

    private const string Directory = "/dev/shm/";
    private const string FileUri = "file:///";
    private const char FirstEscape = '\uDC80';
    private const char LastEscape = '\uDCFF';

    /// <summary>
    /// The name meant by 'orders', '/orders', '//orders', 'orders/', '/dev/shm/orders' or 'file:///dev/shm/orders':
    /// '/orders'. It may have directories: 'relay/log.0' is '/relay/log.0'. '.' and '..' are refused.
    /// </summary>
    /// <exception cref="ShmException">InvalidName.</exception>
    public static string Parse(string text)
    {
        var name = ParsePattern(text).TrimEnd('/');
        if (name is "" or "/dev/shm")
        {
            throw Invalid(text, "at least one character has to follow the '/'");
        }

        if (name.Contains('\0'))
        {
            throw Invalid(text, "it cannot contain a NUL");
        }

        if (Array.Exists(name[1..].Split('/'), static part => part is "." or ".."))
        {
            throw Path(text, name);
        }

        return name;
    }

    /// <summary>A pattern as <see cref="Parse"/> reads a name, without its checks: 'ord*' is '/ord*'.</summary>
    public static string ParsePattern(string text)
    {
        var path = text.StartsWith(FileUri, StringComparison.Ordinal)
            ? Uri.UnescapeDataString(text[(FileUri.Length - 1)..]) : text;
        // The kernel takes several '/' for one, and so does shm_open(3) in front.
        while (path.Contains("//", StringComparison.Ordinal))
        {
            path = path.Replace("//", "/", StringComparison.Ordinal);
        }

        return path.StartsWith(Directory, StringComparison.Ordinal) ? path[(Directory.Length - 1)..]
            : path.StartsWith('/') ? path : "/" + path;
    }

    /// <summary>The bytes with their NUL, as C wants them. Throws InvalidName.</summary>
    internal static byte[] ToBytes(string name) => ToBytes(name, []);

    /// <summary>The bytes of the path below /dev/shm, with their NUL. Throws InvalidName.</summary>
    internal static byte[] ToPath(string name) => ToBytes(name, "/dev/shm"u8);

    private static byte[] ToBytes(string name, ReadOnlySpan<byte> front)
    {
        if (name.Length < 2 || name[0] != '/')
        {
            throw Invalid(name, "it has to start with '/', and at least one character has to follow");
        }

        if (name.Contains('\0'))
        {
            throw Invalid(name, "it cannot contain a NUL");
        }

        var bytes = Encode(name, front);
        var length = bytes.Length - front.Length;
        if (length > MaxPathBytes)
        {
            throw Invalid(name, $"it has {length} bytes, and the limit is {MaxPathBytes}");
        }

        for (var rest = bytes.AsSpan((front.Length + 1)..^1); ;)
        {
            var slash = rest.IndexOf((byte)'/');
            var part = slash < 0 ? rest : rest[..slash];
            CheckPart(name, part);
            if (slash < 0)
            {
                return bytes;
            }

            rest = rest[(slash + 1)..];
        }
    }

    /// <summary>
    /// The bytes of a name below /dev/shm: without the '/' in front, and with the NUL. Throws InvalidName.
    /// </summary>
    internal static byte[] ToRelative(string name) => ToBytes(name)[1..];

    /// <summary>The name of an entry below /dev/shm: "relay/log.0" is "/relay/log.0".</summary>
    internal static string FromBytes(ReadOnlySpan<byte> entry)
    {
        var text = new StringBuilder(entry.Length + 1).Append('/');
        Span<char> pair = stackalloc char[2];
        while (!entry.IsEmpty)
        {
            if (Rune.DecodeFromUtf8(entry, out var rune, out var used) == System.Buffers.OperationStatus.Done)
            {
                text.Append(pair[..rune.EncodeToUtf16(pair)]);
            }
            else
            {
                foreach (var raw in entry[..used])
                {
                    text.Append((char)(0xDC00 | raw));
                }
            }

            entry = entry[used..];
        }

        return text.ToString();
    }

    private static void CheckPart(string name, ReadOnlySpan<byte> part)
    {
        if (part.IsEmpty)
        {
            throw Invalid(name, "a part between two '/', or after the last one, is empty");
        }

        if (part is [(byte)'.'] or [(byte)'.', (byte)'.'])
        {
            throw Path(name, name);
        }

        if (part.Length > MaxBytes)
        {
            throw Invalid(name, $"it has a part of {part.Length} bytes, and the limit is {MaxBytes}");
        }
    }

    private static byte[] Encode(string name, ReadOnlySpan<byte> front)
    {
        if (Ascii.IsValid(name))
        {
            var plain = new byte[front.Length + name.Length + 1];
            front.CopyTo(plain);
            _ = Ascii.FromUtf16(name, plain.AsSpan(front.Length), out _);
            return plain;
        }

        var bytes = new byte[front.Length + (name.Length * 3) + 1];
        front.CopyTo(bytes);
        var count = front.Length;
        for (var i = 0; i < name.Length;)
        {
            if (name[i] is >= FirstEscape and <= LastEscape)
            {
                bytes[count++] = (byte)name[i++];
            }
            else if (Rune.TryGetRuneAt(name, i, out var rune))
            {
                count += rune.EncodeToUtf8(bytes.AsSpan(count));
                i += rune.Utf16SequenceLength;
            }
            else
            {
                throw Invalid(name, "it has half a surrogate pair");
            }
        }

        Array.Resize(ref bytes, count + 1);
        return bytes;
    }

    private static ShmException Invalid(string name, string rule, string next = "'/orders' is a valid one.") => new(
        ShmErrorId.InvalidName, $"'{name}' isn't a valid segment name: {rule}. {next}", name);

    private static ShmException Path(string text, string name)
    {
        const string Rule = "it's a path, and names begin at /dev/shm";
        var last = name[(name.LastIndexOf('/') + 1)..];
        return last is "." or ".." ? Invalid(text, Rule) : Invalid(text, Rule, $"Did you mean '/{last}'?");
    }
}
