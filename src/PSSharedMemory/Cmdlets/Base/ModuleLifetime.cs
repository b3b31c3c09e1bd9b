using System.Management.Automation;

namespace PSSharedMemory.Commands;

/// <summary>Remove-Module dismounts what is still mounted.</summary>
public sealed class ModuleLifetime : IModuleAssemblyCleanup
{
    /// <inheritdoc/>
    public void OnRemove(PSModuleInfo psModuleInfo) => LiveMappings.DismountAll();
}
