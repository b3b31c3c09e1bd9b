using System.Collections.Generic;

namespace PSSharedMemory.Benchmarks.Rows;

/// <summary>Scripts in the embedded engine.</summary>
internal static class CmdletRows
{
    private const string SysV = "New-ShmSegment -Private -Size 4KB -Mount -Ephemeral";
    private const string Posix =
        "New-ShmSegment /pssharedmemory-bench -Size 4KB -Mount; Remove-ShmSegment /pssharedmemory-bench";

    public static IEnumerable<Row> All =>
    [
        Pair(
            "Read-ShmData of 64 bytes, System V", 1.3, SysV, 2000, "$null = Read-ShmData $m -Offset 0 -Count 64",
            "an empty compiled cmdlet with as many parameters", "$null = Read-Empty $m -Offset 0 -Count 64"),
        Pair(
            "Read-ShmData of 64 bytes, POSIX", 1.3, Posix, 2000, "$null = Read-ShmData $m -Offset 0 -Count 64",
            "an empty compiled cmdlet with as many parameters", "$null = Read-Empty $m -Offset 0 -Count 64"),
        Pair(
            "Write-ShmData of 64 bytes, System V", 1.3, SysV, 2000, "Write-ShmData $m $bytes -Offset 0",
            "an empty compiled cmdlet with as many parameters", "Write-Empty $m $bytes -Offset 0"),
        Pair(
            "Write-ShmData of 64 bytes, POSIX", 1.3, Posix, 2000, "Write-ShmData $m $bytes -Offset 0",
            "an empty compiled cmdlet with as many parameters", "Write-Empty $m $bytes -Offset 0"),
        Pair(
            "`$m.Reader.ReadInt32(0)` in a script loop, System V", 1.3, SysV, 100_000, "$null = $m.Reader.ReadInt32(0)",
            "`[BitConverter]::ToInt32($bytes, 0)` in the same loop", "$null = [BitConverter]::ToInt32($bytes, 0)"),
        Pair(
            "`$m.Reader.ReadInt32(0)` in a script loop, POSIX", 1.3, Posix, 100_000, "$null = $m.Reader.ReadInt32(0)",
            "`[BitConverter]::ToInt32($bytes, 0)` in the same loop", "$null = [BitConverter]::ToInt32($bytes, 0)"),
    ];

    private static Row Pair(
        string what, double goal, string mount, int times, string subject, string against, string reference) =>
        new(what, against, goal, false, () =>
        {
            using var shell = new Shell();
            shell.Run($"$global:bytes = [byte[]]::new(64); $global:m = {mount}");
            try
            {
                return SideBySide.Time(
                    shell.Prepared($"for ($i = 0; $i -lt {times}; $i++) {{ {subject} }}"),
                    shell.Prepared($"for ($i = 0; $i -lt {times}; $i++) {{ {reference} }}"));
            }
            finally
            {
                shell.Run("Dismount-ShmSegment $m");
            }
        });
}
