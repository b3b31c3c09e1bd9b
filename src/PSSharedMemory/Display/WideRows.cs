using System;
using System.Collections.Generic;
using System.Management.Automation;
using System.Management.Automation.Host;

namespace PSSharedMemory.Commands;

/// <summary>
/// Chooses the view of a row. A table can neither add columns where there is room nor leave out those that don't fit
/// without cutting them to one letter first, so a wide terminal has views of its own: a cmdlet that runs in one writes
/// its rows under a type name that they are for.
/// </summary>
internal static class WideRows
{
    /// <summary>Columns from which on a terminal is wide.</summary>
    public const int Least = 120;

    private const string ListedSegment = "PSSharedMemory.ShmSegment#Listed";
    private const string Suffix = "#Wide";

    private static readonly HashSet<Type> Rows =
    [
        typeof(ShmSegment), typeof(ShmStat), typeof(ShmAttachment), typeof(ShmHolder), typeof(ShmAddressRegion),
        typeof(ShmCall), typeof(ShmNamespace), typeof(ShmLimit),
    ];

    /// <summary>Whether the host shows 120 columns or more; a host without a screen doesn't.</summary>
    public static bool IsWide(PSHost host) => HostScreen.Width(host) >= Least;

    /// <summary>The row under the type name of its view.</summary>
    public static object Named(object row, bool isWide)
    {
        var type = row.GetType();
        if (!isWide && type != typeof(ShmSegment))
        {
            return row;
        }

        // A stat is a segment, and a view goes on for all that is of its type: the view of a segment would be taken
        // for a stat that follows in one script.
        var name = isWide && Rows.Contains(type) ? type.FullName + Suffix
            : type == typeof(ShmSegment) ? ListedSegment
            : null;
        if (name is null)
        {
            return row;
        }

        // The names stay with the object: one that is written again has them already.
        var named = PSObject.AsPSObject(row);
        if (named.TypeNames[0] != name)
        {
            if (named.TypeNames[0].Contains('#', StringComparison.Ordinal))
            {
                named.TypeNames.RemoveAt(0);
            }

            named.TypeNames.Insert(0, name);
        }

        return named;
    }
}
