using System;
using System.Collections.Generic;
using System.IO;
using System.Linq;
using System.Management.Automation;
using System.Management.Automation.Runspaces;
using System.Text.RegularExpressions;

namespace PSSharedMemory.Commands;

/// <summary>
/// The views that a user put before all others with Update-FormatData -PrependPath. They are for a type, and a view for
/// a type name of ours would come before them.
/// </summary>
internal sealed class UserViews
{
    private readonly string[] _files = [.. Files()];
    private readonly Dictionary<Type, bool> _has = [];

    /// <summary>Whether there is one for this type.</summary>
    public bool Has(Type type)
    {
        if (_files.Length == 0)
        {
            return false;
        }

        if (!_has.TryGetValue(type, out var has))
        {
            var selects = new Regex($@"<TypeName>\s*{Regex.Escape(type.FullName!)}\s*</TypeName>");
            _has[type] = has = _files.Any(selects.IsMatch);
        }

        return has;
    }

    // The text of the files that come before those of PowerShell itself, which are in its code today.
    private static IEnumerable<string> Files()
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
            // PowerShell could read it when it took it; now nothing tells what it is for.
            return "";
        }
    }
}
