using System;
using System.Collections.Generic;
using System.Linq;
using System.Management.Automation;

namespace PSSharedMemory.Commands;

/// <summary>The limits on shared memory and their use.</summary>
[Cmdlet(VerbsCommon.Get, "ShmLimit")]
[OutputType(typeof(ShmLimit))]
public sealed class GetShmLimitCommand : PipedNamespaceCmdlet
{
    [Parameter(Position = 0)]
    [SupportsWildcards]
    [ValidateNotNullOrEmpty]
    [ArgumentCompleter(typeof(LimitNameCompleter))]
    public string[]? Name { get; set; }

    private readonly HashSet<ShmNamespace> _failed = new(ReferenceEqualityComparer.Instance);

    /// <inheritdoc/>
    protected override void EndProcessing() => Attempt(null, () =>
    {
        var wanted = new NamePatterns(Name);
        if (IsNowhere)
        {
            return;
        }

        if (Scope is { IsEverywhere: true })
        {
            NamespaceBlindness.Tell(Scope.Map, WriteWarning);
        }

        var limits = Scope is null ? ShmLimits.Read() : ReadPlaces(null);
        // A pass over all processes takes long: only where its answer is wanted.
        if (limits.Any(limit => limit is { PartOf: not null, Use: null } && wanted.Take(limit.Name)))
        {
            limits = Scope is null
                ? ScanWithProgress.Run(
                    this, "Looking for holders", progress => ShmLimits.Read(progress, Cancellation), Cancellation)
                : ReadPlaces(ScanWithProgress.Run(
                    this,
                    "Looking for holders",
                    progress => ShmAttachments.Scan(null, null, withUsage: false, progress, Cancellation),
                    Cancellation));
        }

        foreach (var limit in limits)
        {
            if (wanted.Take(limit.Name))
            {
                WriteRow(limit);
            }
        }

        foreach (var name in wanted.Missing)
        {
            WriteError(ErrorRecords.FromMissingName(
                name, "limit", "Get-ShmLimit | Select-Object Name", limits.Select(static limit => limit.Name)));
        }
    });

    // The second time, an error has been told.
    private List<ShmLimit> ReadPlaces(AttachmentScan? scan)
    {
        var limits = new List<ShmLimit>();
        foreach (var place in Scope!.Places.Where(place => !_failed.Contains(place)))
        {
            if (!Attempt(place, () => limits.AddRange(Scope.Read(() => ShmLimits.Read(place, scan, Cancellation)))))
            {
                _failed.Add(place);
            }
        }

        // A container's group is one, though it has an IPC namespace and a file system.
        return limits.DistinctBy(static limit => limit.Name.StartsWith("cgroup ", StringComparison.Ordinal)
            ? limit.Name : $"{limit.Namespace} {limit.Name}").ToList();
    }
}
