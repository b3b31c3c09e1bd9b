<#
.SYNOPSIS
    Runs a Pester suite and fails if it leaves shared memory behind, even where every test passed.
.DESCRIPTION
    Made for a pipeline: the exit code is the number of failed tests (98 at most), 98 if a file could not be run at all,
    or 99 if all passed and something stayed. What stayed is written as objects, and can be piped to Remove-ShmSegment.
.EXAMPLE
    pwsh -File ./leak-gate.ps1 ./tests
    Runs the suite, as a step of a pipeline does.
.EXAMPLE
    $left = ./leak-gate.ps1 ./tests; $left | Remove-ShmSegment
    Removes what it left.
#>
[CmdletBinding()]
param(
    # The suite: a file or a folder.
    [Parameter(Mandatory, Position = 0)] [string] $Path
)

$ErrorActionPreference = 'Stop'
if (-not (Get-Module PSSharedMemory)) { Import-Module "$PSScriptRoot/../out/PSSharedMemory" }
Import-Module Pester

$result = @{}
$left = @(Measure-ShmLeak {
        $configuration = New-PesterConfiguration
        $configuration.Run.Path = $Path
        $configuration.Run.PassThru = $true
        $configuration.Output.Verbosity = 'None'
        $result.Run = Invoke-Pester -Configuration $configuration
    })

$run = $result.Run
$said = "$($run.PassedCount) passed, $($run.FailedCount) failed, $($left.Count) thing(s) left behind."
Write-Information $said -InformationAction Continue
$left

# More than 255 would come out as another number, and 256 as none. A file with a typing error has no failed test.
exit $(if ($run.FailedCount) { [math]::Min($run.FailedCount, 98) }
    elseif ($run.Result -ne 'Passed') { 98 }
    elseif ($left) { 99 } else { 0 })
