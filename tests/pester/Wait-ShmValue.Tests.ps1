# Waits, with Perl as a partner that only stores and a C program that wakes.

BeforeDiscovery {
    . "$PSScriptRoot/Peers.ps1"
    $noCompiler = -not (Test-Compiler)
}

BeforeAll {
    Import-Module "$PSScriptRoot/../../out/PSSharedMemory"
    . "$PSScriptRoot/SyncPeers.ps1"
    $name = "/pst-wait-$PID"
}

Describe 'Wait-ShmValue' {
    BeforeEach { $m = New-ShmSegment $name 8KB -Mount }

    AfterEach {
        Dismount-ShmSegment $m -ErrorAction Ignore
        Remove-Item "/dev/shm$name" -ErrorAction Ignore
    }

    It 'returns the value at once where <Condition> <Operand> holds for <Value>' -ForEach @(
        @{ Condition = 'Equal'; Value = 5; Operand = 5 }
        @{ Condition = 'NotEqual'; Value = 5; Operand = 6 }
        @{ Condition = 'GreaterThan'; Value = 5; Operand = 4 }
        @{ Condition = 'LessThan'; Value = -5; Operand = 0 }
        @{ Condition = 'AnyBit'; Value = 6; Operand = 3 }
        @{ Condition = 'ChangedFrom'; Value = 6; Operand = 5 }
    ) {
        Write-ShmData $m $Value -Offset 32 -As Int32
        $arguments = @{ $Condition = $Operand }
        Wait-ShmValue $m 32 @arguments -TimeoutSec 0 | Should -Be $Value
    }

    It 'times out where <Condition> <Operand> does not hold for <Value>' -ForEach @(
        @{ Condition = 'Equal'; Value = 5; Operand = 6 }
        @{ Condition = 'NotEqual'; Value = 5; Operand = 5 }
        @{ Condition = 'GreaterThan'; Value = 5; Operand = 5 }
        @{ Condition = 'LessThan'; Value = 5; Operand = 5 }
        @{ Condition = 'AnyBit'; Value = 6; Operand = 1 }
        @{ Condition = 'ChangedFrom'; Value = 5; Operand = 5 }
    ) {
        Write-ShmData $m $Value -Offset 32 -As Int32
        $arguments = @{ $Condition = $Operand }
        $clock = [Diagnostics.Stopwatch]::StartNew()
        Wait-ShmValue $m 32 @arguments -TimeoutSec 0.15 -ErrorVariable failure -ErrorAction SilentlyContinue |
            Should -BeNullOrEmpty
        $clock.ElapsedMilliseconds | Should -BeGreaterOrEqual 145
        $failure[0].FullyQualifiedErrorId | Should -BeLike 'WaitTimeout,*'
        $failure[0].CategoryInfo.Category | Should -Be 'OperationTimeout'
    }

    It 'sees a plain store of a program that wakes nobody' {
        $run = Start-Runspace 'param($m) Wait-ShmValue $m 8 -As Int64 -GreaterThan 4294967296 -TimeoutSec 20' $m
        $run.Async.AsyncWaitHandle.WaitOne(100) | Should -BeFalse
        perl -e 'open F, "+</dev/shm$ARGV[0]"; seek F, 8, 0; syswrite F, pack("q", 4294967297)' $name
        Receive-Runspace $run | Should -Be 4294967297
        $run.Shell.Dispose()
    }

    It 'compares without a sign where the type has none' {
        Write-ShmData $m ([uint32]::MaxValue) -Offset 0 -As UInt32
        Wait-ShmValue $m 0 -As UInt32 -GreaterThan 5 -TimeoutSec 0 | Should -Be ([uint32]::MaxValue)
        { Wait-ShmValue $m 0 -GreaterThan 5 -TimeoutSec 0 -ErrorAction Stop } | Should -Throw -ErrorId 'WaitTimeout*'
    }

    It 'works by name and by pipeline' {
        Wait-ShmValue -Name $name -Offset 4 -Equal 0 -TimeoutSec 0 | Should -Be 0
        Get-ShmSegment $name | Wait-ShmValue -Offset 4 -Equal 0 -TimeoutSec 0 | Should -Be 0
        $m | Wait-ShmValue -Offset 4 -Equal 0 -TimeoutSec 0 | Should -Be 0
    }

    It 'says <Id> for <What>' -ForEach @(
        @{ What = 'an unaligned offset'; Id = 'InvalidOffset'; Arguments = @{ Offset = 1; Equal = 1 } }
        @{ What = 'an offset beyond the end'; Id = 'OutOfRange'; Arguments = @{ Offset = 8190; Equal = 1 } }
        @{ What = 'a value that does not fit'; Id = 'OutOfRange'; Arguments = @{ Equal = 3000000000 } }
    ) {
        { Wait-ShmValue $m @Arguments -ErrorAction Stop } | Should -Throw -ErrorId "$Id,*"
    }

    It 'refuses two conditions and none' {
        { Wait-ShmValue $m -Equal 1 -LessThan 1 } | Should -Throw -ErrorId 'AmbiguousParameterSet*'
        { Wait-ShmValue $m -Equal $null } | Should -Throw -ErrorId 'ParameterArgumentValidationError*'
        { Wait-ShmValue $m } | Should -Throw -ErrorId 'AmbiguousParameterSet*'
    }

    It 'ends within 100 ms of Ctrl+C' {
        Measure-Stop {
            $run = Start-Runspace 'param($m) Wait-ShmValue $m 0 -Equal 1' $m
            $run.Async.AsyncWaitHandle.WaitOne(400) | Should -BeFalse
            $run.Shell
        } | Should -BeLessThan 100
    }

    It 'is ended by a dismount, which need not wait for it' {
        $run = Start-Runspace 'param($m) Wait-ShmValue $m 0 -Equal 1' $m
        $run.Async.AsyncWaitHandle.WaitOne(400) | Should -BeFalse
        $clock = [Diagnostics.Stopwatch]::StartNew()
        Dismount-ShmSegment $m
        # Without it, the wait would never end; a busy host delays any thread.
        $clock.Elapsed.TotalSeconds | Should -BeLessThan 10
        Receive-Runspace $run | Should -BeNullOrEmpty
        $run.Shell.Streams.Error[0].FullyQualifiedErrorId | Should -BeLike 'MappingDismounted,*'
        $run.Shell.Dispose()
    }

    It 'is ended by a peer that truncates the object' {
        $run = Start-Runspace 'param($m) Wait-ShmValue $m 4096 -Equal 1' $m
        $run.Async.AsyncWaitHandle.WaitOne(400) | Should -BeFalse
        perl -e 'truncate "/dev/shm$ARGV[0]", 4096' $name
        Receive-Runspace $run | Should -BeNullOrEmpty
        $run.Shell.Streams.Error[0].FullyQualifiedErrorId | Should -BeLike 'SegmentTruncated,*'
        $run.Shell.Dispose()
    }

    It 'is woken at once by a C program' -Tag Compiler -Skip:$noCompiler {
        $peer = Start-SyncPeer $name
        $run = Start-Runspace 'param($m) Wait-ShmValue $m 16 -Equal 3 -TimeoutSec 20' $m
        $run.Async.AsyncWaitHandle.WaitOne(400) | Should -BeFalse
        $null = Send-Peer $peer 'wake 16 3'
        Receive-Runspace $run | Should -Be 3
        $run.Shell.Dispose()
        Stop-Peer $peer | Should -Be 0
    }
}
