<#
.SYNOPSIS
    Says in one line whether shared memory is about to run out, and who takes it, for a monitoring system.
.DESCRIPTION
    Looks at the limits that end programs when they are used up: the size and the objects of /dev/shm, System V
    segments, and the memory of the control group. The exit code is what monitoring plugins return: 0 is OK, 1 a
    warning, 2 critical, and 3 means that the answer is unknown. Where /dev/shm is nearly full, the line names the
    largest objects and their holders.
.EXAMPLE
    pwsh -File ./alert.ps1
    OK: /dev/shm size 12 %, SHMMNI 1 %.
.EXAMPLE
    pwsh -File ./alert.ps1 -Warning 60 -Critical 80
    Other thresholds, in per cent.
#>
[CmdletBinding()]
param(
    # Per cent from which it is a warning.
    [ValidateRange(0, 100)] [double] $Warning = 80,
    # Per cent from which it is critical.
    [ValidateRange(0, 100)] [double] $Critical = 95,
    # The limits: names or patterns, as Get-ShmLimit has them.
    [string[]] $Limit = @('/dev/shm size', '/dev/shm inodes', 'SHMALL', 'SHMMNI', 'cgroup *')
)

if (-not (Get-Module PSSharedMemory)) { Import-Module "$PSScriptRoot/../out/PSSharedMemory" }

$limits = @(Get-ShmLimit $Limit -ErrorVariable failed -ErrorAction SilentlyContinue |
    Where-Object { $null -ne $_.Percent } | Sort-Object Percent -Descending)
$said = ($limits | Select-Object -First 3 | ForEach-Object { "$($_.Name) $([math]::Round($_.Percent)) %" }) -join ', '
$most = if ($limits) { $limits[0].Percent } else { 0 }

# What cannot be read is not what is fine.
$state, $code = if ($most -ge $Critical) { 'CRITICAL', 2 } elseif ($most -ge $Warning) { 'WARNING', 1 }
elseif ($failed -or -not $limits) { 'UNKNOWN', 3 } else { 'OK', 0 }
if ($failed) { $said = (@($said) + @($failed | ForEach-Object { "$_" }) | Where-Object { $_ }) -join '; ' }

if ($limits | Where-Object { $_.Name -like '/dev/shm *' -and $_.Percent -ge $Warning }) {
    $largest = Get-ShmStat -Kind Posix -ErrorAction SilentlyContinue | Sort-Object Allocated -Descending |
        Select-Object -First 3 | ForEach-Object {
            $by = if ($_.Holders) { "by $($_.Holders)" }
            elseif ($_.Verdict -eq 'Unattached') { 'unused' }
            else { 'by ?' }
            "$($_.Label) $([math]::Round($_.Allocated / 1MB, 1)) MB $by"
        }
    $said += ": $($largest -join ', ')"
}

"${state}: $said"
exit $code
