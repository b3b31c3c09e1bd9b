# Queues as people use them: two lines of PowerShell, other shells, jobs, and C programs at the other end.

BeforeDiscovery {
    . "$PSScriptRoot/Peers.ps1"
    $noCompiler = -not (Test-Compiler)
}

BeforeAll {
    Import-Module "$PSScriptRoot/../../out/PSSharedMemory"
    . "$PSScriptRoot/SyncPeers.ps1"
    $module = (Get-Module PSSharedMemory).Path -replace 'dll$', 'psd1'
    $name = "/pst-queue-$PID"
    $include = [IO.Path]::GetFullPath("$PSScriptRoot/../../include")

    function Request-Peer($Peer, [string] $Line) {
        $Peer.StandardInput.WriteLine($Line)
        $Peer.StandardInput.Flush()
        $Peer.StandardOutput.ReadLine()
    }
}

Describe 'A queue' {
    BeforeEach { $q = New-ShmQueue $name -Capacity 64KB }

    AfterEach {
        $q.Dispose()
        Remove-Item "/dev/shm$name" -ErrorAction Ignore
    }

    It 'is there for others, with the mode that was asked for' {
        (stat -c '%a %s' "/dev/shm$name") | Should -Be "600 $(4096 + 64KB)"
        (Get-ShmQueue $name).Capacity | Should -Be 64KB
        (Get-ShmQueue).Name | Should -Contain $name
        (Get-ShmQueue "$name*").Count | Should -Be 0
        (perl -e 'open F, "</dev/shm$ARGV[0]"; read F, $b, 28; print join " ", unpack "a5 x3 L2 Q L", $b' $name) |
            Should -Match "^PSHMQ 1 4096 $(64KB) [12]$"
        { New-ShmQueue $name -ErrorAction Stop } | Should -Throw -ErrorId 'SegmentExists,*'
        $again = New-ShmQueue $name -Capacity 1KB -AllowExisting
        $again.Capacity | Should -Be 64KB
        $again.Dispose()
        { New-ShmQueue $name -Capacity 1MB -AllowExisting -ErrorAction Stop } | Should -Throw -ErrorId 'SizeMismatch,*'
    }

    It 'gives back <type> as it was sent' -ForEach @(
        @{ type = 'int'; value = 42 }, @{ type = 'long'; value = -5L }, @{ type = 'double'; value = 0.1 }
        @{ type = 'string'; value = "grüße`n`u{1F600}" }, @{ type = 'bool'; value = $true },
        @{ type = 'decimal'; value = 1.10d }
        @{ type = 'byte'; value = [byte] 7 }, @{ type = 'uint64'; value = [uint64]::MaxValue },
        @{ type = 'char'; value = [char] 'x' }
        @{ type = 'datetime'; value = [datetime]::new(2024, 2, 29, 1, 2, 3, [DateTimeKind]::Local) }
        @{ type = 'datetime'; value = [datetime]::new(2024, 2, 29, 1, 2, 3, [DateTimeKind]::Unspecified) }
        @{ type = 'timespan'; value = [timespan] '1.02:03:04.5' }, @{ type = 'guid'; value = [guid]::NewGuid() }
        @{ type = 'datetimeoffset'; value = [datetimeoffset] '2024-02-29T01:02:03+05:30' }
    ) {
        Send-ShmMessage $name $value
        $back = Receive-ShmMessage $name
        $back.GetType() | Should -Be $value.GetType()
        $back | Should -Be $value
        if ($value -is [datetime]) { $back.Kind | Should -Be $value.Kind }
    }

    It 'keeps nothing, empty text, bytes and lists whole' {
        Send-ShmMessage $name $null
        '' | Send-ShmMessage $name
        Send-ShmMessage $name ([byte[]] (1, 2, 3))
        , [byte[]]::new(0) | Send-ShmMessage $name
        Send-ShmMessage $name @(1, 'two', 3.0)
        (Get-ShmQueue $name).Count | Should -Be 5
        $all = @(Receive-ShmMessage $name -All)
        $all.Count | Should -Be 5
        $all[0] | Should -BeNullOrEmpty
        $all[1] | Should -BeExactly ''
        , $all[2] | Should -BeOfType byte[]
        $all[2] | Should -Be @(1, 2, 3)
        , $all[3] | Should -BeOfType byte[]
        $all[4] | Should -Be @(1, 'two', 3.0)
    }

    It 'takes objects from the pipeline, as jobs do' {
        Get-ChildItem $PSScriptRoot -File | Select-Object -First 3 Name, Length, LastWriteTime | Send-ShmMessage $name
        Get-Content $PSCommandPath -TotalCount 1 | Send-ShmMessage $name
        $back = @(Receive-ShmMessage $name -All)
        $back.Count | Should -Be 4
        $back[0].Length | Should -BeOfType long
        $back[0].LastWriteTime | Should -BeOfType datetime
        $back[3] | Should -BeExactly (Get-Content $PSCommandPath -TotalCount 1)
    }

    It 'carries structs as their bytes' {
        $type = New-ShmType 'struct point { int32_t x; double y; char name[8]; };'
        [pscustomobject] @{ x = 3; y = 1.5; name = 'ab' } | Send-ShmMessage $name -As $type
        Send-ShmMessage $name @{ x = 4; y = 2.5; name = 'cd' } -As $type
        (Receive-ShmMessage $name).Count | Should -Be 24
        $back = Receive-ShmMessage $name -As $type
        $back.x | Should -Be 4
        $back.y | Should -Be 2.5
        $back.name | Should -Be 'cd'
    }

    It 'opens one of any capacity where none is asked for, and makes none of what is something else' {
        $small = New-ShmQueue "$name.small" -Capacity 4KB
        (New-ShmDictionary "$name.table" -Capacity 4KB).Dispose()
        $null = New-ShmSegment "$name.zero" -Size 4KB
        try {
            Send-ShmMessage $small 'kept'
            $again = New-ShmQueue "$name.small" -AllowExisting
            $again.Capacity | Should -Be $small.Capacity
            Receive-ShmMessage $again -TimeoutSec 5 | Should -BeExactly 'kept'
            $again.Dispose()
            $table = New-ShmDictionary "$name.table" -AllowExisting
            $table.Segment.Name | Should -BeExactly "$name.table"
            $table.Dispose()
            New-ShmQueue "$name.small" -AllowExisting -Capacity 1MB -ErrorAction SilentlyContinue -ErrorVariable failed
            $failed[0].FullyQualifiedErrorId | Should -BeLike 'SizeMismatch,*'
            foreach ($other in "$name.table", "$name.zero") {
                New-ShmQueue $other -AllowExisting -ErrorAction SilentlyContinue -ErrorVariable failed
                $failed[0].FullyQualifiedErrorId | Should -BeLike 'InvalidStructure,*'
            }

            (Get-FileHash "/dev/shm$name.zero").Hash |
                Should -Be (Get-FileHash -InputStream ([System.IO.MemoryStream]::new([byte[]]::new(4KB)))).Hash
            Get-ShmQueue @() | Should -BeNullOrEmpty
        }
        finally {
            $small.Dispose()
            Remove-ShmSegment "$name.small", "$name.table", "$name.zero"
        }
    }

    It 'reads text as C ends it, and does not advise a new queue for a message of another size' {
        Send-ShmMessage $name 'hé' -As CString
        Receive-ShmMessage $name -As CString | Should -BeExactly 'hé'
        Send-ShmMessage $name ([byte[]](104, 105, 0, 120))
        Receive-ShmMessage $name -As CString | Should -BeExactly 'hi'
        Send-ShmMessage $name ([byte[]](1, 2, 3))
        Receive-ShmMessage $name -As Int32 -ErrorAction SilentlyContinue -ErrorVariable failed
        $failed[0].FullyQualifiedErrorId | Should -BeLike 'InvalidStructure,*'
        "$($failed[0].ErrorDetails)" | Should -Not -BeLike '*New-ShmQueue*'
    }

    It 'waits no longer than it is told to' {
        { Receive-ShmMessage $name -TimeoutSec 0.2 -ErrorAction Stop } | Should -Throw -ErrorId 'WaitTimeout,*'
        @(Receive-ShmMessage $name -All) | Should -HaveCount 0
        Receive-ShmMessage $name -All -ErrorAction Stop
        $bytes = [byte[]]::new(32KB - 8)
        Send-ShmMessage $name $bytes
        Send-ShmMessage $name $bytes
        { Send-ShmMessage $name 1 -TimeoutSec 0 -ErrorAction Stop } | Should -Throw -ErrorId 'WaitTimeout,*'
        { Send-ShmMessage $name ([byte[]]::new(32KB)) -ErrorAction Stop } | Should -Throw -ErrorId 'OutOfRange,*'
        $null = Receive-ShmMessage $name -Count 2
        (Get-ShmQueue $name).BytesUsed | Should -Be 0
    }

    It 'goes on after a bad item in the middle' {
        $failures = $null
        1, ([byte[]]::new(40KB)), 3 | Send-ShmMessage $name -ErrorAction SilentlyContinue -ErrorVariable failures
        $failures.FullyQualifiedErrorId | Should -BeLike 'OutOfRange,*'
        Receive-ShmMessage $name -All | Should -Be @(1, 3)
        $q.Put([Text.Encoding]::UTF8.GetBytes('<Objs'), 7)
        $q.Put([byte[]] (1, 2), 3)
        Send-ShmMessage $name 'good'
        $failures = $null
        Receive-ShmMessage $name -All -ErrorAction SilentlyContinue -ErrorVariable failures | Should -Be 'good'
        $failures.FullyQualifiedErrorId | Should -BeLike 'InvalidStructure,*'
        $failures.Count | Should -Be 2
    }

    It 'changes nothing with -WhatIf' {
        New-ShmQueue "$name-no" -WhatIf
        Test-Path "/dev/shm$name-no" | Should -BeFalse
        Send-ShmMessage $name 1 -WhatIf
        $q.Count | Should -Be 0
        Send-ShmMessage $name 1
        Receive-ShmMessage $name -WhatIf
        $q.Count | Should -Be 1
    }

    It 'is found by a System V key too' {
        $key = 0x5150
        $sysV = New-ShmQueue -Key $key -Capacity 4KB
        try {
            Send-ShmMessage $sysV 'by key'
            Get-ShmQueue -Key $key | Receive-ShmMessage | Should -Be 'by key'
            { Send-ShmMessage -Queue 20816 1 -ErrorAction Stop } | Should -Throw -ErrorId 'CannotConvertArgument*'
        }
        finally {
            $sysV.Segment | Remove-ShmSegment
            $sysV.Dispose()
        }
    }

    It 'refuses what is no queue' {
        { Receive-ShmMessage /pst-none -ErrorAction Stop } | Should -Throw -ErrorId 'SegmentNotFound,*'
        $other = New-ShmSegment "$name-other" 64KB
        { Receive-ShmMessage "$name-other" -ErrorAction Stop } | Should -Throw -ErrorId 'InvalidStructure,*'
        { Send-ShmMessage "$name-other" 1 -ErrorAction Stop } | Should -Throw -ErrorId 'InvalidStructure,*'
        { Get-ShmQueue "$name-other" -ErrorAction Stop } | Should -Throw -ErrorId 'InvalidStructure,*'
        { New-ShmQueue /pst-tiny -Capacity 8 -ErrorAction Stop } | Should -Throw -ErrorId 'InvalidSize,*'
        $other | Remove-ShmSegment
    }

    It 'serves jobs: -Wait streams, and Ctrl+C ends it' {
        Measure-Stop {
            $shell = [powershell]::Create().AddScript(
                "Import-Module $module; Receive-ShmMessage $name -Wait | ForEach-Object { `$_ * 2 }")
            $output = [Management.Automation.PSDataCollection[psobject]]::new()
            $none = [Management.Automation.PSDataCollection[psobject]]::new()
            $none.Complete()
            $null = $shell.BeginInvoke($none, $output)
            Wait-Condition { $q.WaitingReceivers -eq 1 }
            1..3 | Send-ShmMessage $name
            Wait-Condition { $output.Count -eq 3 }
            $output.ReadAll() | Should -Be @(2, 4, 6)
            Wait-Condition { $q.WaitingReceivers -eq 1 }
            $shell
        } | Should -BeLessThan 100
        $q.WaitingReceivers | Should -Be 0
    }

    It 'ends <wait> with Ctrl+C within 100 ms' -ForEach @(
        @{ wait = 'Send-ShmMessage to a full queue'; script = 'param($q) Send-ShmMessage $q 1' }
        @{ wait = 'Receive-ShmMessage'; script = 'param($q) $null = Receive-ShmMessage $q -All; Receive-ShmMessage $q' }
        @{
            wait = 'Receive-ShmMessage -Wait -ScriptBlock'
            script = 'param($q) $null = Receive-ShmMessage $q -All; Receive-ShmMessage $q -Wait { 1 }'
        }
        @{ wait = 'Send-ShmMessage, whose lock another thread keeps'; script = 'param($q) Send-ShmMessage $q 1'
            lock = 64 }
        @{ wait = 'Receive-ShmMessage, whose lock another thread keeps'; script = 'param($q) Receive-ShmMessage $q'
            lock = 192 }
    ) {
        $bytes = [byte[]]::new(32KB - 8)
        Send-ShmMessage $q $bytes
        Send-ShmMessage $q $bytes
        $state = [hashtable]::Synchronized(@{})
        $mapping = $q.Mapping
        $holder = if ($lock) {
            Start-Runspace {
                param($mapping, $lock, $state)
                $null = Lock-ShmMutex $mapping $lock
                $state.IsHeld = $true
                while (-not $state.IsOver) { [Threading.Thread]::Sleep(5) }
                Unlock-ShmMutex $mapping $lock
            } -ArgumentList $mapping, $lock, $state
            Wait-Condition { $state.IsHeld }
        }
        try {
            Measure-Stop {
                $run = Start-Runspace $script -ArgumentList $q
                if ($lock) { $null = $run.Async.AsyncWaitHandle.WaitOne(300) }
                else { Wait-Condition { $q.WaitingSenders + $q.WaitingReceivers -eq 1 } }
                $run.Async.IsCompleted | Should -BeFalse
                $run.Shell
            } | Should -BeLessThan 100
        }
        finally {
            $state.IsOver = $true
            if ($holder) { $null = Receive-Runspace $holder }
        }
        $q.ClaimProcessIds | Should -HaveCount 0
    }

    It 'says whose lock keeps it, and for how long' {
        $mapping = $q.Mapping
        $null = Lock-ShmMutex $mapping 64
        try {
            $q.PutLock.ProcessId | Should -Be $PID
            $run =
                Start-Runspace 'param($q) Send-ShmMessage $q 1 -TimeoutSec 0.2; Receive-ShmMessage $q -All' -ArgumentList $q
            $null = Receive-Runspace $run
            $run.Shell.Streams.Error.FullyQualifiedErrorId |
                Should -Be 'WaitTimeout,PSSharedMemory.Commands.SendShmMessageCommand'
        }
        finally { Unlock-ShmMutex $mapping 64 }
        $q.PutLock | Should -BeNullOrEmpty
    }

    It 'keeps as many levels of an object as -Depth says' {
        $large = New-ShmQueue "$name-deep" -Capacity 1MB
        try {
            # Tables and custom objects travel whole, whatever the depth: it counts the levels of other objects.
            class PstNode { [int] $Level; [object] $Next }
            $deep = $null
            foreach ($level in 1..6) { $deep = [PstNode] @{ Level = $level; Next = $deep } }
            Send-ShmMessage $large $deep -TimeoutSec 5
            Send-ShmMessage $large $deep -Depth 1 -TimeoutSec 5
            Send-ShmMessage $large $deep -Depth 6 -TimeoutSec 5
            $usual, $shallow, $whole = Receive-ShmMessage $large -Count 3 -TimeoutSec 5
            $shallow.Level | Should -Be 6
            $shallow.Next | Should -BeLike '*PstNode'
            $usual.Next.Level | Should -Be 5
            $usual.Next.Next | Should -BeLike '*PstNode'
            $whole.Next.Next.Next.Next.Next.Level | Should -Be 1
            { Send-ShmMessage $large 1 -Depth 0 -ErrorAction Stop } |
                Should -Throw -ErrorId 'ParameterArgumentValidationError,*'
        }
        finally {
            $large.Dispose()
            Remove-Item "/dev/shm$name-deep"
        }
    }

    It 'reports what is too large for it, and sends the rest' {
        $failures = $null
        'a', ('x' * 40KB), [pscustomobject] @{ text = 'y' * 40KB }, 'b' |
            Send-ShmMessage $name -TimeoutSec 5 -ErrorAction SilentlyContinue -ErrorVariable failures
        $failures.FullyQualifiedErrorId | Should -Be (@('OutOfRange,PSSharedMemory.Commands.SendShmMessageCommand') * 2)
        $failures[0].CategoryInfo.Category | Should -Be 'InvalidArgument'
        $failures[1].TargetObject.text.Length | Should -Be 40KB
        Receive-ShmMessage $name -All | Should -Be @('a', 'b')
        $longest = 'z' * $q.MaxMessageLength
        Send-ShmMessage $name $longest -TimeoutSec 5
        Receive-ShmMessage $name -TimeoutSec 5 | Should -BeExactly $longest
    }

    It 'runs the script block once for each message, and gives back what it failed on' {
        1..3 | Send-ShmMessage $name
        Receive-ShmMessage $name -Count 2 -ScriptBlock { $_ + 10 } | Should -Be @(11, 12)
        { Receive-ShmMessage $name -ScriptBlock { throw 'no' } } | Should -Throw 'no'
        $q.ClaimProcessIds | Should -HaveCount 0
        $seen = Receive-ShmMessage $name { "$($q.ClaimProcessIds)"; $q.Count; $_ }
        $seen | Should -Be @("$PID", 1, 3)
        $q.Count | Should -Be 0
    }

    It 'gives the message of a worker that is killed to the next' {
        'precious', 'other' | Send-ShmMessage $name
        $worker = Start-Process pwsh -PassThru -RedirectStandardOutput /dev/null -ArgumentList '-NoProfile', '-Command',
        "Import-Module $module; Receive-ShmMessage $name { Start-Sleep 60 }"
        Wait-Condition { $q.ClaimProcessIds -contains $worker.Id }
        Receive-ShmMessage $name | Should -Be 'other'
        { Receive-ShmMessage $name -TimeoutSec 0.1 -ErrorAction Stop } | Should -Throw -ErrorId 'WaitTimeout,*'
        # A stopped process keeps what it has claimed.
        kill -STOP $worker.Id
        { Receive-ShmMessage $name -TimeoutSec 0.3 -ErrorAction Stop } | Should -Throw -ErrorId 'WaitTimeout,*'
        $worker.Kill()
        Receive-ShmMessage $name -TimeoutSec 10 | Should -Be 'precious'
        $q.BytesUsed | Should -Be 0
    }

    It 'speaks with C' -Tag Compiler -Skip:$noCompiler {
        $peer = Start-CollectionPeer queue-peer.c $name
        try {
            Send-ShmMessage $name 'from pwsh'
            Request-Peer $peer get | Should -Be 'ok 2 from pwsh'
            Request-Peer $peer 'put from C' | Should -Be 'ok '
            Receive-ShmMessage $name | Should -BeExactly 'from C'
            'a', 'b', 'c' | Send-ShmMessage $name
            Request-Peer $peer claim | Should -Be 'ok 2 a'
            Request-Peer $peer count | Should -Be 'ok 3'
            $q.ClaimProcessIds | Should -Be @($peer.Id)
            Receive-ShmMessage $name | Should -Be 'b'
            Request-Peer $peer done | Should -Be 'ok '
            Request-Peer $peer done | Should -Be '-116'
            Request-Peer $peer claim | Should -Be 'ok 2 c'
            $peer.Kill()
            $peer.WaitForExit()
            Receive-ShmMessage $name -TimeoutSec 10 | Should -Be 'c'
            $q.BytesUsed | Should -Be 0
        }
        finally { $peer.Kill() }
    }

    It 'has a header that <compiler> takes as <standard> without a warning' -Tag Compiler -Skip:$noCompiler -ForEach @(
        @{ compiler = 'gcc'; standard = 'c11' }, @{ compiler = 'g++'; standard = 'c++11' }
        @{ compiler = 'clang'; standard = 'c11' }, @{ compiler = 'clang++'; standard = 'c++17' }
    ) {
        if (-not (Get-Command $compiler -ErrorAction Ignore)) { Set-ItResult -Skipped -Because "there is no $compiler" }
        $source = "$TestDrive/header.$(if ($standard[1] -eq '+') { 'cc' } else { 'c' })"
        Set-Content $source @'
#include "pssharedmemory.h"
int main(void) { pssm_queue q; int e = pssm_queue_open(&q, "/pst-none"); pssm_queue_close(&q); return e == -ENOENT ? 0 : 1; }
'@
        & $compiler "-std=$standard" -Wall -Wextra -pedantic -Werror "-I$include" -o "$TestDrive/header" `
            $source -lpthread 2>&1 |
            Should -BeNullOrEmpty
        & "$TestDrive/header"
        $LASTEXITCODE | Should -Be 0
    }
}
