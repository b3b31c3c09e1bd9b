using System;
using System.Management.Automation;

namespace PSSharedMemory.Commands;

/// <summary>
/// Segments that another machine listed. A name, an id and even an inode may be the same on two hosts of a fleet; who
/// pipes what Invoke-Command brought into a cmdlet that changes something means those, never the ones here.
/// </summary>
internal static class ForeignHost
{
    private const string ComputerName = "PSComputerName";

    /// <summary>Throws where remoting has marked the segment as one of another host.</summary>
    /// <exception cref="ShmException">IdentityChanged.</exception>
    public static void Check(ShmSegment segment)
    {
        if (PSObject.AsPSObject(segment).Properties[ComputerName]?.Value is string host && !IsThisHost(host))
        {
            throw new ShmException(
                ShmErrorId.IdentityChanged,
                $"{segment} is a segment of {host}, not of this host. Change it there: Invoke-Command {host} {{ … }}.",
                segment);
        }
    }

    private static bool IsThisHost(string host) =>
        host is "" or "localhost" or "127.0.0.1" or "::1"
        || host.Equals(Environment.MachineName, StringComparison.OrdinalIgnoreCase)
        || host.StartsWith(Environment.MachineName + ".", StringComparison.OrdinalIgnoreCase);
}
