#!/usr/bin/env pwsh
<#
.SYNOPSIS
Builds, tests and packs PSSharedMemory.

.DESCRIPTION
`dotnet build` and `dotnet test` do without this script; it is for those who have pwsh, and for what needs PowerShell's
own tools: the real Pester, PSScriptAnalyzer, PlatyPS and PSResourceGet. A tool that is missing is installed from the
gallery for the current user.

.PARAMETER Task
Clean    removes what builds made
Build    builds the module and stages it in out/PSSharedMemory
Test     runs tests/pester with Pester 5.7 or later
Analyze  checks the C# by `dotnet format`, and the scripts by PSScriptAnalyzer where that can be had
Docs     makes docs/maml from docs/cmdlets, and stages it
Package  makes the gallery's package in out
Bench    runs the benchmarks

.EXAMPLE
./build.ps1 -Task Build, Test
#>
#Requires -Version 7.4
[CmdletBinding()]
param(
    [ValidateSet('Clean', 'Build', 'Test', 'Analyze', 'Docs', 'Package', 'Bench')]
    [string[]] $Task = 'Build',

    [ValidateSet('Debug', 'Release')]
    [string] $Configuration = 'Release'
)

$ErrorActionPreference = 'Stop'
$PSNativeCommandUseErrorActionPreference = $true
$root = $PSScriptRoot
$staged = "$root/out/PSSharedMemory"

function Invoke-Clean {
    dotnet clean $root/PSSharedMemory.slnx -c $Configuration -v quiet --nologo
    Remove-Item $root/out -Recurse -Force -ErrorAction Ignore
}

function Invoke-Build {
    dotnet build $root/src/PSSharedMemory -c $Configuration -v quiet --nologo
}

function Invoke-Test {
    Invoke-Build
    Import-Tool Pester 5.7
    # A module cannot be unloaded from a session; a fresh one tests what was just built.
    $run = {
        param($Pester, $Path)
        Import-Module $Pester
        $settings = New-PesterConfiguration
        $settings.Run.Path = $Path
        $settings.Run.Exit = $true
        $settings.Output.Verbosity = 'Normal'
        Invoke-Pester -Configuration $settings
    }
    $manifest = (Get-Module Pester).Path -replace '\.psm1$', '.psd1'
    pwsh -NoProfile -NonInteractive -Command $run -args $manifest, "$root/tests/pester"
}

function Invoke-Analyze {
    Invoke-Build
    dotnet format $root/PSSharedMemory.slnx --verify-no-changes
    try { Import-Tool PSScriptAnalyzer 1.22 }
    catch { Write-Warning "The scripts were not analyzed: $_"; return }
    $settings = "$root/PSScriptAnalyzerSettings.psd1"
    $findings = @(
        # The manifest is complete beside the files that it names.
        Get-Item $root/build.ps1, $staged/PSSharedMemory.psd1 | ForEach-Object { Invoke-ScriptAnalyzer -Path $_ -Settings $settings }
        Get-Item $root/examples, $root/tests -ErrorAction Ignore | ForEach-Object {
            # The runner's refused files are wrong on purpose.
            Get-ChildItem $_ -Recurse -File -Include *.ps1, *.psm1, *.psd1 | Where-Object FullName -NotMatch '/(fixtures|bin|obj)/' |
                ForEach-Object { Invoke-ScriptAnalyzer -Path $_ -Settings $settings }
        }
    )
    $findings | Format-Table Severity, RuleName, ScriptName, Line, Message -Wrap | Out-String -Width 200 | Write-Output
    if ($findings) { throw "PSScriptAnalyzer has $($findings.Count) findings." }
}

function Invoke-Docs {
    Import-Tool Microsoft.PowerShell.PlatyPS 1.0
    $pages = Get-ChildItem $root/docs/cmdlets/*-Shm*.md
    $made = New-Item (Join-Path ([IO.Path]::GetTempPath()) "maml-$([guid]::NewGuid())") -ItemType Directory
    try {
        $null = Import-MarkdownCommandHelp -Path $pages.FullName | Export-MamlCommandHelp -OutputFolder $made -Force
        $null = New-Item $root/docs/maml -ItemType Directory -Force
        Get-ChildItem $made -Recurse -File | Copy-Item -Destination $root/docs/maml -Force
    }
    finally { Remove-Item $made -Recurse -Force }
    Invoke-Build
}

function Invoke-Package {
    Import-Tool Microsoft.PowerShell.PSResourceGet 1.1
    Remove-Item $staged -Recurse -Force -ErrorAction Ignore
    Invoke-Build
    Remove-Item $root/out/PSSharedMemory.*.nupkg -ErrorAction Ignore
    Compress-PSResource -Path $staged -DestinationPath $root/out
    Get-ChildItem $root/out/PSSharedMemory.*.nupkg
}

function Invoke-Bench {
    dotnet run -c Release --project $root/bench
}

# Imports a module of that version or later, installing it for the current user where it is missing.
function Import-Tool([string] $Name, [version] $Version) {
    if (-not (Get-Module $Name -ListAvailable | Where-Object Version -GE $Version)) {
        try {
            if (Get-Command Install-PSResource -ErrorAction Ignore) {
                Install-PSResource $Name -Version "[$Version,)" -Scope CurrentUser -TrustRepository -Quiet
            }
            else {
                Install-Module $Name -MinimumVersion $Version -Scope CurrentUser -Force
            }
        }
        catch { Write-Verbose "$_" }
    }
    if (-not (Get-Module $Name -ListAvailable | Where-Object Version -GE $Version)) {
        throw "This task needs the module $Name $Version or later, which is neither installed nor to be had from the PowerShell Gallery."
    }
    Import-Module $Name -MinimumVersion $Version
}

try { foreach ($name in $Task) { & "Invoke-$name" } }
catch {
    # One sentence, where the engine would draw the script's line.
    [Console]::Error.WriteLine("${name}: $($_.Exception.Message)")
    exit 1
}
