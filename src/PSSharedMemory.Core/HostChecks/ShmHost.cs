using System.Collections.Generic;
using System.Threading;

namespace PSSharedMemory;

/// <summary>Whether this host is fit for shared memory.</summary>
public static class ShmHost
{
    /// <summary>The checks, in the order of their results.</summary>
    public static IReadOnlyList<string> CheckNames => HostChecks.CheckNames;

    /// <summary>Makes all checks; reads /proc, /sys and the settings of logind, and changes nothing.</summary>
    /// <param name="progress">Told how far the pass over the processes has come.</param>
    /// <param name="cancellation">Ends the pass.</param>
    public static IReadOnlyList<ShmHostCheck> Check(
        ShmScanProgress? progress = null, CancellationToken cancellation = default) =>
        Check(CheckNames, progress, cancellation);

    /// <summary>Makes some of the checks, and looks for nothing that they don't go by.</summary>
    /// <param name="names">Some of <see cref="CheckNames"/>.</param>
    /// <param name="progress">Told how far the pass over the processes has come, where one is made.</param>
    /// <param name="cancellation">Ends the pass.</param>
    public static IReadOnlyList<ShmHostCheck> Check(
        IReadOnlyCollection<string> names, ShmScanProgress? progress = null, CancellationToken cancellation = default)
    {
        var kinds = HostChecks.FactsOf(names);
        var scan = kinds.HasFlag(HostFactKinds.Processes)
            ? ShmAttachments.Scan(withUsage: false, progress: progress, cancellation: cancellation)
            : null;
        return [.. HostChecks.Run(HostFacts.Read(kinds, scan, cancellation), names)];
    }

    /// <summary>Whether one of some checks takes a pass over all processes, which lasts.</summary>
    public static bool ReadsProcesses(IReadOnlyCollection<string> names) =>
        HostChecks.FactsOf(names).HasFlag(HostFactKinds.Processes);
}
