<#
.SYNOPSIS
    Keeps the shared memory of a program in files before it is restarted, and says what the restart changed.
.DESCRIPTION
    Exports every segment of the patterns into a new folder, runs the restart, and compares what is there afterwards
    with what was kept: one object a segment, with Same, Changed, Gone or New. Without -Restart it only keeps.
.EXAMPLE
    ./snapshot-before-restart.ps1 '/acme-*' -Folder /var/backups/shm -Restart { systemctl restart acme }
    Keeps them, restarts, compares.
.EXAMPLE
    Import-ShmSegment (Get-ChildItem /var/backups/shm/20260101-120000/*.shm) -WhatIf
    What bringing all of it back would do.
#>
[CmdletBinding()]
param(
    # Patterns of names.
    [Parameter(Mandatory, Position = 0)] [string[]] $Name,
    # Where the snapshots are kept, each time in a folder of its own.
    [Parameter(Mandatory)] [string] $Folder,
    # What restarts the program.
    [scriptblock] $Restart
)

$ErrorActionPreference = 'Stop'
if (-not (Get-Module PSSharedMemory)) { Import-Module "$PSScriptRoot/../out/PSSharedMemory" }

$place = New-Item -ItemType Directory ([IO.Path]::Combine($Folder, (Get-Date -Format 'yyyyMMdd-HHmmss')))
$kept = @{}
Get-ShmSegment $Name | ForEach-Object {
    $file = [IO.Path]::Combine($place, "$($_.Name.TrimStart('/').Replace('/', '+')).shm")
    $kept[$_.Name] = Export-ShmSegment -LiteralName $_.Name -Path $file -PassThru
}

Write-Information "$($kept.Count) segment(s) kept in $place." -InformationAction Continue
if (-not $Restart) { return $kept.Values }

& $Restart | Out-Null

# What was named and isn't there any more is an answer here, not an error.
$after = @{}
Get-ShmSegment $Name -ErrorAction SilentlyContinue -ErrorVariable failed | ForEach-Object { $after[$_.Name] = $_ }
$failed | Where-Object FullyQualifiedErrorId -NotLike 'SegmentNotFound,*' | ForEach-Object { throw $_ }
foreach ($one in @($kept.Keys) + @($after.Keys) | Sort-Object -Unique) {
    $change = if (-not $after[$one]) { 'Gone' }
    elseif (-not $kept[$one]) { 'New' }
    elseif (Compare-ShmData $after[$one] -DifferencePath $kept[$one].Path | Select-Object -First 1) { 'Changed' }
    else { 'Same' }
    [pscustomobject] @{ Name = $one; Change = $change; Size = $after[$one].Size; Snapshot = $kept[$one].Path }
}
