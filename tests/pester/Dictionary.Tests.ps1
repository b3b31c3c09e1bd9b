# A dictionary in shared memory, used as any other.

BeforeDiscovery {
    . "$PSScriptRoot/Peers.ps1"
    $noCompiler = -not (Test-Compiler)
}

BeforeAll {
    Import-Module "$PSScriptRoot/../../out/PSSharedMemory"
    . "$PSScriptRoot/SyncPeers.ps1"
    $module = (Get-Module PSSharedMemory).Path -replace 'dll$', 'psd1'
    $name = "/pst-dictionary-$PID"
}

Describe 'A dictionary' {
    BeforeEach { $d = New-ShmDictionary $name -Capacity 64KB }

    AfterEach {
        $d.Dispose()
        Remove-Item "/dev/shm$name" -ErrorAction Ignore
    }

    It 'is listed, by a pattern and without a name, and what is none is passed over' {
        $file = "/dev/shm$name-file"
        $queue = New-ShmQueue "$name-queue" -Capacity 64KB
        $second = New-ShmDictionary "$name-second" -Capacity 64KB
        try {
            [IO.File]::WriteAllBytes($file, [byte[]]::new(100000))
            $second['here'] = 7
            $found = @(Get-ShmDictionary "$name*" -ErrorAction Stop)
            $found.Segment.Name | Sort-Object | Should -Be $name, "$name-second"
            $found.Where{ $_.Contains('here') }.here | Should -Be 7
            @(Get-ShmDictionary -ErrorAction Stop).Segment.Name | Should -Contain "$name-second"
            Get-ShmDictionary "$name-none*" -ErrorAction Stop | Should -BeNullOrEmpty
            Get-ShmDictionary @() | Should -BeNullOrEmpty
            { Get-ShmDictionary "$name-file" -ErrorAction Stop } | Should -Throw -ErrorId 'InvalidStructure,*'
            { [pscustomobject]@{ Name = $null } | Get-ShmDictionary -ErrorAction Stop } |
                Should -Throw -ErrorId 'InvalidName,*'
        }
        finally {
            @($found) + $second, $queue | ForEach-Object { if ($_) { $_.Dispose() } }
            Remove-Item $file, "/dev/shm$name-queue", "/dev/shm$name-second" -ErrorAction Ignore
        }
    }

    It 'is used as any other' {
        $d['jobs'] = 7
        $d.jobs | Should -Be 7
        $d.state = 'running'
        $d[5] = [datetime] '2024-02-29'
        $d.Count | Should -Be 3
        $d.ContainsKey('jobs') | Should -BeTrue
        $d.ContainsKey('Jobs') | Should -BeFalse
        $d.missing | Should -BeNullOrEmpty
        $d.Keys | Sort-Object { "$_" } | Should -Be @(5L, 'jobs', 'state')
        $seen = foreach ($pair in $d.GetEnumerator()) { "$($pair.Key)=$($pair.Value)" }
        $seen | Should -Contain 'jobs=7'
        $d.Remove('jobs') | Should -BeTrue
        $d.Remove('jobs') | Should -BeFalse
        $d.jobs = 8
        $d.jobs | Should -Be 8
        $d.Clear()
        $d.Count | Should -Be 0
    }

    It 'is the same for others' {
        $d.list = 1, 2, 3
        $d.thing = [pscustomobject] @{ a = 1; b = 'two' }
        $other = Get-ShmDictionary $name
        $other.list | Should -Be @(1, 2, 3)
        $other.thing.b | Should -Be 'two'
        $other.TryAdd('thing', 1) | Should -BeFalse
        $other.TryAdd('new', $null) | Should -BeTrue
        $d.ContainsKey('new') | Should -BeTrue
        { $d.Add('new', 2) } | Should -Throw
        $other.Dispose()
        pwsh -NoProfile -Command "Import-Module $module; (Get-ShmDictionary $name).thing.a" | Should -Be 1
    }

    It 'loses no update of several shells' {
        $d.n = 0
        $work = { param($module, $name)
            Import-Module $module
            $d = Get-ShmDictionary $name
            1..300 | ForEach-Object { $null = $d.Update('n', { $_ + 1 }) }
        }
        $jobs = 1..3 | ForEach-Object { Start-ThreadJob $work -ArgumentList $module, $name }
        $null = $jobs | Wait-Job -Timeout 60
        $jobs | Receive-Job -ErrorAction Stop
        $jobs | Remove-Job
        $d.n | Should -Be 900
        $d.Update('fresh', { $null -eq $_ }) | Should -BeTrue
    }

    It 'takes back the space of what was replaced, and says when it is full' {
        1..5000 | ForEach-Object { $d.n = $_; $d["k$($_ % 7)"] = 'x' * ($_ % 50) }
        $d.n | Should -Be 5000
        $d.Count | Should -Be 8
        { $d.large = [byte[]]::new(64KB) } | Should -Throw
        $d.n | Should -Be 5000
        $d.Remove('n')
        $d.large = [byte[]]::new(60KB)
        $d.large.Length | Should -Be 60KB
        { $d.more = [byte[]]::new(30KB) } | Should -Throw
        $d.large.Length | Should -Be 60KB
    }

    It 'lets others wait for a key' {
        { Wait-ShmDictionaryKey $d none -TimeoutSec 0.1 -ErrorAction Stop } | Should -Throw -ErrorId 'WaitTimeout,*'
        $d.phase = 1
        Wait-ShmDictionaryKey $name phase | Should -Be 1
        $job = Start-ThreadJob {
            Import-Module $using:module
            Wait-ShmDictionaryKey $using:name phase { $_ -ge 3 } -TimeoutSec 30
        }
        $d.phase = 2
        $d.phase = 3
        $job | Receive-Job -Wait -AutoRemoveJob | Should -Be 3
        $null = $d.Remove('phase')
        Wait-ShmDictionaryKey $d phase -Gone -TimeoutSec 5 | Should -BeNullOrEmpty
    }

    It 'waits for a writer that was stopped as long as it is told to, and until Ctrl+C' {
        $d.n = 1
        $mapping = Mount-ShmSegment $name
        $holder = Start-Runspace {
            param($mapping, $state)
            $null = Lock-ShmMutex $mapping 64
            $state.IsHeld = $true
            while (-not $state.IsOver) { [Threading.Thread]::Sleep(5) }
            Unlock-ShmMutex $mapping 64
        } -ArgumentList $mapping, ($state = [hashtable]::Synchronized(@{}))
        try {
            Wait-Condition { $state.IsHeld }
            # Readers are kept by nobody.
            $d.n | Should -Be 1
            $d.WriteLock.ProcessId | Should -Be $PID
            $short = Get-ShmDictionary $name -TimeoutSec 0.2
            $failure = { $short.n = 2 } | Should -Throw -PassThru
            $failure.Exception.GetBaseException().ErrorId | Should -Be 'WaitTimeout'
            $failure = { $short.Update('n', { 2 }) } | Should -Throw -PassThru
            $failure.Exception.GetBaseException().ErrorId | Should -Be 'WaitTimeout'
            $short.Dispose()

            foreach ($change in { $d.n = 2 }, { $d.Remove('n') }, { $d.TryAdd('m', 1) }, { $d.Update('n', { 3 }) },
                { $d.Clear() }) {
                $steps = "param(`$d, `$state) `$state.HasBegun = `$true; $change; `$state.WentOn = `$true"
                Measure-Stop {
                    $state.HasBegun = $false
                    $run = Start-Runspace $steps -ArgumentList $d, $state
                    Wait-Condition { $state.HasBegun }
                    $null = $run.Async.AsyncWaitHandle.WaitOne(120)
                    $run.Async.IsCompleted | Should -BeFalse
                    $run.Shell
                } | Should -BeLessThan 100 -Because "$change"
                $state.WentOn | Should -BeNullOrEmpty
            }
        }
        finally {
            $state.IsOver = $true
            $null = Receive-Runspace $holder
            $mapping.Dispose()
        }
        $d.n | Should -Be 1
        $d.Count | Should -Be 1
    }

    It 'ends the wait for a key with Ctrl+C, and when the memory is taken away' {
        Measure-Stop {
            $run = Start-Runspace 'param($d) Wait-ShmDictionaryKey $d none' -ArgumentList $d
            $null = $run.Async.AsyncWaitHandle.WaitOne(200)
            $run.Async.IsCompleted | Should -BeFalse
            $run.Shell
        } | Should -BeLessThan 100
        $run = Start-Runspace 'param($d) Wait-ShmDictionaryKey $d none' -ArgumentList $d
        truncate -s 4096 "/dev/shm$name"
        $null = Receive-Runspace $run
        $run.Shell.Streams.Error[0].FullyQualifiedErrorId | Should -BeLike 'SegmentTruncated,*'
        (Should -Throw -PassThru -ActualValue { $d.n = [byte[]]::new(9000) }).Exception.GetBaseException().ErrorId |
            Should -Be 'SegmentTruncated'
    }

    It 'speaks with C' -Tag Compiler -Skip:$noCompiler {
        $peer = Start-CollectionPeer dictionary-peer.c $name
        try {
            $d.greeting = "grüße von pwsh"
            Send-Peer $peer 'find greeting' | Should -BeExactly 'grüße von pwsh'
            Send-Peer $peer 'set greeting von C' | Should -BeNullOrEmpty
            $d.greeting | Should -BeExactly 'von C'
            { Send-Peer $peer 'find Greeting' } | Should -Throw '-2'
            $d.jobs = 7L
            Send-Peer $peer 'number jobs' | Should -Be '3 7'
            $null = Send-Peer $peer 'add jobs 35'
            $d.jobs | Should -BeOfType long
            $d.Update('jobs', { $_ + 1 }) | Should -Be 43
            $d[5] = 'five'
            Send-Peer $peer 'findnumber 5' | Should -Be 'five'
            $null = Send-Peer $peer 'bytes blob 300'
            , $d.blob | Should -BeOfType byte[]
            $d.blob | Should -Be (0..299 | ForEach-Object { $_ % 255 + 1 })
            $d.thing = @{ a = 1 }
            { Send-Peer $peer 'find thing' } | Should -Throw '-22'
            $null = Send-Peer $peer 'remove jobs'
            $d.ContainsKey('jobs') | Should -BeFalse
            { Send-Peer $peer 'remove jobs' } | Should -Throw '-2'
            $null = $d.Remove('greeting')
            { Send-Peer $peer 'find greeting' } | Should -Throw '-2'
            $waiting = Start-Runspace 'param($d) Wait-ShmDictionaryKey $d done -TimeoutSec 20' -ArgumentList $d
            $null = Send-Peer $peer 'set done yes'
            Receive-Runspace $waiting | Should -Be 'yes'
        }
        finally { $null = Stop-Peer $peer -Kill }
    }

    It 'is compacted by C as by pwsh, and neither reads half a value meanwhile' -Tag Compiler -Skip:$noCompiler {
        $peer = Start-CollectionPeer dictionary-peer.c $name
        try {
            $d.kept = 'kept'
            1..400 | ForEach-Object { $null = Send-Peer $peer "set n$($_ % 5) $('x' * 500)$_" }
            $d.n0 | Should -BeExactly "$('x' * 500)400"
            $d.kept | Should -Be 'kept'
            $d.Count | Should -Be 6
            $d.v = [byte[]]::new(20KB)
            $peer.StandardInput.WriteLine('torn v 20000')
            1..60 | ForEach-Object { $d.v = [byte[]] (, $_ * 20KB) }
            Receive-Peer $peer | Should -Be '0'
            { Send-Peer $peer "bytes big 100000" } | Should -Throw '-28'
            Send-Peer $peer 'find kept' | Should -Be 'kept'
        }
        finally { $null = Stop-Peer $peer -Kill }
    }

    It 'refuses what it cannot take' {
        { $d[1.5] = 1 } | Should -Throw
        { Get-ShmDictionary /pst-none -ErrorAction Stop } | Should -Throw -ErrorId 'SegmentNotFound,*'
        { New-ShmDictionary $name -ErrorAction Stop } | Should -Throw -ErrorId 'SegmentExists,*'
        { New-ShmDictionary /pst-tiny -Capacity 8 -ErrorAction Stop } | Should -Throw -ErrorId 'InvalidSize,*'
        { Receive-ShmMessage $name -ErrorAction Stop } | Should -Throw -ErrorId 'InvalidStructure,*'
        New-ShmDictionary "$name-no" -WhatIf
        Test-Path "/dev/shm$name-no" | Should -BeFalse
    }
}
