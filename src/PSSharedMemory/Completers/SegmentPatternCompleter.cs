using System.Management.Automation;

namespace PSSharedMemory.Commands;

/// <summary>
/// Completes names of POSIX segments where wildcards are allowed: one that has such characters means itself alone.
/// </summary>
public sealed class SegmentPatternCompleter : SegmentNameCompleter
{
    private protected override string Argument(string text) => WildcardPattern.Escape(text);
}
