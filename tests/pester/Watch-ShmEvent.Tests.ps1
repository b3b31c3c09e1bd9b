# What is made, opened, resized and removed while it happens; who does it is another process.

BeforeAll {
    Import-Module "$PSScriptRoot/../../out/PSSharedMemory"
    . "$PSScriptRoot/Peers.ps1"
    $module = "$PSScriptRoot/../../out/PSSharedMemory"
    $name = "pst-event-$PID"
    $isRoot = [Environment]::UserName -eq 'root'
    # Whether the kernel lets this user trace system calls.
    $traces = "$(Watch-ShmEvent -Kind SysV -TimeoutSec 0 -Verbose 4>&1)" -match 'by tracepoints'
    . "$PSScriptRoot/ChildHost.ps1"

    # Watches in another runspace, and returns once that has begun: it tells of a first object that is made for it.
    function Start-Watching([string] $Arguments) {
        $shell = [powershell]::Create(
            [initialsessionstate]::CreateDefault2()).AddScript("Import-Module '$module'; Watch-ShmEvent $Arguments")
        $output = [System.Management.Automation.PSDataCollection[psobject]]::new()
        $output.EnumeratorNeverBlocks = $true
        $run = $shell.BeginInvoke([System.Management.Automation.PSDataCollection[psobject]] $null, $output)
        $try = 0
        Wait-Condition {
            $script:try++
            Set-Content "/dev/shm/$name-begun-$script:try" 'x' -NoNewline
            [Threading.Thread]::Sleep(50)
            $output.Count -gt 0
        }
        [pscustomobject] @{ Shell = $shell; Output = $output; Run = $run }
    }
    function Select-Event($Watching, $Label, $Kind) {
        @($Watching.Output | Where-Object { $_.Label -ceq $Label -and (-not $Kind -or $_.Kind -eq $Kind) })
    }
    function Stop-Watching($Watching) {
        $Watching.Shell.Stop()
        $Watching.Shell.Dispose()
    }
}

Describe 'Watch-ShmEvent' {
    AfterEach { Get-ShmSegment "$name*" | Remove-ShmSegment }

    It 'tells what is made, opened, resized and removed, and by whom where it may' {
        $peer = Start-Peer
        $watching = Start-Watching
        $null = Send-Peer $peer "create /$name 4096"
        Wait-Condition { (Select-Event $watching "/$name" Made).Count -gt 0 }
        $null = Send-Peer $peer "truncate /$name 65536"
        Wait-Condition { (Select-Event $watching "/$name" Resized).Count -gt 0 }
        $null = Send-Peer $peer "unlink /$name"
        Wait-Condition { (Select-Event $watching "/$name" Removed).Count -gt 0 }
        $made = (Select-Event $watching "/$name" Made)[0]
        $resized = (Select-Event $watching "/$name" Resized)[-1]
        $resized.Size | Should -Be 65536
        $resized.OldSize | Should -BeIn 0, 4096
        (Select-Event $watching "/$name" Removed)[0].Size | Should -Be 65536
        (Select-Event $watching "/$name" Opened).Count | Should -BeGreaterThan 0
        if ($isRoot) {
            @($made.Source, $made.ProcessId, $made.Command) |
                Should -Be 'Fanotify', $peer.Id, ((Get-Content "/proc/$($peer.Id)/comm" -Raw).Trim())
            "$made" | Should -BeExactly "Made /$name by $($made.Command)($($peer.Id))"
        }
        else { $made.ProcessId | Should -BeNullOrEmpty }
        Stop-Watching $watching
        $null = Stop-Peer $peer
    }

    It 'tells of System V segments, and by whom' {
        $peer = Start-Peer
        $watching = Start-Watching '-IntervalSec 0.02'
        $id = [int] (Send-Peer $peer 'shmget 0 4096')
        Wait-Condition { (Select-Event $watching "id $id" Made).Count -gt 0 }
        $null = Send-Peer $peer "shmat $id"
        Wait-Condition { (Select-Event $watching "id $id" Opened).Count -gt 0 }
        ipcrm -m $id
        Wait-Condition { (Select-Event $watching "id $id" Removed).Count -gt 0 }
        $made, $opened, $removed = 'Made', 'Opened', 'Removed' |
            ForEach-Object { (Select-Event $watching "id $id" $_)[0] }
        $made.ProcessId, $made.Size, $opened.ProcessId | Should -Be $peer.Id, 4096, $peer.Id
        if ($traces) {
            $made.Source, $opened.Source, $removed.Source | Should -Be 'Tracepoint', 'Tracepoint', 'Tracepoint'
            # It has ended before it can be asked: the kernel tells its name.
            $removed.Command | Should -Be 'ipcrm'
            $removed.ProcessId | Should -BeGreaterThan 0
        }
        else {
            # Who removed it, the kernel keeps nowhere.
            $removed.ProcessId | Should -BeNullOrEmpty
            $removed.Source | Should -Be 'Polling'
        }
        $null = Stop-Peer $peer -Kill
        Wait-Condition { -not (Get-ShmSegment -Id $id -ErrorAction Ignore) }
        Stop-Watching $watching
        # Each once, however it was told.
        @($watching.Output | Where-Object Label -CEQ "id $id").Kind | Should -Be 'Made', 'Opened', 'Removed'
    }

    It 'tells only of the names and events that are asked for, and ends after so many' {
        $watching = Start-Watching "'$name-*' -Event Made, Removed"
        $null = New-Item "/dev/shm/$name" -Value x
        $segment = New-ShmSegment "$name-b`e[31m" -Size 4KB
        $segment | Remove-ShmSegment
        Wait-Condition {
            @($watching.Output | Where-Object { $_.Kind -eq 'Removed' -and $_.Label -clike "/$name-b*" }).Count -gt 0
        }
        Select-Event $watching "/$name" | Should -BeNullOrEmpty
        @($watching.Output.Kind | Sort-Object -Unique) | Should -Be 'Made', 'Removed'
        # No name of others reaches the terminal raw, and the module's own way of removing is none of the events.
        @($watching.Output.Label | Where-Object { $_ -match "`e|removing" }) | Should -BeNullOrEmpty
        (($watching.Output | Out-String) -replace '\e\[[\d;]*m').Contains("`e") | Should -BeFalse
        Stop-Watching $watching
        $watching = Start-Watching "'$name-begun*' -Count 1"
        $watching.Run.AsyncWaitHandle.WaitOne(10000) | Should -BeTrue
        $watching.Output | Should -HaveCount 1
        $watching.Shell.Dispose()
    }

    It 'ends with the time, and at once when it is stopped' {
        Watch-ShmEvent "$name-never" -TimeoutSec 0.1 | Should -BeNullOrEmpty
        Measure-Stop { (Start-Watching).Shell } | Should -BeLessThan 1000
        { Watch-ShmEvent 'x[' -TimeoutSec 0 -ErrorAction Stop } | Should -Throw -ErrorId 'InvalidName,*'
    }
}

Describe 'Watch-ShmEvent of System V by tracepoints' -Tag Root -Skip:([Environment]::UserName -ne 'root') {
    It 'tells of those that are gone before a listing, and of none in other namespaces' {
        if (-not $traces) { Set-ItResult -Skipped -Because 'the kernel has no tracepoints of system calls' }
        # A namespace of processes too: ids are those that are seen there.
        $through = 'unshare', '-i', '-p', '-m', '-f', '--mount-proc', '--propagation', 'private'
        $said = Invoke-ChildHost -Through $through -Script {
            $ErrorActionPreference = 'Stop'
            # Listings alone would miss it all.
            $module = (Get-Module PSSharedMemory).Path
            $watch = Start-ThreadJob {
                Import-Module $using:module
                Watch-ShmEvent -Kind SysV -IntervalSec 0.5 -Verbose 4>&1
            }
            function Wait-Until([scriptblock] $Condition) {
                $clock = [Diagnostics.Stopwatch]::StartNew()
                while (-not (& $Condition)) {
                    if ($clock.Elapsed.TotalSeconds -gt 20) { throw "not: $Condition, $($watch.Output)" }
                    Start-Sleep -Milliseconds 20
                }
            }
            Wait-Until { $watch.Verbose.Count -ge 2 -or $watch.Output.Count -ge 2 }
            $program = @'
print "$$\n"; for (1..3) { $i = shmget(0, 8192, 01600); $a = "\0" x 8; shmread($i, $a, 0, 8); shmctl($i, 0, 0) }
'@
            $own = perl -e $program
            # The same ids in another namespace, by a process that is seen here.
            unshare -i perl -e $program | Out-Null
            # 0600 of an object that is there opens it.
            perl -e 'shmget(77, 4096, 01600) // die' | Out-Null
            perl -e 'shmget(77, 0, 01600) // die; shmget(78, 0, 0600)' | Out-Null
            ipcrm -M 77
            # The kernel removes what its maker leaves, and no call tells of it.
            [IO.File]::WriteAllText('/proc/sys/kernel/shm_rmid_forced', '1')
            perl -e 'shmget(0, 4096, 01600) // die; select(undef, undef, undef, 0.1)' | Out-Null
            Wait-Until { @($watch.Output | Where-Object Kind -EQ Removed).Count -ge 5 }
            foreach ($one in $watch.Output | Where-Object Label) {
                $who = $one.ProcessId -eq $own ? 'own' : $one.ProcessId ? 'other' : 'nobody'
                "$($one.Kind) $($one.Source) $($one.Command) $who"
            }
            "perl is $own"
            $watch | Stop-Job
        }
        $each = 'Made Tracepoint perl own', 'Opened Tracepoint perl own', 'Removed Tracepoint perl own'
        $said | Should -Be ($each * 3 + 'Made Tracepoint perl other' + 'Removed Tracepoint ipcrm other' +
            'Made Tracepoint perl other' + 'Removed Polling  nobody' + $said[-1])
        [int] ($said[-1] -replace '\D') | Should -BeLessThan 1000
    }

    It 'lists where this user may not trace' {
        $drop = 'setpriv', '--bounding-set', '-sys_admin,-perfmon', '--inh-caps', '-all', '--'
        $said = Invoke-ChildHost -Through $drop -Script {
            "$(Watch-ShmEvent -Kind SysV -TimeoutSec 0 -Verbose 4>&1)"
        }
        $said | Should -Match 'System V segments are listed every'
    }
}
