using System.Management.Automation;

namespace PSSharedMemory.Commands;

/// <summary>
/// A cmdlet that lists segments, here or in other namespaces: those of a process, a container, a pod, or all.
/// </summary>
public abstract class NamespacedTargetCmdlet : SegmentTargetCmdlet
{
    private NamespaceScope? _scope;

    /// <summary>
    /// Process ids, container ids or beginnings of them, pod names, what Get-ShmNamespace gives, or "*".
    /// </summary>
    [Parameter]
    [ArgumentCompleter(typeof(NamespaceCompleter))]
    public object[]? Namespace { get; set; }

    private protected sealed override NamespaceScope? Scope => _scope;

    private protected override void Prepare()
    {
        if (Namespace is null)
        {
            return;
        }

        _scope = new NamespaceScope(Attempt, WriteError);
        foreach (var argument in Namespace)
        {
            _scope.Add(argument);
        }

        if (_scope.IsEverywhere)
        {
            NamespaceBlindness.Tell(_scope.Map, WriteWarning);
        }
    }

    /// <inheritdoc/>
    protected override void ProcessRecord()
    {
        if (IsTargetPiped && NamespaceScope.IsPlace(InputObject))
        {
            var piped = new NamespaceScope(Attempt, WriteError);
            foreach (var place in piped.Add(InputObject))
            {
                foreach (var segment in piped.SegmentsOf(place))
                {
                    Attempt(segment, () => ServeListed(segment));
                }
            }
        }
        else if (_scope is not { Places.Count: 0 })
        {
            base.ProcessRecord();
        }
    }

    /// <summary>Does it to one that was listed just now.</summary>
    private protected virtual void ServeListed(ShmSegment segment) => Serve(segment);
}
