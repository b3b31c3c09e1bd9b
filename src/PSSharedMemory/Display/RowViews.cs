using System;
using System.Collections.Generic;
using System.Management.Automation;
using System.Management.Automation.Host;

namespace PSSharedMemory.Commands;

/// <summary>
/// Chooses the view of a row by the width of the terminal. A table can neither add columns where there is room nor give
/// up the one that matters least: it drops the last ones, and the last one here is the label. So wide and narrow
/// terminals have views of their own: a cmdlet that runs in one writes its rows under a type name that they are for.
/// </summary>
/// <param name="host">Where the rows are shown.</param>
internal sealed class RowViews(PSHost host)
{
    /// <summary>Columns from which on a terminal is wide.</summary>
    public const int LeastWide = 120;

    /// <summary>Columns up to which a terminal is narrow.</summary>
    public const int MostNarrow = 69;

    private const string Wide = "#Wide";
    private const string Narrow = "#Narrow";
    private const string Listed = "#Listed";

    private static readonly HashSet<Type> WithWideView =
    [
        typeof(ShmSegment), typeof(ShmStat), typeof(ShmAttachment), typeof(ShmHolder), typeof(ShmAddressRegion),
        typeof(ShmCall), typeof(ShmNamespace), typeof(ShmLimit),
    ];

    private static readonly HashSet<Type> WithNarrowView =
    [
        .. WithWideView, typeof(ShmMapping), typeof(ShmProcess), typeof(ShmSharedRange), typeof(ShmLeak),
        typeof(ShmEvent), typeof(ShmQueue), typeof(ShmMutexInfo), typeof(ShmSemaphoreInfo), typeof(ShmMatch),
        typeof(ShmDifference), typeof(ShmOrigin), typeof(ShmSegmentOrigin),
    ];

    private readonly int _width = HostScreen.Width(host);
    private readonly UserViews _userViews = new();

    /// <summary>The row under the type name of its view.</summary>
    public object Named(object row)
    {
        var type = row.GetType();
        if (Suffix(type) is not { } suffix || _userViews.Has(type))
        {
            return row;
        }

        var name = type.FullName + suffix;
        var named = PSObject.AsPSObject(row);
        if (named.TypeNames[0] != name)
        {
            // The names stay with the object: one that is written again may have that of another width.
            if (named.TypeNames[0].Contains('#', StringComparison.Ordinal))
            {
                named.TypeNames.RemoveAt(0);
            }

            named.TypeNames.Insert(0, name);
        }

        return named;
    }

    private string? Suffix(Type type) => _width switch
    {
        >= LeastWide when WithWideView.Contains(type) => Wide,
        >= HostScreen.Least and <= MostNarrow when WithNarrowView.Contains(type) => Narrow,
        // A stat is a segment, and a table goes on for all that is of its type: that of segments would be taken for a
        // stat that follows in one script.
        _ when type == typeof(ShmSegment) => Listed,
        _ => null,
    };
}
