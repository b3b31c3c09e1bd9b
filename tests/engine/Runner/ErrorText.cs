using System.Globalization;
using System.Management.Automation;
using System.Text.RegularExpressions;

namespace PSSharedMemory.EngineTests.Runner;

/// <summary>An error record as the report shows it: message, id, and where in the scripts it happened.</summary>
internal static class ErrorText
{
    public static string Of(ErrorRecord error) =>
        $"{error.Exception.Message}\n[{error.FullyQualifiedErrorId}]\n{error.ScriptStackTrace}";

    /// <summary>The innermost line of the file that the error came through; 1 where it came through none.</summary>
    public static int LineIn(ErrorRecord error, string path)
    {
        var frame = Regex.Match(error.ScriptStackTrace ?? "", $@", {Regex.Escape(path)}: line (?<line>\d+)");
        return frame.Success ? int.Parse(frame.Groups["line"].Value, CultureInfo.InvariantCulture) : 1;
    }
}
