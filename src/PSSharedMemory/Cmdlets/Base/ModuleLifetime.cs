using System.IO;
using System.Management.Automation;

namespace PSSharedMemory.Commands;

/// <summary>
/// Import-Module takes the catalogue of origins from the module's folder; Remove-Module dismounts what is still
/// mounted.
/// </summary>
public sealed class ModuleLifetime : IModuleAssemblyInitializer, IModuleAssemblyCleanup
{
    /// <inheritdoc/>
    public void OnImport()
    {
        var file = Path.Combine(Path.GetDirectoryName(typeof(ModuleLifetime).Assembly.Location) ?? "", "origins.json");
        if (File.Exists(file))
        {
            ShmOrigins.UseFile(file);
        }
    }

    /// <inheritdoc/>
    public void OnRemove(PSModuleInfo psModuleInfo) => LiveMappings.DismountAll();
}
