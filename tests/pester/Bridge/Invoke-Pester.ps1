<#
.SYNOPSIS
Runs scenario files with Pester in a fresh pwsh, as `./build.ps1 -Task Test` does. The exit code is Pester's.
#>
param(
    [Parameter(Mandatory)] [string] $PowerShell,
    [Parameter(Mandatory)] [string] $Pester,
    [Parameter(Mandatory)] [string[]] $Path
)

# A module cannot be unloaded from a session: a fresh one tests what was just built.
$run = {
    param($Pester, $Path)
    Import-Module $Pester
    $settings = New-PesterConfiguration
    $settings.Run.Path = $Path
    $settings.Run.Throw = $true
    $settings.Output.Verbosity = 'Normal'
    Invoke-Pester -Configuration $settings
}
$kept = $env:PATH, $env:PSModulePath, $env:DOTNET_ROOT
try {
    # Scenarios start pwsh by its name, and some of them Pester.
    $env:PATH = "$(Split-Path $PowerShell):$env:PATH"
    $env:PSModulePath = "$(Split-Path (Split-Path (Split-Path $Pester))):$env:PSModulePath"
    $env:DOTNET_ROOT ??= Split-Path (Get-Item (Get-Command dotnet -CommandType Application |
        Select-Object -First 1).Source).ResolvedTarget
    & $PowerShell -NoProfile -NonInteractive -Command $run -args $Pester, $Path
}
finally { $env:PATH, $env:PSModulePath, $env:DOTNET_ROOT = $kept }
