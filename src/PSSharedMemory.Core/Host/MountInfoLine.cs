using System;

namespace PSSharedMemory;

/// <summary>A line of /proc/PID/mountinfo (proc_pid_mountinfo(5)).</summary>
internal ref struct MountInfoLine
{
    /// <summary>The device, as <see cref="MapsLine.DeviceOf"/> makes it.</summary>
    public ulong Device;

    /// <summary>The directory of the file system that is mounted: "/" where it is all of it.</summary>
    public ReadOnlySpan<byte> Root;

    /// <summary>Where it is mounted, blanks and line feeds as octal escapes.</summary>
    public ReadOnlySpan<byte> MountPoint;

    /// <summary>The options of this mount: rw, noexec and so on.</summary>
    public ReadOnlySpan<byte> Options;

    /// <summary>The type of file system.</summary>
    public ReadOnlySpan<byte> Type;

    /// <summary>The options of the file system: size=, hidepid= and so on.</summary>
    public ReadOnlySpan<byte> SuperOptions;

    /// <summary>Takes the next mount off the text; lines of any other form are skipped.</summary>
    public static bool TryRead(scoped ref ReadOnlySpan<byte> text, out MountInfoLine mount)
    {
        while (ProcText.TryReadLine(ref text, out var line))
        {
            if (TryParse(line, out mount))
            {
                return true;
            }
        }

        mount = default;
        return false;
    }

    /// <summary>The value of an option ("hidepid" of "rw,hidepid=2"), or false where it is not set.</summary>
    public static bool TryGetOption(ReadOnlySpan<byte> options, ReadOnlySpan<byte> name, out ReadOnlySpan<byte> value)
    {
        while (!options.IsEmpty)
        {
            var comma = options.IndexOf((byte)',');
            var option = comma < 0 ? options : options[..comma];
            options = comma < 0 ? default : options[(comma + 1)..];
            if (!option.StartsWith(name))
            {
                continue;
            }

            if (option.Length == name.Length)
            {
                value = default;
                return true;
            }

            if (option[name.Length] == '=')
            {
                value = option[(name.Length + 1)..];
                return true;
            }
        }

        value = default;
        return false;
    }

    /// <summary>A path of the table as text, its octal escapes taken back.</summary>
    public static string ToText(ReadOnlySpan<byte> path) =>
        ProcText.ToText(ProcText.Unescape(path, new byte[path.Length]));

    private static bool TryParse(ReadOnlySpan<byte> line, out MountInfoLine mount)
    {
        mount = default;
        _ = ProcText.ReadField(ref line);
        _ = ProcText.ReadField(ref line);
        var device = ProcText.ReadField(ref line);
        mount.Root = ProcText.ReadField(ref line);
        if (!ProcText.TryReadDecimal(ref device, out var major)
            || !ProcText.TrySkip(ref device, (byte)':')
            || !ProcText.TryReadDecimal(ref device, out var minor))
        {
            return false;
        }

        mount.Device = MapsLine.DeviceOf(major, minor);
        mount.MountPoint = ProcText.ReadField(ref line);
        mount.Options = ProcText.ReadField(ref line);
        // Optional fields, then a lone hyphen.
        ReadOnlySpan<byte> field;
        do
        {
            field = ProcText.ReadField(ref line);
            if (field.IsEmpty)
            {
                return false;
            }
        }
        while (!field.SequenceEqual("-"u8));

        mount.Type = ProcText.ReadField(ref line);
        _ = ProcText.ReadField(ref line);
        mount.SuperOptions = ProcText.ReadField(ref line);
        return !mount.Type.IsEmpty;
    }
}
