# What is made, opened, resized and removed while it happens; who does it is another process.

BeforeAll {
    Import-Module "$PSScriptRoot/../../out/PSSharedMemory"
    . "$PSScriptRoot/Peers.ps1"
    $module = "$PSScriptRoot/../../out/PSSharedMemory"
    $name = "pst-event-$PID"
    $isRoot = [Environment]::UserName -eq 'root'

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
    function Get-Event($Watching, $Label, $Kind) {
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
        Wait-Condition { (Get-Event $watching "/$name" Made).Count -gt 0 }
        $null = Send-Peer $peer "truncate /$name 65536"
        Wait-Condition { (Get-Event $watching "/$name" Resized).Count -gt 0 }
        $null = Send-Peer $peer "unlink /$name"
        Wait-Condition { (Get-Event $watching "/$name" Removed).Count -gt 0 }
        $made = (Get-Event $watching "/$name" Made)[0]
        $resized = (Get-Event $watching "/$name" Resized)[-1]
        $resized.Size | Should -Be 65536
        $resized.OldSize | Should -BeIn 0, 4096
        (Get-Event $watching "/$name" Removed)[0].Size | Should -Be 65536
        (Get-Event $watching "/$name" Opened).Count | Should -BeGreaterThan 0
        if ($isRoot) {
            @($made.Source, $made.ProcessId, $made.Command) |
                Should -Be 'Fanotify', $peer.Id, ((Get-Content "/proc/$($peer.Id)/comm" -Raw).Trim())
            "$made" | Should -BeExactly "Made /$name by $($made.Command)($($peer.Id))"
        }
        else { $made.ProcessId | Should -BeNullOrEmpty }
        Stop-Watching $watching
        $null = Stop-Peer $peer
    }

    It 'tells of System V segments, with who the kernel says made and attached them' {
        $peer = Start-Peer
        $watching = Start-Watching '-IntervalSec 0.02'
        $id = [int] (Send-Peer $peer 'shmget 0 4096')
        Wait-Condition { (Get-Event $watching "id $id" Made).Count -gt 0 }
        $null = Send-Peer $peer "shmat $id"
        Wait-Condition { (Get-Event $watching "id $id" Opened).Count -gt 0 }
        ipcrm -m $id
        Wait-Condition { (Get-Event $watching "id $id" Removed).Count -gt 0 }
        (Get-Event $watching "id $id" Made)[0].ProcessId | Should -Be $peer.Id
        (Get-Event $watching "id $id" Opened)[0].ProcessId | Should -Be $peer.Id
        # Who removed it, the kernel keeps nowhere.
        $removed = (Get-Event $watching "id $id" Removed)[0]
        $removed.ProcessId | Should -BeNullOrEmpty
        $removed.Source | Should -Be 'Polling'
        $null = Stop-Peer $peer -Kill
        Stop-Watching $watching
    }

    It 'tells only of the names and events that are asked for, and ends after so many' {
        $watching = Start-Watching "'$name-*' -Event Made, Removed"
        $null = New-Item "/dev/shm/$name" -Value x
        $segment = New-ShmSegment "$name-b`e[31m" -Size 4KB
        $segment | Remove-ShmSegment
        Wait-Condition {
            @($watching.Output | Where-Object { $_.Kind -eq 'Removed' -and $_.Label -clike "/$name-b*" }).Count -gt 0
        }
        Get-Event $watching "/$name" | Should -BeNullOrEmpty
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
        $watching = Start-Watching
        $clock = [Diagnostics.Stopwatch]::StartNew()
        $watching.Shell.Stop()
        # 100 ms is the promise; a busy machine has more to do.
        $clock.ElapsedMilliseconds | Should -BeLessThan 1000
        $watching.Shell.Dispose()
        { Watch-ShmEvent 'x[' -TimeoutSec 0 -ErrorAction Stop } | Should -Throw -ErrorId 'InvalidName,*'
    }
}
