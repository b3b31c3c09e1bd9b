using System;
using System.Management.Automation;

namespace PSSharedMemory.Commands;

/// <summary>
/// Segments that another machine listed. A name, an id and even an inode may be the same on two hosts of a fleet; what
/// Invoke-Command brought, piped into a cmdlet here, means those, never the ones here.
/// </summary>
internal static class ForeignHost
{
    private const string ComputerName = "PSComputerName";

    /// <summary>The segment, which remoting has not marked as one of another host.</summary>
    /// <exception cref="ShmException">IdentityChanged.</exception>
    public static ShmSegment Refuse(ShmSegment segment)
    {
        Refuse(segment, $"{segment}");
        return segment;
    }

    /// <summary>Lets pass what remoting has not marked as an object of another host.</summary>
    /// <exception cref="ShmException">IdentityChanged.</exception>
    public static void Refuse(object target, string label)
    {
        if (HostOf(target) is { } host && !IsThisHost(host))
        {
            throw new ShmException(
                ShmErrorId.IdentityChanged,
                $"{label} is a segment of {host}, not of this host. Use it there: Invoke-Command {host} {{ … }}.",
                target);
        }
    }

    /// <summary>Carries the mark of remoting over to the object that is made from it.</summary>
    public static void Mark(object made, PSObject source)
    {
        if (HostOf(source) is { } host)
        {
            PSObject.AsPSObject(made).Properties.Add(new PSNoteProperty(ComputerName, host));
        }
    }

    private static string? HostOf(object segment) =>
        PSObject.AsPSObject(segment).Properties[ComputerName]?.Value as string;

    private static bool IsThisHost(string host) =>
        host is "" or "localhost" or "127.0.0.1" or "::1"
        || host.Equals(Environment.MachineName, StringComparison.OrdinalIgnoreCase)
        || host.StartsWith(Environment.MachineName + ".", StringComparison.OrdinalIgnoreCase);
}
