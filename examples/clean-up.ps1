<#
.SYNOPSIS
    Removes what nobody uses any more, and logs each removal as one line of JSON.
.DESCRIPTION
    Made for a timer. Run it with -WhatIf first: it says what would go and logs nothing. Each segment is judged once
    more at the moment of its removal, so one that somebody has taken up since stays.
.EXAMPLE
    ./clean-up.ps1 -OlderThan 1d -WhatIf
    What would go.
.EXAMPLE
    ./clean-up.ps1 -OlderThan 1d -LogPath /var/log/shm-clean-up.jsonl
    Removes it, and says so in the log.
#>
[CmdletBinding(SupportsShouldProcess)]
param(
    # Only what is older: 30m, 2h, 1d, or a TimeSpan.
    [object] $OlderThan = '1d',
    # Only of these owners.
    [string[]] $Owner,
    # Where the log is; each run adds to it.
    [string] $LogPath
)

if (-not (Get-Module PSSharedMemory)) { Import-Module "$PSScriptRoot/../out/PSSharedMemory" }

# A log that can't be written is found out before anything is removed.
if ($LogPath -and -not $WhatIfPreference) { Add-Content $LogPath '' -NoNewline -ErrorAction Stop }

$with = if ($Owner) { @{ Owner = $Owner } } else { @{} }
$failed = $null
$removed = @(Find-ShmOrphan -OlderThan $OlderThan @with |
    Remove-ShmSegment -PassThru -ErrorVariable failed -ErrorAction SilentlyContinue)
$now = [DateTime]::UtcNow.ToString('o')
$lines = @(
    $removed | Where-Object { $_ } | ForEach-Object {
        [ordered] @{
            time = $now; removed = $_.Label; owner = $_.Owner; size = $_.Size; ageSeconds = $_.Age.TotalSeconds
        } | ConvertTo-Json -Compress
    }
    $failed | Where-Object { $_ } | ForEach-Object {
        [ordered] @{ time = $now; kept = "$($_.TargetObject)"; why = $_.FullyQualifiedErrorId.Split(',')[0] } |
            ConvertTo-Json -Compress
    }
)
if ($LogPath -and $lines -and -not $WhatIfPreference) { $lines | Add-Content $LogPath }
$removed
