# Runs a folder of test files with the real Pester and writes each test's verdict to a file, as JSON.
# Exit code 3: there is no Pester that can run them.
param(
    [Parameter(Mandatory)] [string] $Folder,
    [Parameter(Mandatory)] [string] $OutFile
)
$ErrorActionPreference = 'Stop'
$pester = Get-Module Pester -ListAvailable | Where-Object Version -GE 5.7 | Sort-Object Version | Select-Object -Last 1
if (-not $pester) { exit 3 }
Import-Module $pester

function Get-Verdict($Block, $File) {
    foreach ($item in $Block.Order) {
        if ($item.ItemType -eq 'Test') {
            [pscustomobject]@{ File = $File; Path = $item.ExpandedPath; Verdict = $item.Result }
        }
        else { Get-Verdict $item $File }
    }
}

$configuration = New-PesterConfiguration
$configuration.Run.Path = $Folder
$configuration.Run.PassThru = $true
$configuration.Output.Verbosity = 'None'
$run = Invoke-Pester -Configuration $configuration
$verdicts = foreach ($container in $run.Containers) {
    $file = [IO.Path]::GetRelativePath($Folder, $container.Item)
    if ($container.ErrorRecord -and -not $container.Blocks) {
        [pscustomobject]@{ File = $file; Path = "$($container.ErrorRecord)"; Verdict = 'Failed' }
    }
    foreach ($block in $container.Blocks) {
        if ($block.ItemType -eq 'Test') { throw 'a test outside of any block' }
        Get-Verdict $block $file
    }
}
[IO.File]::WriteAllText($OutFile, (ConvertTo-Json -InputObject @{
            Version = "$($pester.Version)"
            Cases   = @($verdicts)
        } -Depth 3))
