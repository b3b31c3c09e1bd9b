using System.Globalization;

namespace PSSharedMemory.Commands;

/// <content>What is watched.</content>
public static partial class ShmDisplay
{
    /// <summary>"pwsh(812)"; "?" where nobody knows.</summary>
    public static string By(ShmEvent one) => one.ProcessId is { } id
        ? string.Create(CultureInfo.InvariantCulture, $"{Text(one.Command ?? "?")}({id})")
        : one.Kind == ShmEventKind.Overflow ? "" : "?";
}
