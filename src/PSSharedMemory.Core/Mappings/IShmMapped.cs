namespace PSSharedMemory;

/// <summary>
/// What lies in a mapping: a mutex, a queue and the like. The mapping isn't one of their own properties: it's live, and
/// has no place where properties are listed.
/// </summary>
public interface IShmMapped
{
    /// <summary>The mapping that it lies in. A method: PowerShell lists the properties of interfaces as well.</summary>
    ShmMapping GetMapping();
}
