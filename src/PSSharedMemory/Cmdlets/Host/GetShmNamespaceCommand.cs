using System.Management.Automation;

namespace PSSharedMemory.Commands;

/// <summary>
/// Lists where shared memory lives: IPC namespaces and file systems of POSIX objects, with their containers.
/// </summary>
[Cmdlet(VerbsCommon.Get, "ShmNamespace")]
[OutputType(typeof(ShmNamespace))]
public sealed class GetShmNamespaceCommand : ShmCmdlet
{
    private const string Everywhere = "*";

    [Parameter(Position = 0, ValueFromPipeline = true)]
    [ArgumentCompleter(typeof(NamespaceCompleter))]
    public object[]? Namespace { get; set; }

    private NamespaceScope? _scope;

    private protected override void Begin() => _scope = new NamespaceScope(Attempt, WriteError);

    /// <inheritdoc/>
    protected override void ProcessRecord()
    {
        foreach (var argument in Namespace ?? (MyInvocation.ExpectingInput ? [] : [Everywhere]))
        {
            _scope!.Add(argument);
        }
    }

    /// <inheritdoc/>
    protected override void EndProcessing()
    {
        foreach (var place in _scope!.Places)
        {
            // Null where it has ended meanwhile.
            if (ShmNamespaces.Count(place) is { } counted)
            {
                WriteRow(counted);
            }
            else if (!_scope.IsEverywhere)
            {
                WriteError(
                    ErrorRecords.From(new ShmException(ShmErrorId.SegmentNotFound, $"{place} has ended.", place)));
            }
        }

        if (_scope.IsEverywhere)
        {
            NamespaceBlindness.Tell(_scope.Map, WriteWarning);
        }
    }
}
