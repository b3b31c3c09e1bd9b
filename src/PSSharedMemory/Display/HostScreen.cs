using System;
using System.Linq;
using System.Management.Automation;
using System.Management.Automation.Host;
using System.Management.Automation.Runspaces;

namespace PSSharedMemory.Commands;

/// <summary>
/// What views know of the host that shows them. The engine gives a property no host: its variables are asked for, which
/// every language mode allows.
/// </summary>
internal static class HostScreen
{
    /// <summary>Fewer columns than these are no screen that anybody looks at.</summary>
    public const int Least = 20;

    private static readonly ScriptBlock HostVariable = ScriptBlock.Create("$Host");
    private static readonly ScriptBlock StyleVariable = ScriptBlock.Create("$PSStyle");

    /// <summary>Columns of the screen; 0 where there is none.</summary>
    public static int Width() => Read(HostVariable)?.BaseObject is PSHost host ? Width(host) : 0;

    /// <summary>Columns of the host's screen; 0 where it has none.</summary>
    public static int Width(PSHost host)
    {
        try
        {
            return host.UI?.RawUI?.BufferSize.Width ?? 0;
        }
        catch (Exception error) when (error is HostException or NotImplementedException or NotSupportedException)
        {
            return 0;
        }
    }

    /// <summary>$PSStyle.</summary>
    public static object? Style() => Read(StyleVariable);

    private static PSObject? Read(ScriptBlock variable) => Runspace.DefaultRunspace is null
        ? null
        : variable.Invoke().FirstOrDefault();
}
