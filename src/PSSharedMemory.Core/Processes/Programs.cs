using System;
using System.IO;
using System.Text;

namespace PSSharedMemory;

/// <summary>Programs on the search path.</summary>
internal static class Programs
{
    private const int AnyExecute = 0x49;

    /// <summary>Where a program is, or null.</summary>
    public static string? Find(string name)
    {
        string path = Environment.GetEnvironmentVariable("PATH") ?? "/usr/local/bin:/usr/bin:/bin";
        using ProcReader reader = new();
        foreach (string folder in path.Split(':', StringSplitOptions.RemoveEmptyEntries))
        {
            string candidate = Path.Combine(folder, name);
            if (reader.Stat([.. Encoding.UTF8.GetBytes(candidate), 0], out FileFacts facts) >= 0 && !facts.IsDirectory && (facts.Mode & AnyExecute) != 0)
                return candidate;
        }

        return null;
    }
}
