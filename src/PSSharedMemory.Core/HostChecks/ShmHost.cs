using System.Collections.Generic;
using System.Threading;

namespace PSSharedMemory;

/// <summary>Whether this host is fit for shared memory.</summary>
public static class ShmHost
{
    /// <summary>What is checked, in the order of the answers.</summary>
    public static IReadOnlyList<string> CheckNames => HostChecks.CheckNames;

    /// <summary>Makes all checks; reads /proc, /sys and the settings of logind, and changes nothing.</summary>
    /// <param name="progress">Told how far the pass over the processes has come.</param>
    /// <param name="cancellation">Ends the pass.</param>
    public static IReadOnlyList<ShmHostCheck> Check(
        ShmScanProgress? progress = null, CancellationToken cancellation = default) =>
        [.. HostChecks.Run(HostFacts.Read(
            ShmAttachments.Scan(withUsage: false, progress: progress, cancellation: cancellation)))];
}
