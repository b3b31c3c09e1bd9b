<#
.SYNOPSIS
    Shared memory of many hosts in one report: how much there is, what nobody uses, and what is nearly full.
.DESCRIPTION
    Asks all hosts at a time over SSH, as many at once as -ThrottleLimit says, and gives one row a host. A host that
    cannot be reached, or where the module is missing, has a row too: it says why. Nothing is changed on any host.

    Each host needs PowerShell 7.4 or later as a subsystem of its sshd ("Subsystem powershell /usr/bin/pwsh -sshs"),
    and the module where -Module says.
.EXAMPLE
    ./fleet.ps1 web1, web2, db1
.EXAMPLE
    ./fleet.ps1 (Get-Content hosts.txt) -UserName ops -KeyFilePath ~/.ssh/ops -OlderThan 1d |
        Where-Object { -not $_.Reachable -or $_.OrphanBytes -gt 100MB }
.EXAMPLE
    ./fleet.ps1 web1, web2 -AsMetric | Set-Content /var/lib/node_exporter/shm.prom.new
    Metrics of all hosts, each sample with its host.
#>
[CmdletBinding()]
param(
    # Names or addresses; user@host:port is one as well.
    [Parameter(Mandatory, Position = 0)] [string[]] $HostName,
    [string] $UserName,
    [string] $KeyFilePath,
    [int] $Port,
    # Further options of ssh, such as @{ StrictHostKeyChecking = 'accept-new' }.
    [hashtable] $Options,
    # How many hosts are asked at once.
    [int] $ThrottleLimit = 32,
    # How long one connection may take.
    [int] $ConnectTimeoutSec = 10,
    # What counts as an orphan: unused for so long.
    [string] $OlderThan = '1h',
    # The module there, by name or path.
    [string] $Module = 'PSSharedMemory',
    # Metrics in place of rows.
    [switch] $AsMetric
)

if ($AsMetric -and -not (Get-Module PSSharedMemory)) { Import-Module "$PSScriptRoot/../out/PSSharedMemory" }
$connection = @{ ConnectingTimeout = $ConnectTimeoutSec * 1000; ErrorAction = 'Stop' }
foreach ($name in 'UserName', 'KeyFilePath', 'Port', 'Options') {
    if ($PSBoundParameters.ContainsKey($name)) { $connection[$name] = $PSBoundParameters[$name] }
}

# What each host is asked. Text, since a script block belongs to the session that made it.
$ask = @'
param($module, $olderThan, $asMetric)
$ErrorActionPreference = 'Stop'
$WarningPreference = 'SilentlyContinue'
Import-Module $module
if ($asMetric) { Get-ShmStat; Get-ShmLimit; return }
$stats = @(Get-ShmStat)
$orphans = @(Find-ShmOrphan -OlderThan $olderThan)
$limits = @(Get-ShmLimit)
$fullest = $limits | Where-Object Unit -NE 'Switch' | Sort-Object Percent -Descending | Select-Object -First 1
[pscustomobject] @{
    Segments    = $stats.Count
    Bytes       = ($stats | Measure-Object Allocated -Sum).Sum
    Unknown     = @($stats | Where-Object Verdict -EQ 'Unknown').Count
    Orphans     = $orphans.Count
    OrphanBytes = ($orphans | Measure-Object Allocated -Sum).Sum
    Fullest     = if ($fullest) { "$($fullest.Name) $($fullest.Percent) %" }
}
'@

# An ssh that ends at once takes PowerShell with it (its transport writes to the broken pipe), so ssh is asked first
# whether the host has the subsystem.
$ssh = @('-o', 'BatchMode=yes', '-o', "ConnectTimeout=$ConnectTimeoutSec")
if ($Port) { $ssh += '-p', $Port }
if ($UserName) { $ssh += '-l', $UserName }
if ($KeyFilePath) { $ssh += '-i', $KeyFilePath }
foreach ($name in $Options.Keys) { $ssh += '-o', "$name=$($Options[$name])" }

# Over SSH Invoke-Command has no -ThrottleLimit: one call a host, so many at a time.
$answers = $HostName | ForEach-Object -ThrottleLimit $ThrottleLimit -Parallel {
    $connection = $using:connection
    $ssh = $using:ssh
    $answer = $null
    # What Invoke-Command takes for host and port, ssh takes as an address only.
    $address = if ($_ -match '^[^:]+:\d+$|\]:\d+$') { "ssh://$_" } else { $_ }
    $problem = '' | ssh @ssh -s $address powershell 2>&1 | Where-Object { $_ -is [Management.Automation.ErrorRecord] } |
        Select-Object -Last 1
    # 255 is ssh's own; whatever else is the subsystem's, which was told nothing.
    if ($LASTEXITCODE -ne 255 -and "$problem" -notmatch 'subsystem') {
        $problem = $null
        try {
            $code = [scriptblock]::Create($using:ask)
            $given = $using:Module, $using:OlderThan, $using:AsMetric
            $answer = Invoke-Command -HostName $_ @connection -ScriptBlock $code -ArgumentList $given
        }
        catch { $problem = $_ }
    }
    elseif (-not $problem) { $problem = 'ssh cannot connect.' }
    [pscustomobject] @{ Host = $_; Answer = $answer; Problem = "$problem" }
}

# What another host says must not act on this terminal.
function Get-Shown([string] $Text) { ($Text -replace '[\p{C}\s]+', ' ').Trim() }

if ($AsMetric) {
    # Each object says which host it came from.
    $answers.Answer | Where-Object { $_ } | ConvertTo-ShmMetric
    $answers | Where-Object Problem | ForEach-Object { Write-Warning "$($_.Host): $(Get-Shown $_.Problem)" }
    return
}

$answers | Sort-Object { [array]::IndexOf($HostName, $_.Host) } | ForEach-Object {
    [pscustomobject] @{
        Host        = $_.Host
        Reachable   = $null -ne $_.Answer
        Segments    = $_.Answer.Segments
        Bytes       = $_.Answer.Bytes
        Unknown     = $_.Answer.Unknown
        Orphans     = $_.Answer.Orphans
        OrphanBytes = $_.Answer.OrphanBytes
        Fullest     = if ($_.Answer) { Get-Shown $_.Answer.Fullest }
        Problem     = if ($_.Problem) { Get-Shown $_.Problem }
    }
}
