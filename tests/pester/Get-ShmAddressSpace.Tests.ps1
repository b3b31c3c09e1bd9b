# Address spaces, with /proc/PID/maps as the witness.

BeforeAll {
    Import-Module "$PSScriptRoot/../../out/PSSharedMemory"
    . "$PSScriptRoot/Peers.ps1"
}

Describe 'Get-ShmAddressSpace' {
    BeforeAll {
        $peer = Start-Peer C
        $null = Send-Peer $peer "create /pst-space-$PID 8192"
        $regions = @(Get-ShmAddressSpace -ProcessId $peer.Id)
        $lines = Get-Content "/proc/$($peer.Id)/maps"
    }

    AfterAll {
        $null = Send-Peer $peer "unlink /pst-space-$PID"
        $null = Stop-Peer $peer
    }

    It 'has every line of maps, in order, with its range' {
        $ranges = $regions | ForEach-Object { '{0:x8}-{1:x8}' -f $_.Address, $_.EndAddress }
        $ranges | Should -Be @($lines | ForEach-Object { ($_ -split ' ')[0] })
    }

    It 'knows program, heap, libraries, stack and the kernel''s parts' {
        foreach ($kind in 'Program', 'Library', 'Stack', 'Kernel', 'Shared') {
            @($regions.Kind) -contains $kind | Should -BeTrue -Because $kind
        }
        @($regions | Where-Object Kind -EQ Stack).Name | Should -Be '[stack]'
        @($regions | Where-Object Kind -EQ Program)[0].Name | Should -BeLike '*/shmpeer'
        @($regions | Where-Object Name -Like '*libc.so*' | Where-Object Kind -NE Library) | Should -BeNullOrEmpty
    }

    It 'ties a shared one to its segment, the same in two processes' {
        $mapping = Mount-ShmSegment -Name "/pst-space-$PID"
        try {
            $both = @(Get-ShmAddressSpace -ProcessId $peer.Id, $PID -Kind Shared |
                Where-Object { $_.Segment.Name -ceq "/pst-space-$PID" })
            $both | Should -HaveCount 2
            $both.ProcessId | Should -Be @($peer.Id, $PID)
            $both[1].Address | Should -Be ([long] $mapping.Address)
            $both[0].IsShared | Should -BeTrue
            $both[0].Length | Should -Be 8192
        }
        finally { $mapping.Dispose() }
    }

    It 'puts what processes share side by side, cut where one of them has a border' {
        $mapping = Mount-ShmSegment -Name "/pst-space-$PID" -ReadOnly
        $second = Start-Peer C
        try {
            $slot = (Send-Peer $second "open /pst-space-$PID rw") -split ' '
            $null = Send-Peer $second "protect $($slot[0]) 4096 4096 r--"
            $ranges = @(Get-ShmAddressSpace -ProcessId $peer.Id, $PID, $second.Id -SideBySide |
                Where-Object { $_.Segment.Name -ceq "/pst-space-$PID" })
            $ranges.Offset | Should -Be @(0, 4096)
            $ranges | ForEach-Object { $_.Length } | Should -Be @(4096, 4096)
            foreach ($range in $ranges) { $range.Places.ProcessId | Should -Be @($peer.Id, $PID, $second.Id) }
            [long] $ranges[0].Places[1].Address | Should -Be ([long] $mapping.Address)
            [long] $ranges[1].Places[1].Address | Should -Be ([long] $mapping.Address + 4096)
            [long] $ranges[1].Places[2].Address | Should -Be ([long] $slot[1] + 4096)
            "$($ranges[0].Places.Protection)" | Should -Be 'Read, Write Read Read, Write'
            "$($ranges[1].Places.Protection)" | Should -Be 'Read, Write Read Read'
            # /proc is the witness of each.
            foreach ($place in $ranges[0].Places) {
                @((Get-Content "/proc/$($place.ProcessId)/maps") -like (
                    '{0:x}-* /dev/shm/pst-space-*' -f $place.Address)) |
                    Should -HaveCount 1
            }
            $shown = [PSSharedMemory.Commands.ShmDisplay]::Places($ranges[1])
            $shown | Should -Match ('^ *{0}: *0x{1:x} rw-s +{2}: *0x{3:x} r--s +{4}: *0x{5:x} r--s$' -f $peer.Id,
                $ranges[1].Places[0].Address, $PID, $ranges[1].Places[1].Address, $second.Id,
                $ranges[1].Places[2].Address)
        }
        finally { $null = Stop-Peer $second; $mapping.Dispose() }
    }

    It 'compares one with this process, and shows where a part is not mapped' {
        $mapping = Mount-ShmSegment -Name "/pst-space-$PID"
        try {
            Dismount-ShmSegment $mapping -Offset 4096 -Length 4096
            $ranges = @([pscustomobject] @{ ProcessId = $peer.Id } | Get-ShmAddressSpace -SideBySide |
                Where-Object Name -CEQ "/pst-space-$PID")
            $ranges | Should -HaveCount 2
            $ranges[0].Places.ProcessId | Should -Be @($PID, $peer.Id)
            $ranges[1].Places[0].Address | Should -BeNullOrEmpty
            $ranges[1].Places[1].Address | Should -Not -BeNullOrEmpty
            [PSSharedMemory.Commands.ShmDisplay]::Places($ranges[1]) |
                Should -Match "^ *${PID}: - +$($peer.Id): +0x[0-9a-f]+ rw-s$"
        }
        finally { $mapping.Dispose() }
    }

    It 'does not put another IPC namespace''s segment beside the one of the same id' -Tag Root -Skip:(
        [Environment]::UserName -ne 'root') {
        $program = '$| = 1; $i = shmget(0, 8192, 01600); syscall(30, $i, 0, 0); print "$i\n"; <STDIN>; shmctl($i, 0, 0)'
        $perls = 1..2 | ForEach-Object { Start-Program unshare '-i', 'perl', '-e', $program }
        try {
            # Two namespaces whose first id is the same number.
            $perls[0].StandardOutput.ReadLine() | Should -Be $perls[1].StandardOutput.ReadLine()
            Get-ShmAddressSpace -ProcessId $perls.Id -SideBySide | Should -BeNullOrEmpty
        }
        finally { $perls | ForEach-Object { $_.StandardInput.Close(); $_.WaitForExit() } }
    }

    It 'is of this process if none is named' {
        @(Get-ShmAddressSpace)[0].ProcessId | Should -Be $PID
    }

    It 'shows where in the address space a region lies' {
        $bar = [PSSharedMemory.Commands.ShmDisplay]::Position(@($regions | Where-Object Kind -EQ Stack)[0])
        $bar | Should -BeExactly '[...............#]'
    }

    It 'says which process is not there' {
        { Get-ShmAddressSpace -ProcessId 2147483647 -ErrorAction Stop } |
            Should -Throw -ErrorId 'NoProcessFoundForGivenId,*'
    }
}
