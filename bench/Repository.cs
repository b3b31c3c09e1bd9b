using System;
using System.IO;

namespace PSSharedMemory.Benchmarks;

internal static class Repository
{
    public static string Root { get; } = Find();

    public static string StagedModule => Path.Combine(Root, "out", "PSSharedMemory", "PSSharedMemory.psd1");

    private static string Find()
    {
        var folder = new DirectoryInfo(AppContext.BaseDirectory);
        while (!File.Exists(Path.Combine(folder.FullName, "PSSharedMemory.slnx")))
        {
            folder = folder.Parent
                ?? throw new InvalidOperationException("The benchmarks run outside of the repository.");
        }

        return folder.FullName;
    }
}
