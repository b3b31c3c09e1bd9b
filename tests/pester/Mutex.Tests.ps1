# Mutexes that a C program and a script lock, and the death of their owners.

BeforeDiscovery {
    . "$PSScriptRoot/Peers.ps1"
    $noCompiler = -not (Test-Compiler)
}

BeforeAll {
    Import-Module "$PSScriptRoot/../../out/PSSharedMemory"
    . "$PSScriptRoot/SyncPeers.ps1"
    . "$PSScriptRoot/ChildHost.ps1"
    $name = "/pst-mutex-$PID"
    function Stop-Owner { $peer.Kill(); $peer.WaitForExit() }
}

Describe 'A mutex' {
    BeforeEach { $m = New-ShmSegment $name 8KB -Mount }

    AfterEach {
        Dismount-ShmSegment $m -ErrorAction Ignore
        Remove-Item "/dev/shm$name" -ErrorAction Ignore
    }

    It 'is locked and unlocked, by its place and by its handle' {
        $mutex = New-ShmMutex -Mapping $m -Offset 64
        $mutex.Offset | Should -Be 64
        Lock-ShmMutex -Mapping $m -Offset 64
        $mutex.OwnerThreadId | Should -BeGreaterThan 0
        Unlock-ShmMutex -Mapping $m -Offset 64
        $mutex.OwnerThreadId | Should -BeNullOrEmpty
        $mutex | Lock-ShmMutex
        $mutex | Unlock-ShmMutex
        $mutex.OwnerThreadId | Should -BeNullOrEmpty
    }

    It 'is made in a segment by its name, without a handle' {
        New-ShmMutex -Name $name -Offset 64 | Should -BeNullOrEmpty
        Lock-ShmMutex $m 64
        Unlock-ShmMutex $m 64
    }

    It 'is not made with -WhatIf' {
        New-ShmMutex $m 64 -WhatIf
        { Lock-ShmMutex $m 64 -ErrorAction Stop } | Should -Throw -ErrorId 'InvalidStructure,*'
    }

    It 'is called by its place where -WhatIf mounts it for a moment' {
        $said = Invoke-ChildHost @"
            Lock-ShmMutex '$($m.Segment.Name)' -Offset 64 -WhatIf
            Enter-ShmSemaphore '$($m.Segment.Name)' -Offset 256 -WhatIf
"@
        $said | Should -HaveCount 2
        $said[0] | Should -BeLike "*mutex at offset 64 of $($m.Segment.Name)`"."
        $said[1] | Should -BeLike "*semaphore at offset 256 of $($m.Segment.Name)`"."
    }

    It 'is neither locked, unlocked nor given up with -WhatIf' {
        $mutex = New-ShmMutex $m 64
        Lock-ShmMutex $mutex -WhatIf
        Lock-ShmMutex $mutex { 'ran' } -WhatIf | Should -BeNullOrEmpty
        $mutex.OwnerThreadId | Should -BeNullOrEmpty
        Lock-ShmMutex $mutex
        Unlock-ShmMutex $mutex -WhatIf
        Unlock-ShmMutex $mutex -Abandon -WhatIf
        $mutex.OwnerThreadId | Should -BeGreaterThan 0
        Unlock-ShmMutex $mutex
        Lock-ShmMutex $mutex { 'ran' } | Should -Be 'ran'
    }

    It 'says InvalidStructure where none is' {
        Lock-ShmMutex $m 64 -ErrorVariable failure -ErrorAction SilentlyContinue
        $failure[0].FullyQualifiedErrorId | Should -BeLike 'InvalidStructure,*'
        $failure[0].CategoryInfo.Category | Should -Be 'InvalidData'
        { Unlock-ShmMutex $m 64 -ErrorAction Stop } | Should -Throw -ErrorId 'InvalidStructure,*'
        Write-ShmData $m ([byte[]](1..200)) -Offset 64
        { Lock-ShmMutex $m 64 -ErrorAction Stop } | Should -Throw -ErrorId 'InvalidStructure,*'
    }

    It 'says InvalidOffset and OutOfRange' {
        { New-ShmMutex $m 4 -ErrorAction Stop } | Should -Throw -ErrorId 'InvalidOffset,*'
        { New-ShmMutex $m 8184 -ErrorAction Stop } | Should -Throw -ErrorId 'OutOfRange,*'
    }

    It 'belongs to a thread: another neither locks nor unlocks it' {
        $mutex = New-ShmMutex $m 64
        Lock-ShmMutex $mutex
        $run = Start-Runspace 'param($x) Unlock-ShmMutex $x; Lock-ShmMutex $x -TimeoutSec 0.1' $mutex
        Receive-Runspace $run | Should -BeNullOrEmpty
        $run.Shell.Streams.Error[0].FullyQualifiedErrorId | Should -BeLike 'AccessDenied,*'
        $run.Shell.Streams.Error[1].FullyQualifiedErrorId | Should -BeLike 'WaitTimeout,*'
        $run.Shell.Dispose()
        $mutex.OwnerThreadId | Should -BeGreaterThan 0
        Unlock-ShmMutex $mutex
        { Unlock-ShmMutex $mutex -ErrorAction Stop } | Should -Throw -ErrorId 'AccessDenied,*'
    }

    It 'that this thread holds is not waited for' {
        $mutex = New-ShmMutex $m 64
        Lock-ShmMutex $mutex
        { Lock-ShmMutex $mutex -ErrorAction Stop } | Should -Throw -ErrorId 'NativeCallFailed,*'
        Unlock-ShmMutex $mutex
    }

    It 'keeps its mapping while it is held' {
        $mutex = New-ShmMutex $m 64
        Lock-ShmMutex $mutex
        { Dismount-ShmSegment $m -ErrorAction Stop } | Should -Throw -ErrorId 'SegmentInUse,*'
        $m.IsMounted | Should -BeTrue
        Unlock-ShmMutex $mutex
        Dismount-ShmSegment $m
        $m.IsMounted | Should -BeFalse
    }

    It 'keeps its mapping no longer once its thread has ended, though a later one has its id' -Tag Root -Skip:(
        [Environment]::UserName -ne 'root') {
        # A pid namespace of its own, where the next id can be chosen.
        $said = Invoke-ChildHost -Through unshare, --pid, --fork, --mount-proc -Script @'
            function Start-Thread($script) {
                $space = [runspacefactory]::CreateRunspace(); $space.ThreadOptions = 'UseNewThread'; $space.Open()
                $shell = [powershell]::Create().AddScript($script).AddArgument($mutex)
                $shell.Runspace = $space
                $shell
            }
            $m = New-ShmSegment -Anonymous -Label again -Size 8KB -Mount
            $mutex = New-ShmMutex $m 64
            $tasks = "/proc/$PID/task"
            $owner = Start-Thread '$args[0].Lock(); $args[0].OwnerThreadId'
            $first = $owner.Invoke()[1]
            $owner.Runspace.Dispose()
            while (Test-Path "$tasks/$first") { [Threading.Thread]::Sleep(5) }
            # Two ticks of the clock that starts are counted in.
            [Threading.Thread]::Sleep(20)
            for ($i = 0; $i -lt 100 -and -not (Test-Path "$tasks/$first"); $i++) {
                $later = Start-Thread '[Threading.Thread]::Sleep(60000)'
                [IO.File]::WriteAllText('/proc/sys/kernel/ns_last_pid', "$($first - 1)")
                $null = $later.BeginInvoke()
                [Threading.Thread]::Sleep(20)
            }
            "came again: $(Test-Path "$tasks/$first")"
            Set-ShmProtection $m Read
            Dismount-ShmSegment $m
            "left: $(@(Select-String memfd:again /proc/self/maps).Count)"
            [Environment]::Exit(0)
'@
        $said | Should -Be 'came again: True', 'left: 0'
    }

    It 'that was lost while it was held neither ends the host nor keeps its mapping: <Case>' -ForEach @(
        @{ Case = 'a peer truncates the object'; Do = 'perl -e ''truncate $ARGV[0], 0 or die'' "/dev/shm$name"' }
        @{
            Case = 'a peer truncates it and lets it grow again'
            Do = 'perl -e ''truncate $ARGV[0], 0; truncate $ARGV[0], 8192 or die'' "/dev/shm$name"'
        }
        @{ Case = 'it is filled with zeros'; Do = 'Clear-ShmData $m' }
        @{
            Case = 'another mutex is copied over it'
            Do = 'Copy-ShmData $other $m -Offset 64 -DestinationOffset 64 -Length 40'
        }
        @{
            Case = 'its word says another thread'
            Do = 'perl -e ''open F, "+<", $ARGV[0]; seek F, 64, 0; print F pack "l", 1'' "/dev/shm$name"'
        }
    ) {
        # Its neighbours in the list of the thread would be written to: in a host that may end.
        $said = Invoke-ChildHost @"
            `$name = '/pst-mutex-lost-$PID'
            `$m = New-ShmSegment `$name 8KB -Mount
            `$other = New-ShmSegment -Private 8KB -Mount -Ephemeral
            `$m, `$other | ForEach-Object { `$null = New-ShmMutex `$_ 64; `$null = New-ShmMutex `$_ 256 }
            Lock-ShmMutex `$other 256
            Lock-ShmMutex `$m 64
            $Do
            Lock-ShmMutex `$other 64
            Unlock-ShmMutex `$other 64
            Dismount-ShmSegment `$m -ErrorAction Stop
            Lock-ShmMutex `$other 64
            Unlock-ShmMutex `$other 256
            Unlock-ShmMutex `$other 64
            "`$(`$m.IsMounted)"
            Remove-ShmSegment `$name
"@
        $said | Should -Be 'False'
        $LASTEXITCODE | Should -Be 0
    }

    It 'that was lost does not keep the kernel from the others when their owner is killed: <Zeroed>' -ForEach @(
        @{ Zeroed = '128'; Said = 'OwnerDied InvalidStructure OwnerDied OwnerDied' }
        @{ Zeroed = '64 256'; Said = 'InvalidStructure OwnerDied InvalidStructure OwnerDied' }
    ) {
        64, 256 | ForEach-Object { $null = New-ShmMutex $m $_ -PriorityInherit }
        128, 512 | ForEach-Object { $null = New-ShmMutex $m $_ }
        $null = Invoke-ChildHost @"
            `$m = Mount-ShmSegment '$name'
            64, 128, 256 | ForEach-Object { Lock-ShmMutex `$m `$_ }
            perl -e 'open F, "+<", shift; for (@ARGV) { seek F, `$_, 0; print F "\0" x 40 }' '/dev/shm$name' $Zeroed
            Lock-ShmMutex `$m 512
            kill -KILL `$PID
"@
        $LASTEXITCODE | Should -Be 137
        $heard = foreach ($offset in 64, 128, 256, 512) {
            Lock-ShmMutex $m $offset -TimeoutSec 5 -ErrorAction SilentlyContinue -ErrorVariable failed
            "$(@($failed)[0].FullyQualifiedErrorId)".Split(',')[0]
            Unlock-ShmMutex $m $offset -ErrorAction SilentlyContinue
        }
        $heard -join ' ' | Should -Be $Said
    }

    It 'whose links somebody wrote over is unlocked all the same' {
        $said = Invoke-ChildHost @'
            $m = New-ShmSegment "/pst-mutex-links-$PID" 8KB -Mount
            64, 128, 256 | ForEach-Object { $null = New-ShmMutex $m $_; Lock-ShmMutex $m $_ }
            perl -e 'open F, "+<", $ARGV[0]; seek F, 128 + 24, 0; print F pack "qq", 0x123456789000, -8' "/dev/shm$($m.Segment.Name)"
            Unlock-ShmMutex $m 128
            Lock-ShmMutex $m 128 -TimeoutSec 0
            256, 64, 128 | ForEach-Object { Unlock-ShmMutex $m $_ }
            ([Linq.Enumerable]::ToArray($m.Reader.ReadArray[long](152, 2))) -join ' '
            Dismount-ShmSegment $m
            "$($m.IsMounted)"
            $m.Segment | Remove-ShmSegment
'@
        $said | Should -Be '0 0', 'False'
    }

    It 'runs a script block, streams its output and unlocks' {
        $mutex = New-ShmMutex $m 64
        $held = Lock-ShmMutex $mutex -ScriptBlock { $mutex.OwnerThreadId; 'out' }
        $held[0] | Should -BeGreaterThan 0
        $held[1] | Should -Be 'out'
        $mutex.OwnerThreadId | Should -BeNullOrEmpty
        $seen = Lock-ShmMutex $m 64 { 1..1000 } | ForEach-Object { $mutex.OwnerThreadId; if ($_ -eq 3) { return } } |
            Where-Object { $_ }
        @($seen).Count | Should -Be 1000
    }

    It 'is locked by the name of its segment, and unlocked by it' {
        $null = New-ShmMutex $m
        Lock-ShmMutex $name { (Get-ShmMutex $name).State } | Should -Be 'Locked'
        Lock-ShmMutex $m { (Get-ShmMutex $m).OwnerProcessId } | Should -Be $PID
        Lock-ShmMutex $name
        (Get-ShmMutex $m).OwnerProcessId | Should -Be $PID
        Unlock-ShmMutex $name
        (Get-ShmMutex $m).State | Should -Be 'Unlocked'
    }

    It 'unlocks through errors' {
        $mutex = New-ShmMutex $m 64
        { Lock-ShmMutex $mutex { throw 'out of it' } } | Should -Throw 'out of it'
        $mutex.OwnerThreadId | Should -BeNullOrEmpty
        Lock-ShmMutex $mutex { Get-ShmSegment -Id -1 -ErrorAction SilentlyContinue; 'went on' } | Should -Be 'went on'
        Lock-ShmMutex $mutex { Unlock-ShmMutex $mutex }
        $mutex.OwnerThreadId | Should -BeNullOrEmpty
    }

    It 'unlocks through Ctrl+C' {
        $mutex = New-ShmMutex $m 64
        $run = Start-Runspace 'param($x) Lock-ShmMutex $x { while ($true) { [Threading.Thread]::Sleep(5) } }' $mutex
        Wait-Condition { $mutex.OwnerThreadId }
        $run.Shell.Stop()
        $mutex.OwnerThreadId | Should -BeNullOrEmpty
        $run.Shell.Dispose()
        Lock-ShmMutex $mutex -TimeoutSec 0
        Unlock-ShmMutex $mutex
    }

    It 'is no longer waited for after Ctrl+C' {
        $mutex = New-ShmMutex $m 64
        Lock-ShmMutex $mutex
        Measure-Stop {
            $run = Start-Runspace 'param($x) Lock-ShmMutex $x' $mutex
            $run.Async.AsyncWaitHandle.WaitOne(400) | Should -BeFalse
            $run.Shell
        } | Should -BeLessThan 100
        Unlock-ShmMutex $mutex
    }

    It 'is had in turn by runspaces, none of whose counts is lost' {
        $mutex = New-ShmMutex $m 64
        $runs = 1..3 | ForEach-Object {
            Start-Runspace 'param($x) 1..100 | ForEach-Object { Lock-ShmMutex $x { $x.Mapping.Writer.WriteInt32(0, $x.Mapping.Reader.ReadInt32(0) + 1) } }' $mutex
        }
        foreach ($run in $runs) {
            $null = Receive-Runspace $run
            $run.Shell.Streams.Error.Count | Should -Be 0
            $run.Shell.Dispose()
        }
        $m.Reader.ReadInt32(0) | Should -Be 300
    }
}

Describe 'A mutex shared with a C program' -Tag Compiler {
    BeforeEach {
        $m = New-ShmSegment $name 8KB -Mount
        $peer = Start-SyncPeer $name
    }

    AfterEach {
        if (-not $peer.HasExited) { Stop-Owner }
        $peer.Dispose()
        Dismount-ShmSegment $m -ErrorAction Ignore
        Remove-Item "/dev/shm$name" -ErrorAction Ignore
    }

    It 'made by <Maker> is locked by both' -Skip:$noCompiler -ForEach @(
        @{ Maker = 'New-ShmMutex'; Make = { New-ShmMutex $m 64 } }
        @{ Maker = 'New-ShmMutex -PriorityInherit'; Make = { New-ShmMutex $m 64 -PriorityInherit } }
        @{ Maker = 'C'; Make = { Send-Peer $peer 'mutex-init 64' } }
        @{ Maker = 'C with inheritance'; Make = { Send-Peer $peer 'mutex-init-inherit 64' } }
        @{ Maker = 'C with PTHREAD_MUTEX_NORMAL by name'; Make = { Send-Peer $peer 'mutex-init-normal 64' } }
    ) {
        $null = & $Make
        Lock-ShmMutex $m 64
        Send-Peer $peer 'trylock 64' | Should -Be 'EBUSY'
        Unlock-ShmMutex $m 64
        Send-Peer $peer 'lock 64' | Should -Be '0'
        Lock-ShmMutex $m 64 -TimeoutSec 0.1 -ErrorVariable failure -ErrorAction SilentlyContinue
        $failure[0].FullyQualifiedErrorId | Should -BeLike 'WaitTimeout,*'
        Send-Peer $peer 'unlock 64' | Should -Be '0'
        Lock-ShmMutex $m 64 -TimeoutSec 5
        Unlock-ShmMutex $m 64
    }

    It 'says InvalidStructure for one of one process' -Skip:$noCompiler {
        $null = Send-Peer $peer 'mutex-init-private 64'
        { Lock-ShmMutex $m 64 -ErrorAction Stop } | Should -Throw -ErrorId 'InvalidStructure,*'
        { Get-ShmMutex $m 64 -ErrorAction Stop } | Should -Throw -ErrorId 'InvalidStructure,*'
    }

    It 'that is not robust is locked by both; who waits for it is told who holds it' -Skip:$noCompiler {
        $null = Send-Peer $peer 'mutex-init-stalled 64'
        $id = [int](Send-Peer $peer 'pid')
        Lock-ShmMutex $m 64
        Send-Peer $peer 'trylock 64' | Should -Be 'EBUSY'
        Unlock-ShmMutex $m 64
        Send-Peer $peer 'lock 64' | Should -Be '0'
        $quiet = @{ ErrorAction = 'SilentlyContinue'; WarningAction = 'SilentlyContinue' }
        Lock-ShmMutex $m 64 -TimeoutSec 1.2 -ErrorVariable failure -WarningVariable warned @quiet
        $failure[0].FullyQualifiedErrorId | Should -BeLike 'WaitTimeout,*'
        "$failure" | Should -BeLike "*process $id (*"
        "$warned" | Should -BeLike "*process $id (*"
        Send-Peer $peer 'unlock 64' | Should -Be '0'
        Lock-ShmMutex $m 64 -TimeoutSec 5
        { Unlock-ShmMutex $m 64 -Abandon -ErrorAction Stop } | Should -Throw -ErrorId 'NotSupportedByKind,*'
        Unlock-ShmMutex $m 64
    }

    It 'that is held is never made again, also where it is not robust, until its holder lets go' -Skip:$noCompiler -ForEach @(
        @{ Init = 'mutex-init' }, @{ Init = 'mutex-init-stalled' }, @{ Init = 'mutex-init-inherit' }
    ) {
        $null = Send-Peer $peer "$Init 64"
        $null = Send-Peer $peer 'lock 64'
        $before = [BitConverter]::ToString((Read-ShmData $m -Offset 64 -Count 40))
        { New-ShmMutex $m 64 -ErrorAction Stop } | Should -Throw -ErrorId 'SegmentInUse,*'
        [BitConverter]::ToString((Read-ShmData $m -Offset 64 -Count 40)) | Should -Be $before
        Send-Peer $peer 'unlock 64' | Should -Be '0'
        (New-ShmMutex $m 64).OwnerThreadId | Should -BeNullOrEmpty
    }

    It 'that is <Init> is looked at without a touch' -Skip:$noCompiler -ForEach @(
        @{ Init = 'mutex-init'; Robust = $true; Inherits = $false }
        @{ Init = 'mutex-init-stalled'; Robust = $false; Inherits = $false }
        @{ Init = 'mutex-init-inherit'; Robust = $true; Inherits = $true }
    ) {
        $null = Send-Peer $peer "$Init 64"
        (Get-ShmMutex $m 64).State | Should -Be 'Unlocked'
        $null = Send-Peer $peer 'lock 64'
        $before = [BitConverter]::ToString((Read-ShmData $m -Offset 64 -Count 40))
        $state = Get-ShmMutex -Name $name -Offset 64
        $state.State | Should -Be 'Locked'
        $state.OwnerProcessId | Should -Be $peer.Id
        $state.OwnerThreadId | Should -Be $peer.Id
        $state.OwnerCommand | Should -Match '\S'
        $state.IsOwnerAlive | Should -BeTrue
        $state.IsRobust | Should -Be $Robust
        $state.InheritsPriority | Should -Be $Inherits
        $state.HasWaiters | Should -BeFalse
        [BitConverter]::ToString((Read-ShmData $m -Offset 64 -Count 40)) | Should -Be $before
        Stop-Owner
        $after = Get-ShmMutex $m 64
        if ($Robust) { $after.State | Should -Be 'OwnerDied' }
        else {
            $after.State | Should -Be 'Locked'
            $after.IsOwnerAlive | Should -BeFalse
        }
    }

    It 'whose owner is killed is held by the next, who is told OwnerDied' -Skip:$noCompiler {
        $null = New-ShmMutex $m 64
        $null = Send-Peer $peer 'lock 64'
        Stop-Owner
        Lock-ShmMutex $m 64 -TimeoutSec 5 -ErrorVariable failure -ErrorAction SilentlyContinue
        $failure[0].FullyQualifiedErrorId | Should -BeLike 'OwnerDied,*'
        $failure[0].CategoryInfo.Category | Should -Be 'ResourceUnavailable'
        $witness = Start-SyncPeer $name
        Send-Peer $witness 'trylock 64' | Should -Be 'EBUSY'
        Unlock-ShmMutex $m 64
        Send-Peer $witness 'trylock 64' | Should -Be '0'
        Stop-Peer $witness | Should -Be 0
    }

    It 'is recovered with -Recover, without a record' -Skip:$noCompiler {
        $null = New-ShmMutex $m 64
        $null = Send-Peer $peer 'lock 64'
        Stop-Owner
        Lock-ShmMutex $m 64 -TimeoutSec 5 -Recover -ErrorVariable failure
        $failure.Count | Should -Be 0
        Unlock-ShmMutex $m 64
    }

    It 'runs no script block after its owner died but with -Recover' -Skip:$noCompiler {
        $null = New-ShmMutex $m 64
        $null = Send-Peer $peer 'lock 64'
        Stop-Owner
        foreach ($again in 1, 2) {
            Lock-ShmMutex $m 64 { 'ran' } -ErrorVariable failure -ErrorAction SilentlyContinue | Should -BeNullOrEmpty
            $failure[0].FullyQualifiedErrorId | Should -BeLike 'OwnerDied,*'
        }
        Lock-ShmMutex $m 64 { 'ran' } -Recover | Should -Be 'ran'
        Lock-ShmMutex $m 64 { 'ran' } | Should -Be 'ran'
    }

    It 'is given up for all with -Abandon' -Skip:$noCompiler {
        $null = New-ShmMutex $m 64
        $victim = Start-SyncPeer $name
        $null = Send-Peer $victim 'lock 64'
        $null = Stop-Peer $victim -Kill
        Lock-ShmMutex $m 64 -Recover
        Unlock-ShmMutex $m 64 -Abandon
        Lock-ShmMutex $m 64 -ErrorVariable failure -ErrorAction SilentlyContinue
        $failure[0].FullyQualifiedErrorId | Should -BeLike 'NotRecoverable,*'
        $failure[0].CategoryInfo.Category | Should -Be 'InvalidOperation'
        Send-Peer $peer 'lock 64' | Should -Be 'ENOTRECOVERABLE'
    }

    It 'is told of the death of a script as well' -Skip:$noCompiler {
        $mutex = New-ShmMutex $m 64
        $run = Start-Runspace 'param($x) Lock-ShmMutex $x' $mutex
        $null = Receive-Runspace $run
        $run.Shell.Runspace.Dispose()
        $run.Shell.Dispose()
        Wait-Condition { -not $mutex.OwnerThreadId }
        Send-Peer $peer 'lock 64' | Should -Be 'EOWNERDEAD'
    }
}
