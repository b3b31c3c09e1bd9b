using System.Management.Automation;

namespace PSSharedMemory.Commands;

/// <summary>
/// What a mutex, a queue and the like work on, for scripts that ask for it by name. The types file hides these
/// properties: a live mapping has no place in JSON, CSV or a list.
/// </summary>
public static class LiveProperties
{
    /// <summary>The mapping that it lies in.</summary>
    public static ShmMapping? Mapping(PSObject owner) => (owner.BaseObject as IShmMapped)?.GetMapping();

    /// <summary>The arena of a list.</summary>
    public static ShmArena? Arena(PSObject owner) => (owner.BaseObject as ShmList)?.GetArena();
}
