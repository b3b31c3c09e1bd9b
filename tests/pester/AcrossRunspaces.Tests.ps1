# One mapping used from several runspaces at once, from jobs and from child processes.

BeforeDiscovery {
    . "$PSScriptRoot/Peers.ps1"
}

BeforeAll {
    Import-Module "$PSScriptRoot/../../out/PSSharedMemory"
    . "$PSScriptRoot/SyncPeers.ps1"
    . "$PSScriptRoot/ChildHost.ps1"
    $name = "/pst-across-$PID"
    $module = Convert-Path "$PSScriptRoot/../../out/PSSharedMemory"
    function Get-Value($Offset) {
        [int](
            perl -e 'open F, "</dev/shm$ARGV[0]"; seek F, $ARGV[1], 0; read F, $b, 4; print unpack "l", $b' $name $Offset)
    }
}

Describe 'One mapping' {
    BeforeEach { $m = New-ShmSegment $name 8KB -Mount }

    AfterEach {
        Dismount-ShmSegment $m -ErrorAction Ignore
        Remove-Item "/dev/shm$name" -ErrorAction Ignore
    }

    It 'is used by four runspaces at once, and no count is lost' {
        $null = New-ShmMutex $m 64
        $script =
            'param($m) 1..200 | ForEach-Object { $null = Update-ShmValue $m 0 -Add 1; Lock-ShmMutex $m 64 { $m.Writer.WriteInt32(4, $m.Reader.ReadInt32(4) + 1) } }'
        $runs = 1..4 | ForEach-Object { Start-Runspace $script $m }
        foreach ($run in $runs) {
            Receive-Runspace $run | Should -BeNullOrEmpty
            $run.Shell.Streams.Error.Count | Should -Be 0
            $run.Shell.Dispose()
        }
        Get-Value 0 | Should -Be 800
        Get-Value 4 | Should -Be 800
    }

    It 'carries a ping-pong of two runspaces' {
        $script =
            'param($m) foreach ($i in 0..99) { $null = Wait-ShmValue $m 0 -Equal (2 * $i + 1) -TimeoutSec 20; $null = Update-ShmValue $m 0 -Exchange (2 * $i + 2) -Wake }'
        $run = Start-Runspace $script $m
        foreach ($i in 0..99) {
            $null = Update-ShmValue $m 0 -Exchange (2 * $i + 1) -Wake
            Wait-ShmValue $m 0 -Equal (2 * $i + 2) -TimeoutSec 20 | Should -Be (2 * $i + 2)
        }
        $null = Receive-Runspace $run
        $run.Shell.Dispose()
    }

    It 'is dismounted by one while the others use it: they get MappingDismounted' {
        $runs = 1..3 | ForEach-Object {
            Start-Runspace 'param($m) while ($true) { $null = Update-ShmValue $m 0 -Add 1 -ErrorAction Stop }' $m
        }
        Wait-Condition { (Get-Value 0) -gt 100 }
        Dismount-ShmSegment $m
        foreach ($run in $runs) {
            { Receive-Runspace $run } | Should -Throw '*is gone*'
            $run.Shell.Dispose()
        }
    }

    It 'is used from ForEach-Object -Parallel' {
        $null = 1..12 |
            ForEach-Object -ThrottleLimit 4 -Parallel {
                Import-Module $using:module
                $m = $using:m
                1..10 | ForEach-Object { Update-ShmValue $m 0 -Add 1 }
            }
        Get-Value 0 | Should -Be 120
    }

    It 'is used from thread jobs' {
        $jobs = 1..3 |
            ForEach-Object {
                Start-ThreadJob {
                    Import-Module $using:module
                    1..50 | ForEach-Object { $null = Update-ShmValue $using:m 0 -Add 1 }
                }
            }
        $null = $jobs | Receive-Job -Wait -AutoRemoveJob
        Get-Value 0 | Should -Be 150
    }

    It 'is one of two of the segment that a child process uses as well' {
        $child =
            Invoke-ChildHost "foreach (`$i in 1..20) { `$null = Update-ShmValue -Name '$name' -Add 1 }; Add-ShmListItem -Name '$name' 1 -ErrorAction SilentlyContinue; 'done'"
        $child | Should -Be 'done'
        Update-ShmValue $m 0 -Add 1 | Should -Be 20
    }
}
