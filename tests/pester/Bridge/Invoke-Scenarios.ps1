<#
.SYNOPSIS
Runs scenario files with Pester and writes the outcome of each test as JSON. One worker of `dotnet test`.

.DESCRIPTION
Several workers share one list: a worker claims a file by making FILE.claimed in the results folder, and writes
FILE.json there when the file has run. A claim without a result is a worker that crashed.
#>
param(
    [Parameter(Mandatory)] [string] $Pester,
    [Parameter(Mandatory)] [string] $Results,
    [Parameter(Mandatory)] [string[]] $Path
)

$ErrorActionPreference = 'Stop'
Import-Module $Pester
. "$PSScriptRoot/LeftBehind.ps1"

function Get-Outcome($Name, $Result, $Message) { @{ name = $Name; result = "$Result"; message = "$Message" } }

function Get-ErrorText($Records) {
    # The error and the line of the scenario, as a reader of the report needs them.
    ($Records |
        ForEach-Object { "$($_.DisplayErrorMessage ?? $_)`n$($_.DisplayStackTrace ?? $_.ScriptStackTrace)" }) -join "`n"
}

function Invoke-Scenario($File) {
    $settings = New-PesterConfiguration
    $settings.Run.Path = $File
    $settings.Run.PassThru = $true
    $settings.Output.Verbosity = 'None'
    # As at a prompt: scenarios see the default, not what this script has for itself.
    $run = & { $ErrorActionPreference = 'Continue'; Invoke-Pester -Configuration $settings }

    foreach ($test in $run.Tests | Where-Object Result -NE 'NotRun') {
        $reason = if ($test.Result -eq 'Skipped') { "$($test.ErrorRecord)" } else { Get-ErrorText $test.ErrorRecord }
        Get-Outcome $test.ExpandedPath $test.Result $reason
    }
    foreach ($block in $run.FailedBlocks) {
        Get-Outcome "$($block.ExpandedPath) (block)" Failed (Get-ErrorText $block.ErrorRecord)
    }
    foreach ($container in $run.FailedContainers) {
        Get-Outcome 'the file' Failed (Get-ErrorText $container.ErrorRecord)
    }
    if (-not $run.Tests) { Get-Outcome 'the file' Failed 'It has no tests.' }
}

# Apart from the run, and after another one: Pester keeps the variables of the scenarios that it ran last.
function Get-LeftBehind($Before) {
    $null = Invoke-Pester -Container (New-PesterContainer -ScriptBlock {
        Describe 'Nothing' { It 'is kept' { } }
    }) -Output None -PassThru
    $Error.Clear()
    $left = Wait-LeftBehind $Before
    Get-Outcome 'leaves nothing behind' $(if ($left) { 'Failed' } else { 'Passed' }) ($left -join "`n")
}

foreach ($file in $Path) {
    $result = Join-Path $Results (Split-Path $file -Leaf)
    try { [IO.File]::Open("$result.claimed", 'CreateNew').Dispose() }
    catch [IO.IOException] { continue }
    $watch = [Diagnostics.Stopwatch]::StartNew()
    $before = Get-SharedMemory
    $outcomes = @(Invoke-Scenario $file)
    $outcomes += Get-LeftBehind $before
    @{ seconds = $watch.Elapsed.TotalSeconds; outcomes = $outcomes } | ConvertTo-Json -Depth 4 |
        Set-Content "$result.partial"
    Move-Item "$result.partial" "$result.json"
}
