using System;
using System.Collections.Generic;
using System.IO;
using System.Linq;
using System.Management.Automation.Runspaces;

namespace PSSharedMemory.ConsoleHost;

/// <summary>Finds the module's folder and loads it as any user does: by its manifest.</summary>
internal static class ModuleLocator
{
    private const string Name = "PSSharedMemory";

    /// <summary>
    /// The module's folder: beside the console; staged in out/ of a folder above it; or on PSModulePath.
    /// </summary>
    public static string? Find() => Candidates().FirstOrDefault(IsModule);

    public static bool Import(EngineSession session)
    {
        var folder = Find();
        if (folder is null)
        {
            session.Host.UI.WriteErrorLine(
                $"The module {Name} was not found: neither in a folder {Name} beside {AppContext.BaseDirectory}, "
                + $"nor staged as out/{Name} above it, nor on PSModulePath. 'dotnet build' in the repository stages it.");
            return false;
        }

        var import = new Command("Import-Module");
        import.Parameters.Add("Name", Path.Join(folder, Name + ".psd1"));
        import.Parameters.Add("Global");
        import.Parameters.Add("ErrorAction", "Stop");
        return session.Run(import) == Outcome.Completed;
    }

    private static IEnumerable<string> Candidates()
    {
        yield return Path.Join(AppContext.BaseDirectory, Name);
        for (DirectoryInfo? above = new(AppContext.BaseDirectory); above is not null; above = above.Parent)
        {
            yield return Path.Join(above.FullName, "out", Name);
        }

        var paths = (Environment.GetEnvironmentVariable("PSModulePath") ?? string.Empty)
            .Split(Path.PathSeparator, StringSplitOptions.RemoveEmptyEntries);
        foreach (var path in paths)
        {
            var folder = Path.Join(path, Name);
            yield return folder;

            // An installed module has a folder for each of its versions.
            if (Directory.Exists(folder))
            {
                foreach (var version in Directory.EnumerateDirectories(folder)
                    .Where(d => Version.TryParse(Path.GetFileName(d), out _))
                    .OrderByDescending(d => Version.Parse(Path.GetFileName(d))))
                {
                    yield return version;
                }
            }
        }
    }

    private static bool IsModule(string folder) => File.Exists(Path.Join(folder, Name + ".psd1"));
}
