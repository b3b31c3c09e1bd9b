# The sessions of the README, typed as they stand there: what they print must be what the page shows.

BeforeDiscovery {
    $text = Get-Content "$PSScriptRoot/../../README.md" -Raw
    $blocks = [regex]::Matches($text, '(?ms)^```powershell\r?\n(PS> .*?)^```') |
        ForEach-Object { @{ Block = $_.Groups[1].Value; First = ($_.Groups[1].Value -split "`n")[0] } }
    # What a host shows differs from host to host: those are looked at for their shape by the help tests of their
    # cmdlets.
    $exact = $blocks | Where-Object { $_.Block -match 'New-ShmType|New-ShmQueue' }
    $noCompiler = -not (Get-Command gcc -ErrorAction Ignore)
}

BeforeAll {
    Import-Module "$PSScriptRoot/../../out/PSSharedMemory"
    $folder = New-Item (Join-Path ([IO.Path]::GetTempPath()) "pst-readme-$PID") -ItemType Directory
    $source =
        [regex]::Match((Get-Content "$PSScriptRoot/../../README.md" -Raw), '(?ms)^```c\r?\n(.*?)^```').Groups[1].Value
    Set-Content "$folder/counter.c" $source

    # The commands of a session, each with what it is to print.
    function Get-Turn($Block) {
        foreach ($turn in ($Block -split '(?m)^PS> ' | Where-Object { $_.Trim() })) {
            $command, $output = $turn -split "`n", 2
            @{ Command = $command; Output = @($output -split "`n" | ForEach-Object TrimEnd | Where-Object { $_ }) }
        }
    }
}

AfterAll {
    Get-ShmMapping | Dismount-ShmSegment
    Get-ShmSegment counter, work -ErrorAction Ignore | Remove-ShmSegment
    Remove-Item $folder -Recurse
}

Describe 'The README' {
    It 'has a C program that compiles without a warning' -Tag Compiler -Skip:$noCompiler {
        gcc -Wall -Wextra -Werror -o "$folder/counter" "$folder/counter.c"
        $LASTEXITCODE | Should -Be 0
    }

    It 'has a session that does what it shows: <First>' -ForEach $exact -Skip:$noCompiler {
        Push-Location $folder
        try {
            foreach ($turn in Get-Turn $Block) {
                if ($turn.Command -match '^Wait-ShmValue') {
                    # The second terminal.
                    $second = Start-Process ./counter -PassThru -RedirectStandardOutput "$folder/second.txt"
                }
                $said = . ([scriptblock]::Create($turn.Command)) | Out-String -Width 120 -Stream |
                    ForEach-Object TrimEnd | Where-Object { $_ }
                # Colours are the terminal's.
                @($said -replace '\x1b\[[\d;]*m') | Should -Be $turn.Output -Because $turn.Command
                if ($second) { $second.WaitForExit(); $second = $null }
            }
        }
        finally { Pop-Location }
    }

    It 'has a C# program that does what it says: <_>' -ForEach 'README.md', 'src/PSSharedMemory.Core/README.md' {
        $text = Get-Content "$PSScriptRoot/../../$_" -Raw
        $code = [regex]::Match($text, '(?ms)^```csharp\r?\n(.*?)^```').Groups[1].Value
        $body = $code -replace '(?m)^using PSSharedMemory;'
        $type = "Readme$($_.Length)"
        $core = Convert-Path "$PSScriptRoot/../../out/PSSharedMemory/PSSharedMemory.Core.dll"
        # The library is for .NET 8, this runtime is later.
        Add-Type -IgnoreWarnings -ReferencedAssemblies $core, System.Console, System.Collections -TypeDefinition (
            "using System; using PSSharedMemory; public static class $type { public static void Run() { $body } }"
        ) -WarningAction Ignore
        $console = [Console]::Out
        $said = [System.IO.StringWriter]::new()
        try {
            [Console]::SetOut($said)
            ($type -as [type])::Run()
        }
        finally { [Console]::SetOut($console) }
        $promised = [regex]::Matches($code, '; *// (.*)').ForEach{ $_.Groups[1].Value.Trim() }
        $said.ToString().Trim() -split '\r?\n' | Should -Be $promised
        '/dev/shm/frames', '/dev/shm/orders', '/dev/shm/work' | Should -Not -Exist
    }

    It 'has a row for each cmdlet, which says what its page says' {
        $root = Convert-Path "$PSScriptRoot/../.."
        $rows = (Get-Content "$root/README.md") -match '^\| \[\w+-Shm'
        $wanted = (Get-Command -Module PSSharedMemory).Name | ForEach-Object {
            $page = Get-Content "$root/docs/cmdlets/$_.md" -Raw
            "| [$_](docs/cmdlets/$_.md) | $([regex]::Match($page, '## SYNOPSIS\s+(.*)').Groups[1].Value) |"
        }
        $rows | Sort-Object | Should -Be ($wanted | Sort-Object)
    }

    It 'shows a Pester suite that passes' -Tag Compiler -Skip:$noCompiler {
        $suite = [regex]::Match((Get-Content "$PSScriptRoot/../../README.md" -Raw),
            '(?ms)^```powershell\r?\n(BeforeAll .*?)^```').Groups[1].Value
        Set-Content "$folder/Counter.Tests.ps1" ($suite -replace 'Import-Module PSSharedMemory',
            "Import-Module '$PSScriptRoot/../../out/PSSharedMemory'")
        pwsh -NoProfile -WorkingDirectory $folder -Command '$run = Invoke-Pester ./Counter.Tests.ps1 -Output None -PassThru; "$($run.PassedCount) passed, $($run.FailedCount) failed"; $run.Failed.ErrorRecord' |
            Should -Be '1 passed, 0 failed'
    }
}
