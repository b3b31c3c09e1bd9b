<#
.SYNOPSIS
    Says which segments grow, and by how much in a minute; warns when a limit comes near.
.DESCRIPTION
    Looks at all segments in intervals and writes one object for each that has more pages than at the first look, the
    fastest first, with who holds it. Limits that are nearly used up, beyond -Threshold, are warnings.
.EXAMPLE
    ./growth-watch.ps1 -Count 10 -IntervalSec 60
    Ten minutes of it.
.EXAMPLE
    ./growth-watch.ps1 -Name '/cache.*' -Count 3 | Sort-Object PerMinute -Descending | Select-Object -First 1
    The one that grows fastest of some.
#>
[CmdletBinding()]
param(
    # Patterns of names; all segments if not given.
    [string[]] $Name,
    # How often it looks after the first time.
    [ValidateRange(1, [int]::MaxValue)] [int] $Count = 5,
    # Between two looks.
    [double] $IntervalSec = 60,
    # Per cent of a limit from which it warns.
    [double] $Threshold = 80
)

$ErrorActionPreference = 'Stop'
if (-not (Get-Module PSSharedMemory)) { Import-Module "$PSScriptRoot/../out/PSSharedMemory" }

$with = if ($Name) { @{ Name = $Name } } else { @{} }
$first = @{}
$clock = [Diagnostics.Stopwatch]::StartNew()
Get-ShmSegment @with | ForEach-Object { $first["$_"] = $_ }

for ($look = 1; $look -le $Count; $look++) {
    Start-Sleep -Seconds $IntervalSec
    $minutes = $clock.Elapsed.TotalMinutes
    Get-ShmSegment @with | ForEach-Object {
        $before = if ($first["$_"] -and $first["$_"].IsSame($_)) { $first["$_"].Allocated } else { 0 }
        $grown = $_.Allocated - $before
        if ($grown -gt 0) {
            [pscustomobject] @{ Segment = $_; Look = $look; Used = $_.Allocated; Grown = $grown
                PerMinute = [long] ($grown / $minutes); Owner = $_.Owner
                # It may be gone by now.
                Holders = (Get-ShmStat -Segment $_ -ErrorAction Ignore).Holders }
        }
    } | Sort-Object PerMinute -Descending

    # Of others, such as CommitLimit, it is normal to have used them up.
    Get-ShmLimit '/dev/shm size', '/dev/shm inodes', SHMALL, SHMMNI, 'cgroup *' | Where-Object Percent -GE $Threshold |
        ForEach-Object { Write-Warning "$($_.Name) is used by $($_.Percent) %." }
}
