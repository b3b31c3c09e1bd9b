using System;
using System.Globalization;
using System.IO;
using System.Management.Automation;

namespace PSSharedMemory.Commands;

/// <summary>
/// What to type next, by error id. The library names no cmdlet, and a parameter is advised only where the cmdlet that
/// failed has it and did not get it.
/// </summary>
internal static class ErrorAdvice
{
    private const int InvalidArgument = 22;

    /// <summary>
    /// One or two sentences for the user of a cmdlet; empty where the message says it all.
    /// </summary>
    public static string For(ShmException error, PSCmdlet cmdlet)
    {
        var name = cmdlet.MyInvocation.MyCommand?.Name ?? "";
        return error.ErrorId switch
        {
            ShmErrorId.SegmentNotFound or ShmErrorId.InvalidName
                when Lacks(cmdlet, "ProcessId") && Process(error.Target, name) is { } process => process,
            ShmErrorId.SegmentNotFound when Has(cmdlet, "ProcessId") => "Get-ShmAttachment shows who holds what.",
            ShmErrorId.SegmentNotFound when name == "Dismount-ShmSegment" && error.Function is null =>
                "Get-ShmMapping lists them.",
            ShmErrorId.SegmentNotFound when name == "Get-ShmMapping" && error.Function is null =>
                "Mount-ShmSegment makes one.",
            ShmErrorId.SegmentNotFound when name == "Copy-ShmData" && error.Target is string path
                && Directory.Exists(Path.GetDirectoryName(path)) && Path.GetDirectoryName(path) != "/" =>
                "-Path and -DestinationPath take files.",
            ShmErrorId.SegmentNotFound when cmdlet is OneSegmentCmdlet && error.Target is string pattern
                && WildcardPattern.ContainsWildcardCharacters(pattern) =>
                $"This cmdlet takes no wildcards: Get-ShmSegment '{PrintableText.Of(pattern)}' | {name}.",
            ShmErrorId.SegmentNotFound when !Has(cmdlet, "Namespace") && error.Target is string typed
                && typed.StartsWith('/') && NearName.OfSegment(typed) is { } near =>
                $"Did you mean '{PrintableText.Of(near)}'?",
            ShmErrorId.SegmentNotFound => "Get-ShmSegment lists what exists.",
            ShmErrorId.SegmentExists => Lacks(cmdlet, "AllowExisting")
                ? "-AllowExisting opens it."
                : Lacks(cmdlet, "Force") ? "-Force replaces it." : "",
            ShmErrorId.SegmentInUse when name == "New-ShmMutex" =>
                "Clear-ShmData does that.",
            ShmErrorId.SegmentInUse when error.Target is ShmSegment or string or int =>
                "Get-ShmAttachment shows the holders.",
            ShmErrorId.IdentityChanged => "Get-ShmSegment lists what is there now.",
            ShmErrorId.InvalidName when name == "Copy-ShmData" && error.Target is string file && file.StartsWith('.') =>
                "-Path and -DestinationPath take files.",
            ShmErrorId.InvalidKey when name == "New-ShmSegment" && error.Target is 0 =>
                "-Private makes such a segment.",
            ShmErrorId.AccessDenied when error.Target is "/dev/shm" =>
                "Test-ShmHost ShmMode shows owner and mode.",
            ShmErrorId.AccessDenied => Denied(error, cmdlet, name),
            ShmErrorId.InvalidAddress when error.Target is ShmMapping => "",
            ShmErrorId.InvalidAddress => Lacks(cmdlet, "RoundAddress") && Has(cmdlet, "Address")
                ? "-RoundAddress rounds it down."
                : FreeAddress(cmdlet),
            ShmErrorId.AddressInUse => FreeAddress(cmdlet)
                + (Lacks(cmdlet, "Replace") ? " -Replace takes the place of a mapping of this session." : ""),
            ShmErrorId.SizeMismatch =>
                name == "Mount-ShmSegment" && Lacks(cmdlet, "TimeoutSec") ? "-TimeoutSec waits for it." : "",
            // SHMMAX is the limit of one segment: nothing that is there counts.
            ShmErrorId.LimitReached when error is { Function: "shmget", Errno: InvalidArgument } => "",
            ShmErrorId.LimitReached when error.Function == "shmget" =>
                "Get-ShmLimit shows the limits; Find-ShmOrphan finds what nobody uses.",
            ShmErrorId.LimitReached => "Get-ShmLimit shows the limits and their use.",
            // What is full lies within a segment; the host has space.
            ShmErrorId.NoSpace when error.Target is ShmArena or ShmDictionary => "",
            // Named semaphores are small, but each takes an inode.
            ShmErrorId.NoSpace when error.Function is "open" or "openat" or "linkat"
                && name != "Export-ShmSegment" =>
                "Get-ShmLimit '/dev/shm inodes' shows how many; Find-ShmOrphan -IncludeSemaphore finds what nobody "
                    + "uses.",
            ShmErrorId.NoSpace => "Get-ShmLimit shows what is free; Find-ShmOrphan finds what nobody uses."
                + (Lacks(cmdlet, "Sparse") ? " -Sparse reserves no pages." : ""),
            ShmErrorId.PageProtected when name != "Set-ShmProtection" =>
                "Set-ShmProtection sets what pages allow.",
            ShmErrorId.MappingDismounted => "Mount-ShmSegment mounts it again.",
            ShmErrorId.InvalidStructure => Structure(error, name),
            ShmErrorId.WaitTimeout when name == "Enter-ShmSemaphore" =>
                "Exit-ShmSemaphore gives back what a dead process had taken.",
            ShmErrorId.NotRecoverable => "New-ShmMutex makes a new one when nobody uses it any more.",
            ShmErrorId.NotSupportedByKind => Instead(cmdlet, name),
            ShmErrorId.PlatformNotSupported when name != "Test-ShmHost" => "Test-ShmHost checks this host.",
            _ => "",
        };
    }

    /// <summary>
    /// The command that mends what a check found, where it is one of this module's; else the check's own.
    /// </summary>
    public static string? Fix(ShmHostCheck check) => check.Result == ShmCheckResult.Pass ? check.Fix : check.Name switch
    {
        "WorldWritable" => "Get-ShmSegment | Where-Object { $_.Mode -band 'OtherWrite' } | Set-ShmSegment -Mode 0600",
        "RemovedButHeld" => "Get-ShmAttachment | Where-Object IsRemoved | Sort-Object ProcessId",
        "ShmContents" when check.Fix is null =>
            "Get-ShmSegment -Kind Posix | Where-Object { $_.Allocated -gt $_.Size + 2MB } | ForEach-Object { "
                + "Resize-ShmSegment $_ -Size $_.Size }  # when nobody resizes it",
        "Limits" => (check.Fix is null ? "" : $"{check.Fix}; ")
            // Named semaphores are small, but each takes an inode.
            + (check.Detail.Contains("/dev/shm inodes", StringComparison.Ordinal)
                ? "Find-ShmOrphan -IncludeSemaphore" : "Find-ShmOrphan")
            + (check.Fix is null ? "" : "  # finds what nobody uses"),
        _ => check.Fix,
    };

    private static string Denied(ShmException error, PSCmdlet cmdlet, string name) => name switch
    {
        "New-ShmSegment" or "Import-ShmSegment" when error.Function is "shmget" =>
            "The key may belong to another user's segment: Get-ShmSegment shows owner and mode.",
        "New-ShmSegment" or "New-ShmQueue" or "New-ShmDictionary" or "Import-ShmSegment" =>
            "Test-ShmHost shows whether /dev/shm lets this user make objects.",
        // What is denied is a process, not a segment.
        "Get-ShmAddressSpace" => "Run as its user or as root.",
        "Unlock-ShmMutex" => "Lock-ShmMutex -ScriptBlock locks and unlocks in one thread.",
        "Trace-ShmCall" when error.Function is null => "Test-ShmHost Tracing shows what is missing.",
        "Set-ShmProtection" => "Mount-ShmSegment -Protection mounts it for more.",
        "Mount-ShmSegment" when error.Function is "mmap" && Lacks(cmdlet, "ReadOnly") && Lacks(cmdlet, "Protection") =>
            "-ReadOnly mounts it for reading only.",
        // What seals and the way of opening forbid, they forbid to everybody.
        _ when error.Function is null or "posix_spawn" or "setns" or "mmap" or "mprotect" or "fcntl" or "fallocate"
            or "ftruncate" => "",
        // Whoever may not look into a process may not look into it for reading either.
        "Mount-ShmSegment" when Has(cmdlet, "ProcessId")
            || (error.Target is ShmSegment segment && HeldSegments.IsBorrowed(segment)) =>
            "Only root and that process's user may reach its memory.",
        "Mount-ShmSegment" when Lacks(cmdlet, "ReadOnly") && Lacks(cmdlet, "Protection")
            && (error.Target is not ShmSegment { Mode: var mode } || (mode & OthersRead) != 0) =>
            $"-ReadOnly mounts it for reading only.{Belongs(error.Target)}",
        _ => $"Its owner and root may.{Belongs(error.Target)}",
    };

    private const UnixFileMode OthersRead = UnixFileMode.GroupRead | UnixFileMode.OtherRead;

    private static string Belongs(object? target) => target is ShmSegment { Owner: { } owner } segment
        ? $" It belongs to {PrintableText.Of(owner)} and has mode {segment.UnixMode}."
        : " Get-ShmSegment shows owner and mode.";

    private static string Structure(ShmException error, string name) => (error.Target, name) switch
    {
        (ShmMutex, _) or (_, "Lock-ShmMutex" or "Unlock-ShmMutex" or "Get-ShmMutex") => "New-ShmMutex makes one.",
        (ShmSemaphore, _) or (_, "Enter-ShmSemaphore" or "Exit-ShmSemaphore" or "Get-ShmSemaphore") =>
            "New-ShmSemaphore makes one.",
        // The message isn't what -As says; the queue is sound.
        (byte[], _) => "",
        (_, "Import-ShmSegment") => "Export-ShmSegment writes both files.",
        (_, "New-ShmArena" or "New-ShmList") => "-Force makes a new one.",
        (_, "Add-ShmListItem" or "Get-ShmListItem") => "New-ShmArena and New-ShmList make one.",
        (_, "Send-ShmMessage" or "Receive-ShmMessage" or "Get-ShmQueue") => "New-ShmQueue makes one.",
        (_, "Get-ShmDictionary") => "New-ShmDictionary makes one.",
        _ => "",
    };

    // Of a number or a name that is a process and not a segment.
    private static string? Process(object? target, string cmdlet)
    {
        if (target is int or string
            && int.TryParse($"{target}", NumberStyles.None, CultureInfo.InvariantCulture, out var id))
        {
            return id > 0 && ProcessLife.IsVisible(id) ? $"-ProcessId {id} means the process." : null;
        }

        var name = $"{target}".TrimStart('/');
        var processes = target is string && name.Length > 0 && !name.Contains('/', StringComparison.Ordinal)
            ? System.Diagnostics.Process.GetProcessesByName(name) : [];
        Array.ForEach(processes, static process => process.Dispose());
        return processes.Length > 0
            ? $"For the processes of that name: Get-Process '{PrintableText.Of(name)}' | {cmdlet}." : null;
    }

    private static string Instead(PSCmdlet cmdlet, string name) => name switch
    {
        "Resize-ShmSegment" => "New-ShmSegment makes one of another size; Copy-ShmData copies the data.",
        "Dismount-ShmSegment" => "Set-ShmProtection with None closes pages.",
        "Set-ShmSegment" when Has(cmdlet, "Lock") || Has(cmdlet, "Unlock") =>
            "Mount-ShmSegment -Lock keeps the pages of a mapping in RAM.",
        "Set-ShmAdvice" => "Some advice needs a mapping made with -CopyOnWrite, or without -Lock.",
        _ => "",
    };

    private static string FreeAddress(PSCmdlet cmdlet) =>
        Has(cmdlet, "Address") ? "Leave -Address out, or choose a free one with Get-ShmAddressSpace." : "";

    private static bool Has(PSCmdlet cmdlet, string parameter) =>
        cmdlet.MyInvocation.BoundParameters.ContainsKey(parameter);

    private static bool Lacks(PSCmdlet cmdlet, string parameter) =>
        cmdlet.MyInvocation.MyCommand?.Parameters.ContainsKey(parameter) == true && !Has(cmdlet, parameter);
}
