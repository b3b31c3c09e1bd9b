using System;
using System.Collections.Generic;

namespace PSSharedMemory;

/// <summary>
/// RemoveIPC of systemd-logind (logind.conf(5)): whether a user's segments are destroyed with the user's last session.
/// </summary>
internal static class LogindSettings
{
    // Strongest first: a file hides those of the same name in the folders after it.
    private static readonly string[] Folders =
        ["/etc/systemd", "/run/systemd", "/usr/local/lib/systemd", "/usr/lib/systemd", "/lib/systemd"];

    /// <summary>The setting and the file it comes from; null and null where no logind runs here.</summary>
    public static (bool? Value, string? Source) ReadRemoveIpc(HostFiles files)
    {
        if (!files.Exists("/run/systemd/system")
            || !(files.Exists("/run/systemd/seats") || files.Exists("/run/systemd/users")))
        {
            return (null, null);
        }

        var value = true;
        string? source = null;
        foreach (var path in SettingFiles(files))
        {
            var inSection = false;
            foreach (var line in files.ReadLines(path))
            {
                var text = line.Trim();
                if (text.StartsWith('['))
                {
                    inSection = text == "[Login]";
                }

                if (!inSection || !text.StartsWith("RemoveIPC", StringComparison.Ordinal))
                {
                    continue;
                }

                var equals = text.IndexOf('=');
                if (equals < 0 || text[..equals].TrimEnd() != "RemoveIPC")
                {
                    continue;
                }
                // An empty value takes back what was set before.
                var word = text[(equals + 1)..].Trim().ToLowerInvariant();
                value = word is not ("no" or "false" or "off" or "0" or "n" or "f");
                source = word.Length == 0 ? null : path;
            }
        }

        return (value, source);
    }

    // The main file first, then the drop-ins of all folders in the order of their names.
    private static List<string> SettingFiles(HostFiles files)
    {
        List<string> paths = [];
        foreach (var folder in Folders)
        {
            if (!files.Exists($"{folder}/logind.conf"))
            {
                continue;
            }

            paths.Add($"{folder}/logind.conf");
            break;
        }

        var dropIns = new SortedDictionary<string, string>(StringComparer.Ordinal);
        foreach (var folder in Folders)
        {
            foreach (var name in files.List($"{folder}/logind.conf.d"))
            {
                if (name.EndsWith(".conf", StringComparison.Ordinal))
                {
                    dropIns.TryAdd(name, $"{folder}/logind.conf.d/{name}");
                }
            }
        }

        paths.AddRange(dropIns.Values);
        return paths;
    }
}
