<#
.SYNOPSIS
    Reports what nobody uses any more: how many segments and bytes each owner has left, and the evidence.
.DESCRIPTION
    Lists orphans, the largest first, as objects. With -Path it also writes them to a CSV, which Remove-ShmSegment takes
    back once somebody has read it. Nothing is removed here.
.EXAMPLE
    ./orphan-report.ps1 -OlderThan 1d
    Everything that has had no user for a day, and in the end one line for each owner.
.EXAMPLE
    ./orphan-report.ps1 -OlderThan 1d -Path orphans.csv; Import-Csv orphans.csv | Remove-ShmSegment -WhatIf
    Keeps the list, and later shows what its removal would do.
#>
[CmdletBinding()]
param(
    # Only what is older: 30m, 2h, 1d, or a TimeSpan.
    [object] $OlderThan = '1h',
    # Only of these owners.
    [string[]] $Owner,
    # The CSV.
    [string] $Path
)

$ErrorActionPreference = 'Stop'
if (-not (Get-Module PSSharedMemory)) { Import-Module "$PSScriptRoot/../out/PSSharedMemory" }

$with = if ($Owner) { @{ Owner = $Owner } } else { @{} }
$orphans = @(Find-ShmOrphan -OlderThan $OlderThan @with | Sort-Object Allocated -Descending)
if ($Path) { $orphans | Select-Object Label, Kind, Name, Id, Key, Size, Allocated, Owner, UnixMode, ChangeTime, Device,
    Inode, CreatorProcessId | Export-Csv $Path }
$orphans | Select-Object Label, Owner, Size, Allocated, Age, @{ Name = 'Why'; Expression = { $_.Evidence -join ' ' } }

foreach ($group in $orphans | Group-Object Owner) {
    $bytes = ($group.Group | Measure-Object Allocated -Sum).Sum
    $said = "$($group.Name): $($group.Count) segment(s), $([math]::Round($bytes / 1MB, 1)) MB"
    Write-Information $said -InformationAction Continue
}
