namespace PSSharedMemory.Commands;

/// <summary>A cmdlet that makes a structure in a segment, and answers with a handle on it.</summary>
public abstract class NewStructureCmdlet : MappingTargetCmdlet
{
    private protected sealed override ShmProtection Need => ShmProtection.Read | ShmProtection.Write;

    /// <summary>What is done, as -WhatIf says it.</summary>
    private protected abstract string Action { get; }

    /// <summary>Makes it.</summary>
    private protected abstract object Create(ShmMapping mapping);

    private protected sealed override void Serve(ShmMapping mapping)
    {
        if (!ShouldProcess(mapping.Segment.Label, Action))
        {
            return;
        }

        var made = Create(mapping);
        if (IsUsersMapping)
        {
            // A mapping for this one call ends with it, and a handle on it would be useless.
            WriteObject(made);
        }
    }
}
