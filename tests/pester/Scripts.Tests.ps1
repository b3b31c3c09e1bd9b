# Every script of the repository, judged by PSScriptAnalyzer: `./build.ps1 -Task Analyze` gets it and runs this file.

BeforeDiscovery {
    $root = Convert-Path "$PSScriptRoot/../.."
    $scripts = Get-ChildItem $root/build.ps1, $root/out/PSSharedMemory/PSSharedMemory.psd1,
        $root/docs, $root/examples, $root/src, $root/tests -Recurse -File -Include *.ps1, *.psm1, *.psd1 |
        Where-Object FullName -NotMatch '/(bin|obj)/' |
        ForEach-Object { @{ Script = [IO.Path]::GetRelativePath($root, $_.FullName) } }
    $noAnalyzer = -not (Get-Module PSScriptAnalyzer -ListAvailable)
    # One test says that it's missing, not one a script.
    if ($noAnalyzer) { $scripts = @(@{ Script = 'the scripts' }) }
}

BeforeAll {
    $root = Convert-Path "$PSScriptRoot/../.."
    # The rules look up each word that may be a command: without programs to look through, in a fifth of the time.
    $path = $env:PATH
    $env:PATH = '/nowhere'
}

AfterAll { $env:PATH = $path }

Describe 'PSScriptAnalyzer' -Tag Analyzer -Skip:$noAnalyzer {
    It 'has nothing to say about <Script>' -ForEach $scripts {
        Invoke-ScriptAnalyzer $root/$Script -Settings $root/PSScriptAnalyzerSettings.psd1 |
            ForEach-Object { "line $($_.Line), $($_.RuleName): $($_.Message)" } | Should -BeNullOrEmpty
    }
}
