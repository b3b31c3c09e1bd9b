using System;
using System.Collections.Generic;
using System.IO;
using System.Linq;
using System.Management.Automation;
using System.Management.Automation.Host;
using System.Management.Automation.Runspaces;
using System.Text.RegularExpressions;

namespace PSSharedMemory.Commands;

/// <summary>
/// Chooses the view of a row. A table can neither add columns where there is room nor leave out those that don't fit
/// without cutting them to one letter first, so a wide terminal has views of its own: a cmdlet that runs in one writes
/// its rows under a type name that they are for.
/// </summary>
/// <param name="host">Where the rows are shown.</param>
internal sealed class WideRows(PSHost host)
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

    // A host without a screen isn't wide.
    private readonly bool _isWide = HostScreen.Width(host) >= Least;
    private readonly string[] _usersFiles = [.. FormatsOfUser()];
    private readonly Dictionary<Type, bool> _hasUsersView = [];

    /// <summary>The row under the type name of its view.</summary>
    public object Named(object row)
    {
        var type = row.GetType();
        if ((!_isWide && type != typeof(ShmSegment)) || HasUsersView(type))
        {
            return row;
        }

        // A stat is a segment, and a view goes on for all that is of its type: the view of a segment would be taken
        // for a stat that follows in one script.
        var name = _isWide && Rows.Contains(type) ? type.FullName + Suffix
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

    // A view for a type name of ours would come before theirs, which is for the type.
    private bool HasUsersView(Type type)
    {
        if (_usersFiles.Length == 0)
        {
            return false;
        }

        if (!_hasUsersView.TryGetValue(type, out var has))
        {
            var selects = new Regex($@"<TypeName>\s*{Regex.Escape(type.FullName!)}\s*</TypeName>");
            _hasUsersView[type] = has = _usersFiles.Any(selects.IsMatch);
        }

        return has;
    }

    // What Update-FormatData -PrependPath has put before the files of PowerShell itself, which are in its code today.
    private static IEnumerable<string> FormatsOfUser()
    {
        var home = Path.GetDirectoryName(typeof(PSObject).Assembly.Location);
        return (Runspace.DefaultRunspace?.InitialSessionState?.Formats.Select(static entry => entry.FileName) ?? [])
            .TakeWhile(file => File.Exists(file) && Path.GetDirectoryName(file) != home)
            .Select(static file => TextOf(file!));
    }

    private static string TextOf(string file)
    {
        try
        {
            return File.ReadAllText(file);
        }
        catch (Exception error) when (error is IOException or UnauthorizedAccessException)
        {
            // It could be read when the session took it; now nothing tells what it is for.
            return "";
        }
    }
}
