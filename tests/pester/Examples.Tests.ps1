# The scripts that users keep, run as they would run them.

BeforeDiscovery {
    . "$PSScriptRoot/Peers.ps1"
    $noRoot = [Environment]::UserName -ne 'root'
}

BeforeAll {
    Import-Module "$PSScriptRoot/../../out/PSSharedMemory"
    . "$PSScriptRoot/Peers.ps1"
    . "$PSScriptRoot/ChildHost.ps1"
    $examples = [IO.Path]::GetFullPath("$PSScriptRoot/../../examples")
    $base = "pst-example-$PID"
    # What a program left three days ago, and what one holds.
    function New-Left([string] $Name, [long] $Size = 8KB) {
        perl -e 'open F, ">", $ARGV[0] or die; print F "x" x $ARGV[1]' "/dev/shm/$Name" $Size
    }
}

AfterAll { Remove-Item "/dev/shm/$base*" }

Describe 'alert.ps1' -Tag Root -Skip:$noRoot {
    It 'says what is used, who takes it, and what it cannot know, by exit codes' {
        $said = Invoke-ChildHost -Through unshare, -m, bash, -c,
            'mount -t tmpfs -o size=4m none /dev/shm && exec "$@"', bash -Script @"
            function Alert { & '$examples/alert.ps1' @args; "code `$LASTEXITCODE" }
            Alert -Limit '/dev/shm size'
            `$m = New-ShmSegment /cache.0 -Size 3.5MB -Mount
            Alert -Limit '/dev/shm size'
            `$m.Dispose()
            Alert -Limit '/dev/shm size' -Critical 85
            Alert -Limit nowhere
"@
        $said[1, 3, 5, 7] | Should -Be 'code 0', 'code 1', 'code 2', 'code 3' -Because "$said"
        $said[0] | Should -BeExactly 'OK: /dev/shm size 0 %'
        $said[2] | Should -BeLike 'WARNING: /dev/shm size 88 %: /cache.0 3.5 MB by pwsh(*)'
        $said[4] | Should -BeLike 'CRITICAL: /dev/shm size 88 %: /cache.0 3.5 MB unused'
        $said[6] | Should -BeLike 'UNKNOWN: *nowhere*'
    }
}

Describe 'orphan-report.ps1' {
    It 'tells what is left and whose, and keeps a list that can be removed later' {
        New-Left "$base-small"
        New-Left "$base-large" 1MB
        $mine = { $_.Label -like "/$base*" }
        $said = @(
            & "$examples/orphan-report.ps1" -OlderThan 0s -Path "$TestDrive/list.csv" 6> $null | Where-Object $mine)
        $said.Label | Should -Be "/$base-large", "/$base-small"
        $said[0].Why | Should -Not -BeNullOrEmpty
        & "$examples/orphan-report.ps1" -OlderThan 0s 6>&1 | Out-String |
            Should -Match "$([Environment]::UserName): \d+ segment"
        & "$examples/orphan-report.ps1" -OlderThan 1d 6> $null | Where-Object $mine | Should -BeNullOrEmpty
        Test-Path "/dev/shm/$base-large" | Should -BeTrue
        Import-Csv "$TestDrive/list.csv" | Where-Object $mine | Remove-ShmSegment
        Test-Path "/dev/shm/$base-*" | Should -BeFalse
    }
}

Describe 'clean-up.ps1' {
    It 'says with -WhatIf what it then does, logs it, and leaves what is held' {
        New-Left "$base-left"
        $mapping = New-ShmSegment "$base-held" -Size 4KB -Mount
        $before = @(Get-ShmSegment).Count
        & "$examples/clean-up.ps1" -OlderThan 0s -LogPath "$TestDrive/log" -WhatIf | Should -BeNullOrEmpty
        Test-Path "$TestDrive/log" | Should -BeFalse
        @(Get-ShmSegment).Count | Should -Be $before
        # Only what this test has made: others may run beside it.
        Mock Find-ShmOrphan { Get-ShmSegment "/$base*" } -RemoveParameterType OlderThan
        $removed = & "$examples/clean-up.ps1" -OlderThan 0s -LogPath "$TestDrive/log"
        $removed.Name | Should -Contain "/$base-left"
        (Get-Content "$TestDrive/log" | ConvertFrom-Json).removed | Should -Contain "/$base-left"
        Test-Path "/dev/shm/$base-left" | Should -BeFalse
        $mapping.Dispose()
    }

    It 'removes nothing that it cannot log' {
        New-Left "$base-unlogged"
        Mock Find-ShmOrphan { Get-ShmSegment "/$base*" } -RemoveParameterType OlderThan
        { & "$examples/clean-up.ps1" -OlderThan 0s -LogPath "$TestDrive/none/log" } | Should -Throw
        Test-Path "/dev/shm/$base-unlogged" | Should -BeTrue
    }
}

Describe 'growth-watch.ps1' {
    It 'tells what grows, and nothing that does not' {
        $null = New-ShmSegment "$base-still" -Size 64KB
        $mapping = New-ShmSegment "$base-grows" -Size 1MB -Sparse -Mount
        $writer = [powershell]::Create().AddScript(
            'param($m) 1..40 | ForEach-Object { $m.Writer.WriteInt32($_ * 4096, 1); Start-Sleep -Milliseconds 20 }'
        ).AddArgument($mapping)
        $written = $writer.BeginInvoke()
        $said = @(& "$examples/growth-watch.ps1" "/$base*" -Count 2 -IntervalSec 0.3 -Threshold 101)
        $null = $writer.EndInvoke($written)
        $said.Segment.Name | Sort-Object -Unique | Should -Be "/$base-grows"
        $said[-1].Grown | Should -BeGreaterThan 0
        $said[-1].Holders | Should -BeLike "*pwsh($PID)*"
        $mapping.Dispose()
    }
}

Describe 'snapshot-before-restart.ps1' {
    It 'keeps what was there, and tells what a restart changed' {
        $base = "$base-kept"
        New-Left "$base-same"; New-Left "$base-changed"; New-Left "$base-gone"
        $said = & "$examples/snapshot-before-restart.ps1" "/$base*" -Folder $TestDrive -Restart {
            perl -e 'open F, "+<", $ARGV[0]; print F "y"' "/dev/shm/$base-changed"
            Remove-Item "/dev/shm/$base-gone"
            New-Left "$base-new"
        } 6> $null
        $said | ForEach-Object { "$($_.Name) $($_.Change)" } |
            Should -Be "/$base-changed Changed", "/$base-gone Gone", "/$base-new New", "/$base-same Same"
        ($said | Where-Object Change -EQ Gone).Snapshot | Import-ShmSegment
        (Get-FileHash "/dev/shm/$base-gone").Hash |
            Should -Be (Get-FileHash ($said | Where-Object Change -EQ Gone).Snapshot).Hash
    }

    It 'says what is gone of a name without wildcards, too' {
        New-Left "$base-one"
        $said = & "$examples/snapshot-before-restart.ps1" "/$base-one" -Folder "$TestDrive/one" -Restart {
            Remove-Item "/dev/shm/$base-one"
        } 6> $null
        $said.Name, $said.Change | Should -Be "/$base-one", 'Gone'
    }
}

Describe 'leak-gate.ps1' {
    It 'lets a clean suite through, and stops one that leaves something' {
        $suite = "$TestDrive/Suite.Tests.ps1"
        $leave = "[IO.File]::WriteAllText('/dev/shm/$base-gate', 'x')"
        $tidy = "[IO.File]::Delete('/dev/shm/$base-gate')"
        Set-Content $suite "Describe 'suite' { It 'passes' { $leave; $tidy } }"
        $suite2 = "$TestDrive/Leaking.Tests.ps1"
        Set-Content $suite2 "Describe 'suite' { It 'passes' { [IO.File]::WriteAllText('/dev/shm/$base-gate', 'x') } }"
        $broken = "$TestDrive/Broken.Tests.ps1"
        Set-Content $broken "Describe 'suite' { It 'passes' { "
        # In processes of their own, as a pipeline runs them: a suite runs no suite.
        $said = foreach ($path in $suite, $suite2, $broken) {
            pwsh -NoProfile -NonInteractive -File "$examples/leak-gate.ps1" $path
            "code $LASTEXITCODE"
        }
        $said | Where-Object { $_ -like 'code*' } | Should -Be 'code 0', 'code 99', 'code 98' -Because "$said"
        "$said" | Should -Match '1 passed, 0 failed'
        # The table has 80 columns here, and breaks long names.
        ($said -join '' -replace '\s') | Should -BeLike "*Segment*Unknown*/$base-gate*"
    }
}

Describe 'tally' -Tag Compiler -Skip:(-not (Test-Compiler)) {
    It 'passes its own suite' {
        gcc -std=gnu17 -Wall -Wextra -Werror -o "$TestDrive/tally" "$examples/tally/tally.c"
        $LASTEXITCODE | Should -Be 0
        $said = pwsh -NoProfile -NonInteractive -Command "
            `$env:TALLY = '$TestDrive/tally'
            Import-Module '$examples/../out/PSSharedMemory'
            `$run = Invoke-Pester '$examples/tally' -PassThru -Output Detailed
            exit `$run.FailedCount + (`$run.PassedCount -ne 7)" 6>&1
        $LASTEXITCODE | Should -Be 0 -Because ($said -join "`n")
    }
}
