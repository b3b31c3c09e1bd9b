using System.Collections.Generic;
using System.Threading;

namespace PSSharedMemory;

/// <summary>Whether this host is fit for shared memory.</summary>
public static class ShmHost
{
    /// <summary>Makes all checks; reads /proc, /sys and the settings of logind, and changes nothing.</summary>
    /// <param name="cancellation">Ends the pass over the processes.</param>
    public static IEnumerable<ShmHostCheck> Check(CancellationToken cancellation = default) =>
        HostChecks.Run(HostFacts.Read(ShmAttachments.Scan(withUsage: false, cancellation: cancellation)));
}
