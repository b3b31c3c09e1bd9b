# What tally.c promises, tested from outside: compile it first, gcc -std=gnu17 -o tally tally.c, or have $env:TALLY name
# the program.

BeforeAll {
    if (-not (Get-Module PSSharedMemory)) { Import-Module "$PSScriptRoot/../../out/PSSharedMemory" }
    Register-ShmShouldOperator

    $program = if ($env:TALLY) { $env:TALLY } else { "$PSScriptRoot/tally" }
    $name = "/tally-$PID"
    # The declaration is the program's own: what does not agree is found here, not in production.
    $type = Get-Content -Raw "$PSScriptRoot/tally.c" | New-ShmType -Name tally

    function Start-Tally([string[]] $More) {
        $start = [Diagnostics.ProcessStartInfo]::new($program)
        $start.RedirectStandardInput = $true
        foreach ($argument in @($name) + $More) { if ($argument) { $start.ArgumentList.Add($argument) } }
        $started = [Diagnostics.Process]::Start($start)
        $null =
            Wait-ShmValue (
                Mount-ShmSegment $name -ReadOnly -TimeoutSec 10) -Field magic -As $type -Equal 0x594C4154 -TimeoutSec 10
        Dismount-ShmSegment $name
        $started
    }
}

Describe 'tally' {
    BeforeEach { $tally = Start-Tally }

    AfterEach {
        if (-not $tally.HasExited) { $tally.Kill() }
        $tally.WaitForExit()
        if (Test-Path "/dev/shm$name") { Remove-ShmSegment $name }
    }

    It 'makes one object, of the size of its struct, for its group to read' {
        $name | Should -ExistAsShm
        $name | Should -HaveShmMode 0640
        (Get-ShmSegment $name).Size | Should -Be $type.Size
        $name | Should -HaveShmHolder 1
    }

    It 'counts lines' {
        1..3 | ForEach-Object { $tally.StandardInput.WriteLine("line $_") }
        $tally.StandardInput.Flush()
        $name | Should -HaveShmValue 3 -As $type -Field lines -Within 5
        Read-ShmData $name -As $type -Field state | Should -Be 'ready'
    }

    It 'says when it has failed' {
        $tally.StandardInput.WriteLine('fail')
        $tally.StandardInput.Flush()
        $name | Should -HaveShmValue 'failed' -As $type -Field state -Within 5
    }

    It 'takes its object away when its input ends' {
        $tally.StandardInput.Close()
        $tally.WaitForExit()
        $name | Should -Not -ExistAsShm
    }

    It 'leaves an orphan when it is killed, and nothing else' {
        $tally.Kill()
        $tally.WaitForExit()
        (Find-ShmOrphan -OlderThan 0s).Name | Should -Contain $name
    }
}

Describe 'tally, run to its end' {
    It 'leaks nothing' {
        { (Start-Tally).StandardInput.Close(); Wait-ShmSegment $name -Gone -TimeoutSec 10 } | Should -Not -LeakShm
    }

    It 'leaks its object where it is told to keep it' {
        { $kept = Start-Tally keep; $kept.StandardInput.Close(); $kept.WaitForExit() } | Should -LeakShm
        Remove-ShmSegment $name
    }
}
