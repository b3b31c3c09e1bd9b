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
    private static readonly string[] SysVParts =
        ["System V memory", "System V listed", "System V removed but held", "System V in flight or unknown"];

    private static readonly string[] PosixParts =
    [
        "/dev/shm listed", "/dev/shm removed but held", "/dev/shm other files", "/dev/shm in flight or unknown",
        "/dev/shm directories", "/dev/shm sockets", "/dev/shm named pipes", "/dev/shm links",
    ];

    [Parameter(Position = 0)]
    [SupportsWildcards]
    [ValidateNotNullOrEmpty]
    [ArgumentCompleter(typeof(LimitNameCompleter))]
    public string[]? Name { get; set; }

    private readonly HashSet<ShmNamespace> _failed = new(ReferenceEqualityComparer.Instance);
    private readonly Dictionary<ShmKind, ShmException> _missing = [];

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

        var limits = Scope is null ? ShmLimits.Read(_missing.Add, Cancellation) : ReadPlaces(null);
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

        // Rows that aren't there cannot say why.
        TellFailures([.. _missing.Where(missing => Array.FindAll(Rows(missing), wanted.Take).Length > 0)]);
        TellHidden(wanted, limits);
        foreach (var name in wanted.Missing)
        {
            WriteError(ErrorRecords.FromMissingName(
                name, "limit", "Get-ShmLimit | Select-Object Name", limits.Select(static limit => limit.Name)));
        }
    });

    // The rows that a failure takes with it.
    private static string[] Rows(KeyValuePair<ShmKind, ShmException> missing) =>
        (missing.Key, missing.Value.ErrorId) switch
        {
            (ShmKind.SysV, ShmErrorId.PlatformNotSupported) =>
                ["SHMMAX", "SHMALL", "SHMMNI", "shm_rmid_forced", .. SysVParts],
            (ShmKind.SysV, _) => SysVParts,
            (_, ShmErrorId.PlatformNotSupported) => ["/dev/shm size", "/dev/shm inodes", .. PosixParts],
            _ => PosixParts,
        };

    // A folder of the kernel that is hidden takes rows with it, in all IPC namespaces alike.
    private void TellHidden(NamePatterns wanted, IReadOnlyList<ShmLimit> limits)
    {
        var shown = limits.Select(static limit => limit.Name).ToHashSet();
        var isSysV = Scope?.Places.Any(static place => place.Kind == ShmKind.SysV) == true;
        foreach (var (rows, error) in ShmLimits.FindHidden())
        {
            // Of other namespaces, only what is the kernel's on System V was asked for.
            string[] missing = [.. rows.Where(row => !shown.Contains(row) && (Scope is null
                || (isSysV && row.StartsWith("shm", StringComparison.OrdinalIgnoreCase))))];
            if (Array.FindAll(missing, wanted.Take).Length > 0)
            {
                WriteError(ErrorRecords.From(error, error.Target, this));
            }
        }
    }

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
