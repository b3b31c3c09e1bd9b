<#
.SYNOPSIS
    Looks into a segment of another program: finds its structs, shows them, and says what changes.
.DESCRIPTION
    Finds every place of a magic number (or any bytes) in a foreign segment, shows the bytes there, keeps a snapshot,
    waits until something in the segment has changed, and shows what. The segment is only read.
.EXAMPLE
    ./debug-segment.ps1 /app-state -Magic 0x534D454D -Bytes 32
    Shows the 32 bytes at each place of the magic, and then the first change to the segment.
.EXAMPLE
    ./debug-segment.ps1 /app-state -Magic 0x534D454D -TimeoutSec 0 -SnapshotPath ./before.shm
    Does not wait; the snapshot stays for a later Compare-ShmData -DifferencePath ./before.shm.
#>
[CmdletBinding()]
param(
    # The POSIX name of the segment, such as /app-state.
    [Parameter(Mandatory, Position = 0)] [string] $Name,
    # What its structs begin with: a number, text, or bytes.
    [Parameter(Mandatory)] [object] $Magic,
    # How many bytes of each struct are shown.
    [long] $Bytes = 64,
    # How long a change is waited for.
    [double] $TimeoutSec = 30,
    # Where the snapshot is kept; a temporary one if not given.
    [string] $SnapshotPath
)

$ErrorActionPreference = 'Stop'
if (-not (Get-Module PSSharedMemory)) { Import-Module "$PSScriptRoot/../out/PSSharedMemory" }

$isTemporary = -not $SnapshotPath
if ($isTemporary) {
    $SnapshotPath = [System.IO.Path]::Combine([System.IO.Path]::GetTempPath(), "shm-$([guid]::NewGuid().ToString('N'))")
}

$mapping = Mount-ShmSegment $Name -ReadOnly
try {
    # The snapshot comes first, so that no change between it and the search is missed.
    Export-ShmSegment -Mapping $mapping -Path $SnapshotPath

    $structs = @(Search-ShmData $mapping $Magic)
    "$($structs.Count) places of $Magic in $Name, which has $($mapping.Length) bytes."
    foreach ($struct in $structs) {
        Format-ShmHex $mapping -Offset $struct.Offset -Length ([math]::Min($Bytes, $mapping.Length - $struct.Offset))
    }

    # One pass at memory speed, again and again, until the first byte differs.
    $clock = [System.Diagnostics.Stopwatch]::StartNew()
    do {
        $changes = @(Compare-ShmData $mapping -DifferencePath $SnapshotPath)
        if (-not $changes -and $clock.Elapsed.TotalSeconds -lt $TimeoutSec) { [System.Threading.Thread]::Sleep(50) }
    } until ($changes -or $clock.Elapsed.TotalSeconds -ge $TimeoutSec)

    "$($changes.Count) runs of bytes differ from the snapshot."
    foreach ($change in $changes) {
        # Whole lines, so that both sides stand below each other.
        $start = $change.Offset - $change.Offset % 16
        $length = [math]::Min($change.Offset + $change.Length - $start, $mapping.Length - $start)
        Format-ShmHex $mapping -Offset $start -Length $length -DifferencePath $SnapshotPath
    }
}
finally {
    Dismount-ShmSegment $mapping
    if ($isTemporary) { [System.IO.File]::Delete($SnapshotPath); [System.IO.File]::Delete("$SnapshotPath.json") }
}
