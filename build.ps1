#!/usr/bin/env pwsh
<#
.SYNOPSIS
Builds, tests and packs PSSharedMemory.

.DESCRIPTION
`dotnet build` and `dotnet test` do without this script. It is for those who have pwsh; those who don't can type
`dotnet tool exec powershell@7.6.9 -y -- ./build.ps1`. PSScriptAnalyzer and PlatyPS are installed from the gallery for
the current user where a task needs them and they are missing.

.PARAMETER Task
Clean    removes what builds made
Build    builds the module and stages it in out/PSSharedMemory
Tour     builds the module and shows its main job
Test     runs tests/pester, or the files in -Path, with Pester in a pwsh of its own
Analyze  checks the C# by `dotnet format`, and the scripts by PSScriptAnalyzer
Docs     makes a page for each cmdlet that has none, for you to fill in, and docs/maml from the pages; stages it
Package  makes the gallery's package, and the NuGet package of the library, in out
Bench    runs the benchmarks

.PARAMETER Path
The scenario files that -Task Test runs.

.PARAMETER PesterVersion
The version of Pester that -Task Test runs them with. The default stands in Directory.Packages.props.

.EXAMPLE
./build.ps1 -Task Build, Test

.EXAMPLE
./build.ps1 -Task Test -Path tests/pester/Mutex.Tests.ps1 -PesterVersion 5.7.1
#>
#Requires -Version 7.4
[CmdletBinding()]
param(
    [ArgumentCompletions('Clean', 'Build', 'Tour', 'Test', 'Analyze', 'Docs', 'Package', 'Bench')]
    [string[]] $Task = 'Build',

    [string[]] $Path = 'tests/pester',

    [ArgumentCompletions('6.2.0', '5.9.1', '5.7.1')]
    [string] $PesterVersion,

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

# An edit-and-see turn: without the analyzers.
function Invoke-QuickBuild {
    dotnet build $root/src/PSSharedMemory -v quiet --nologo
}

function Invoke-Tour {
    Invoke-QuickBuild
    & $root/examples/tour.ps1
}

function Invoke-Test([string[]] $Path = $Path) {
    # The build of tests/pester brings this version of Pester, and a pwsh to run it in.
    $project = "$root/tests/pester"
    if ($PesterVersion -and $PesterVersion -notmatch '^\d+(\.\d+){1,3}(-\w+)?$') {
        throw "'$PesterVersion' isn't a version of Pester, such as 6.2.0."
    }
    # A restore that finds no such version leaves its lock file empty: it gets one of its own.
    $chosen = if ($PesterVersion) { "-p:PesterVersion=$PesterVersion", '-p:NuGetLockFilePath=obj/chosen.lock.json' }
    # What went wrong is said below.
    $PSNativeCommandUseErrorActionPreference = $false
    $output = dotnet build $project -v quiet --nologo $chosen 2>&1
    if ($LASTEXITCODE) {
        if ($output -match 'NU1101|NU1102|NU1103') {
            throw "Pester $PesterVersion isn't on any of this machine's package feeds."
        }
        if ($output -match 'NU1301') { throw 'The package feed cannot be reached.' }
        throw "The build failed:`n$($output | Select-Object -Unique | Out-String)"
    }
    $placed = dotnet msbuild $project -getProperty:PlacedPowerShell -getProperty:PlacedPester $chosen | ConvertFrom-Json
    # From another shell, `pwsh -File` hands several paths over as one text.
    $files = $Path -split ',' | ForEach-Object {
        $item = if ([IO.Path]::IsPathRooted($_)) { $_ } else { Join-Path $root $_ }
        if (-not (Test-Path $item)) { throw "There is no scenario file '$_'." }
        (Resolve-Path $item).Path
    }
    $with = @{
        PowerShell = "$($placed.Properties.PlacedPowerShell)pwsh"
        Pester     = "$($placed.Properties.PlacedPester)Pester.psd1"
    }
    & $root/tests/pester/Bridge/Invoke-Pester.ps1 @with -Path $files
}

function Invoke-Analyze {
    Invoke-Build
    dotnet format $root/PSSharedMemory.slnx --verify-no-changes
    try { Import-Tool PSScriptAnalyzer 1.22 }
    catch { Write-Warning "The scripts were not analyzed: $_"; return }
    Invoke-Test -Path tests/pester/Scripts.Tests.ps1
}

function Invoke-Docs {
    Import-Tool Microsoft.PowerShell.PlatyPS 1.0
    Invoke-QuickBuild
    (Import-PowerShellDataFile $staged/PSSharedMemory.psd1).CmdletsToExport |
        Where-Object { -not (Test-Path $root/docs/cmdlets/$_.md) } | ForEach-Object { New-Page $_ }
    $pages = Get-ChildItem $root/docs/cmdlets/*-Shm*.md
    $made = New-Item (Join-Path ([IO.Path]::GetTempPath()) "maml-$([guid]::NewGuid())") -ItemType Directory
    try {
        $commands = Import-MarkdownCommandHelp -Path $pages.FullName
        $null = $commands | Export-MamlCommandHelp -OutputFolder $made -Force
        $null = New-Item $root/docs/maml -ItemType Directory -Force
        Get-ChildItem $made -Recurse -File |
            ForEach-Object { Format-Help -From $_.FullName -To $root/docs/maml/$($_.Name) -Commands $commands }
    }
    finally { Remove-Item $made -Recurse -Force }
    Invoke-QuickBuild
}

# The first page of a cmdlet: its sets and parameters, described as most other pages do. The rest stands in {{ }}.
function New-Page([string] $Name) {
    Import-Module $staged
    $said = Get-Content $root/docs/cmdlets/*.md -Raw | ForEach-Object {
        [regex]::Matches($_, '(?s)### (?<name>-\w+)\n\n(?<text>[^#`]+?)\n\n```yaml\n(?<type>Type: \S+)')
    } | Group-Object { "$($_.Groups['name']) $($_.Groups['type'])" } -AsHashTable -AsString
    $folder = New-Item (Join-Path ([IO.Path]::GetTempPath()) "page-$([guid]::NewGuid())") -ItemType Directory
    try {
        $made = New-MarkdownCommandHelp -CommandInfo (Get-Command $Name) -OutputFolder $folder
        $page = (Get-Content $made -Raw) -replace '(?<=## ALIASES\n\n)[^#]+?(?=\n\n##)', 'This cmdlet has no aliases.'
        [regex]::Replace($page, '(?s)### (-\w+)\n\n([^#`]+?)(?=\n\n```yaml\n(Type: \S+))', {
            param($match)
            $name, $text, $type = $match.Groups[1..3].Value
            $others = $said["$name $type"] | Group-Object { $_.Groups['text'].Value } | Sort-Object Count -Descending
            "### $name`n`n$($others ? $others[0].Name : $text)"
        }) | Set-Content $root/docs/cmdlets/$Name.md -NoNewline
    }
    finally { Remove-Item $folder -Recurse -Force }
    Write-Warning "docs/cmdlets/$Name.md is new: fill in what stands in {{ }}, and run this task again."
}

# PlatyPS leaves Markdown in the help file, which Get-Help would show as it is: code and its output become code, and the
# marks of fences, bold and code words go.
function Format-Help([string] $From, [string] $To, [object[]] $Commands) {
    $help = [System.Xml.XmlDocument]::new()
    $help.Load($From)
    foreach ($example in $help.GetElementsByTagName('command:example')) {
        $introduction = $example['maml:introduction']
        $remarks = $example['dev:remarks']
        $shown = @()
        # Output with an empty line comes in several paragraphs, up to the one that ends the fence.
        $fence = $null
        foreach ($paragraph in @($introduction.ChildNodes)) {
            $text = $paragraph.InnerText.Trim([char] 0x80, "`n")
            if ($fence -or ($text -match '^```\w*\n' -and $text -notmatch '\n```$')) {
                $fence = if ($fence) { "$fence`n`n$text" } else { $text }
                if ($text -notmatch '(^|\n)```$') {
                    $null = $introduction.RemoveChild($paragraph)
                    continue
                }
                $text, $fence = $fence, $null
            }
            if ($text -match '(?s)^```\w*\n(.*)\n```$') { $shown += $Matches[1] }
            if ($Matches -or $text -eq '') { $null = $introduction.RemoveChild($paragraph) }
            elseif ($shown) { $null = $remarks.AppendChild($paragraph) }
            $Matches = $null
        }
        # Get-Help puts the code right behind the words that lead to it.
        if ($introduction.LastChild) {
            $introduction.LastChild.InnerText = $introduction.LastChild.InnerText.TrimEnd() + "`n`n"
        }
        $example['dev:code'].InnerText = $shown -join "`n`n"
        # Get-Help puts nothing between two examples.
        $null = $remarks.AppendChild(
            $help.CreateElement('maml', 'para', $help.DocumentElement.GetNamespaceOfPrefix('maml')))
    }
    foreach ($paragraph in $help.GetElementsByTagName('maml:para')) {
        $paragraph.InnerText = $paragraph.InnerText -replace '\*\*(.+?)\*\*', '$1' -replace '`([^`]+)`', '$1'
    }
    foreach (
        $type in @($help.GetElementsByTagName('command:parameterValue')) + @($help.GetElementsByTagName('maml:name'))) {
        $type.InnerText = $type.InnerText -replace '^System\.Nullable`1\[(.*)\]$', '$1'
    }
    # What PlatyPS leaves out: defaults. What it has too much: a page's path is no address for Get-Help -Online.
    foreach ($command in $help.GetElementsByTagName('command:command')) {
        $page = $Commands | Where-Object Title -EQ $command['command:details']['command:name'].InnerText
        foreach ($parameter in $command['command:parameters'].ChildNodes) {
            $default = ($page.Parameters | Where-Object Name -EQ $parameter['maml:name'].InnerText).DefaultValue
            if (-not $default) { continue }
            $element = $help.CreateElement('dev', 'defaultValue', $help.DocumentElement.GetNamespaceOfPrefix('dev'))
            $element.InnerText = $default
            $null = $parameter.AppendChild($element)
        }
    }
    foreach ($address in $help.GetElementsByTagName('maml:uri')) { $address.InnerText = '' }
    $help.Save($To)
}

function Invoke-Package {
    Import-Tool Microsoft.PowerShell.PSResourceGet 1.1
    Remove-Item $staged -Recurse -Force -ErrorAction Ignore
    Invoke-Build
    Remove-Item $root/out/PSSharedMemory*.nupkg, $root/out/PSSharedMemory*.snupkg -ErrorAction Ignore
    Compress-PSResource -Path $staged -DestinationPath $root/out
    dotnet pack $root/src/PSSharedMemory.Core -c $Configuration -v quiet --nologo -o $root/out
    Get-ChildItem $root/out/PSSharedMemory*.nupkg, $root/out/PSSharedMemory*.snupkg
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
        throw "This task needs the module $Name $Version or later: it isn't installed, nor on the PowerShell Gallery."
    }
    Import-Module $Name -MinimumVersion $Version
}

# From another shell, `pwsh -File` hands several tasks over as one text.
try {
    $names = @($Task -split '[, ]+')
    foreach ($name in $names) {
        if (-not (Test-Path function:Invoke-$name)) {
            throw "There's no such task. Get-Help ./build.ps1 -Parameter Task lists them."
        }
    }
    foreach ($name in $names) { & "Invoke-$name" }
}
catch {
    # One sentence, where the engine would draw the script's line.
    [Console]::Error.WriteLine("${name}: $($_.Exception.Message)")
    exit 1
}
