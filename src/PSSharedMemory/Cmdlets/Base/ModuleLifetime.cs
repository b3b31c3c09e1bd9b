using System;
using System.Collections.Concurrent;
using System.IO;
using System.Management.Automation;
using System.Reflection;
using System.Reflection.Metadata;
using System.Reflection.PortableExecutable;

namespace PSSharedMemory.Commands;

/// <summary>
/// Import-Module takes the catalogue of origins from the module's folder, and warns where the folder has another build
/// by now; Remove-Module dismounts what is still mounted.
/// </summary>
public sealed class ModuleLifetime : IModuleAssemblyInitializer, IModuleAssemblyCleanup
{
    private static readonly ConcurrentDictionary<Guid, bool> Told = [];
    private static bool s_isImported;

    /// <inheritdoc/>
    public void OnImport()
    {
        var assembly = typeof(ModuleLifetime).Assembly;
        var file = Path.Combine(Path.GetDirectoryName(assembly.Location) ?? "", "origins.json");
        if (File.Exists(file))
        {
            ShmOrigins.UseFile(file);
        }

        // Both are looked at, so that each counts as told.
        if (HasChanged(assembly) | HasChanged(typeof(ShmSegment).Assembly))
        {
            using var shell = PowerShell.Create(RunspaceMode.CurrentRunspace);
            _ = shell.AddCommand("Write-Warning").AddArgument(
                $"{assembly.Location} has changed since this session loaded it, and still runs as it was: .NET loads "
                    + "an assembly once. Start a new pwsh to use what is there now.").Invoke();
        }

        s_isImported = true;
    }

    /// <inheritdoc/>
    public void OnRemove(PSModuleInfo psModuleInfo) => LiveMappings.DismountAll();

    // Looked at from the second import on, and told once of each build.
    private static bool HasChanged(Assembly assembly) => s_isImported
        && VersionOnDisk(assembly.Location) is { } there
        && there != assembly.ManifestModule.ModuleVersionId
        && Told.TryAdd(there, true);

    private static Guid? VersionOnDisk(string path)
    {
        try
        {
            using var image = new PEReader(File.OpenRead(path));
            var metadata = image.GetMetadataReader();
            return metadata.GetGuid(metadata.GetModuleDefinition().Mvid);
        }
        // It's gone, or half written: there is nothing to compare.
        catch (Exception error) when (error is IOException or UnauthorizedAccessException or BadImageFormatException)
        {
            return null;
        }
    }
}
