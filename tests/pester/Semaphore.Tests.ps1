# Semaphores that a C program and a script count on, and the named ones of sem_open(3).

BeforeDiscovery {
    . "$PSScriptRoot/Peers.ps1"
    $noCompiler = -not (Test-Compiler)
}

BeforeAll {
    Import-Module "$PSScriptRoot/../../out/PSSharedMemory"
    . "$PSScriptRoot/SyncPeers.ps1"
    $name = "/pst-sem-$PID"
}

Describe 'A semaphore' {
    BeforeEach { $m = New-ShmSegment $name 8KB -Mount }

    AfterEach {
        Dismount-ShmSegment $m -ErrorAction Ignore
        Remove-Item "/dev/shm$name" -ErrorAction Ignore
    }

    It 'is entered as often as its count says, and then no more' {
        $semaphore = New-ShmSemaphore -Mapping $m -Offset 64 -InitialCount 2
        $semaphore.Count | Should -Be 2
        Enter-ShmSemaphore -Mapping $m -Offset 64
        $semaphore | Enter-ShmSemaphore
        $clock = [Diagnostics.Stopwatch]::StartNew()
        Enter-ShmSemaphore $m 64 -TimeoutSec 0.15 -ErrorVariable failure -ErrorAction SilentlyContinue
        $clock.ElapsedMilliseconds | Should -BeGreaterOrEqual 145
        $failure[0].FullyQualifiedErrorId | Should -BeLike 'WaitTimeout,*'
        Exit-ShmSemaphore $m 64
        $semaphore | Exit-ShmSemaphore
        $semaphore.Count | Should -Be 2
    }

    It 'is used by the name of its segment' {
        New-ShmSemaphore -Name $name -Offset 64 -InitialCount 1 | Should -BeNullOrEmpty
        Enter-ShmSemaphore -Name $name -Offset 64 -TimeoutSec 0
        { Enter-ShmSemaphore -Name $name -Offset 64 -TimeoutSec 0 -ErrorAction Stop } |
            Should -Throw -ErrorId 'WaitTimeout,*'
        Get-ShmSegment $name | Exit-ShmSemaphore -Offset 64
        Enter-ShmSemaphore $m 64 -TimeoutSec 0
    }

    It 'says what is wrong' {
        { Enter-ShmSemaphore $m 64 -TimeoutSec 0 -ErrorAction Stop } | Should -Throw -ErrorId 'InvalidStructure,*'
        { Exit-ShmSemaphore $m 64 -ErrorAction Stop } | Should -Throw -ErrorId 'InvalidStructure,*'
        { New-ShmSemaphore $m 4 -ErrorAction Stop } | Should -Throw -ErrorId 'InvalidOffset,*'
        { New-ShmSemaphore $m 8176 -ErrorAction Stop } | Should -Throw -ErrorId 'OutOfRange,*'
        { New-ShmSemaphore $m 64 -InitialCount -1 -ErrorAction Stop } | Should -Throw -ErrorId 'OutOfRange,*'
        $null = New-ShmSemaphore $m 64 ([int]::MaxValue)
        { Exit-ShmSemaphore $m 64 -ErrorAction Stop } | Should -Throw -ErrorId 'LimitReached,*'
    }

    It 'is neither entered nor exited with -WhatIf' {
        $semaphore = New-ShmSemaphore $m 64 1
        Enter-ShmSemaphore $semaphore -WhatIf
        Exit-ShmSemaphore $semaphore -WhatIf
        $semaphore.Count | Should -Be 1
    }

    It 'that is there is made again only with -Force' {
        $semaphore = New-ShmSemaphore $m 64 3
        { New-ShmSemaphore $m 64 1 -ErrorAction Stop } | Should -Throw -ErrorId 'SegmentInUse,*'
        $semaphore.Count | Should -Be 3
        (New-ShmSemaphore $m 64 1 -Force).Count | Should -Be 1
    }

    It 'is looked at without a touch' {
        { Get-ShmSemaphore $m 64 -ErrorAction Stop } | Should -Throw -ErrorId 'InvalidStructure,*'
        { Get-ShmSemaphore $m 4 -ErrorAction Stop } | Should -Throw -ErrorId 'InvalidOffset,*'
        $semaphore = New-ShmSemaphore $m 64
        $run = Start-Runspace 'param($x) Enter-ShmSemaphore $x' $semaphore
        Wait-Condition { (Get-ShmSemaphore $m 64).Waiters -eq 1 }
        (Get-ShmSemaphore -Name $name -Offset 64).Count | Should -Be 0
        Exit-ShmSemaphore $semaphore
        $null = Receive-Runspace $run
        $run.Shell.Dispose()
        ($semaphore | Get-ShmSemaphore).Waiters | Should -Be 0
    }

    It 'is not made with -WhatIf' {
        New-ShmSemaphore $m 64 1 -WhatIf
        { Enter-ShmSemaphore $m 64 -TimeoutSec 0 -ErrorAction Stop } | Should -Throw -ErrorId 'InvalidStructure,*'
    }

    It 'is no longer waited for after Ctrl+C' {
        $semaphore = New-ShmSemaphore $m 64
        Measure-Stop {
            $run = Start-Runspace 'param($x) Enter-ShmSemaphore $x' $semaphore
            $run.Async.AsyncWaitHandle.WaitOne(400) | Should -BeFalse
            $run.Shell
        } | Should -BeLessThan 100
    }

    It 'counts the same count in a C program' -Tag Compiler -Skip:$noCompiler {
        $semaphore = New-ShmSemaphore $m 64 1
        $peer = Start-SyncPeer $name
        Send-Peer $peer 'sem-value 64' | Should -Be 1
        Send-Peer $peer 'sem-wait 64' | Should -Be 0
        Send-Peer $peer 'sem-try 64' | Should -Be 'EAGAIN'
        $run = Start-Runspace 'param($x) Enter-ShmSemaphore $x -TimeoutSec 20; "in"' $semaphore
        $run.Async.AsyncWaitHandle.WaitOne(300) | Should -BeFalse
        Send-Peer $peer 'sem-post 64' | Should -Be 0
        Receive-Runspace $run | Should -Be 'in'
        $run.Shell.Dispose()
        Send-PeerOnly $peer 'sem-wait 64'
        Exit-ShmSemaphore $semaphore
        Receive-Peer $peer | Should -Be 0
        Send-Peer $peer 'sem-init-private 64 1' | Should -Be 0
        { Enter-ShmSemaphore $semaphore -TimeoutSec 0 -ErrorAction Stop } | Should -Throw -ErrorId 'InvalidStructure,*'
        Stop-Peer $peer | Should -Be 0
    }

    It 'made by sem_open is listed as what it is, and used by its name' -Tag Compiler -Skip:$noCompiler {
        $peer = Start-SyncPeer $name "/pst-named-$PID"
        Send-Peer $peer 'sem-open 2' | Should -Be 0
        $named = Get-ShmSegment "/sem.pst-named-$PID"
        $named.Status | Should -Be 'NamedSemaphore'
        (Get-ShmSegment '/sem.pst-named-*').Status | Should -Be 'NamedSemaphore'
        (Get-ShmSegment $name).Status | Should -Be 'None'
        Enter-ShmSemaphore -Name $named.Name -TimeoutSec 0
        $named | Enter-ShmSemaphore -TimeoutSec 0
        { $named | Enter-ShmSemaphore -TimeoutSec 0 -ErrorAction Stop } | Should -Throw -ErrorId 'WaitTimeout,*'
        $named | Exit-ShmSemaphore
        $named | Enter-ShmSemaphore -TimeoutSec 0
        Remove-ShmSegment -Segment $named
        Stop-Peer $peer | Should -Be 0
    }
}
