using System.Management.Automation;

namespace PSSharedMemory.Commands;

/// <summary>
/// A cmdlet that tells of this host as a whole, or of the namespaces that are named or piped. It answers in the end,
/// once it knows them all.
/// </summary>
public abstract class PipedNamespaceCmdlet : ShmCmdlet
{
    /// <summary>
    /// Process ids, container ids or beginnings of them, pod names, what Get-ShmNamespace gives, or "*".
    /// </summary>
    [Parameter(ValueFromPipeline = true)]
    [ArgumentCompleter(typeof(NamespaceCompleter))]
    public object[]? Namespace { get; set; }

    /// <summary>What was named; null where nothing was, which means here.</summary>
    private protected NamespaceScope? Scope { get; private set; }

    /// <summary>Whether namespaces were asked for, and none of them was found.</summary>
    private protected bool IsNowhere =>
        Scope is { Places.Count: 0 } || (Scope is null && MyInvocation.ExpectingInput);

    /// <inheritdoc/>
    protected sealed override void ProcessRecord()
    {
        foreach (var argument in Namespace ?? [])
        {
            Scope ??= new NamespaceScope(Attempt, WriteError);
            Scope.Add(argument);
        }
    }
}
