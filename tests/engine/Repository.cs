using System;
using System.IO;

namespace PSSharedMemory.EngineTests;

/// <summary>Where the checkout is, found upwards from the test assembly.</summary>
internal static class Repository
{
    public static string Root { get; } = Find();

    public static string PesterFolder => Path.Combine(Root, "tests", "pester");

    public static string FixturesFolder => Path.Combine(Root, "tests", "engine", "fixtures");

    private static string Find()
    {
        for (DirectoryInfo? folder = new(AppContext.BaseDirectory); folder is not null; folder = folder.Parent)
        {
            if (File.Exists(Path.Combine(folder.FullName, "PSSharedMemory.slnx")))
            {
                return folder.FullName;
            }
        }

        throw new DirectoryNotFoundException($"No PSSharedMemory.slnx above {AppContext.BaseDirectory}.");
    }
}
