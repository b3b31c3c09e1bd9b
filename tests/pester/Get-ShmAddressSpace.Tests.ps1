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
        $lines = [IO.File]::ReadAllLines("/proc/$($peer.Id)/maps")
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
        foreach ($kind in 'Program', 'Library', 'Stack', 'Kernel', 'Shared') { @($regions.Kind) -contains $kind | Should -BeTrue -Because $kind }
        @($regions | Where-Object Kind -EQ Stack).Name | Should -Be '[stack]'
        @($regions | Where-Object Kind -EQ Program)[0].Name | Should -BeLike '*/shmpeer'
        @($regions | Where-Object Name -Like '*libc.so*' | Where-Object Kind -NE Library) | Should -BeNullOrEmpty
    }

    It 'ties a shared one to its segment, the same in two processes' {
        $mapping = Mount-ShmSegment -Name "/pst-space-$PID"
        try {
            $both = @(Get-ShmAddressSpace -ProcessId $peer.Id, $PID -Kind Shared | Where-Object { $_.Segment.Name -ceq "/pst-space-$PID" })
            $both | Should -HaveCount 2
            $both.ProcessId | Should -Be @($peer.Id, $PID)
            $both[1].Address | Should -Be ([long] $mapping.Address)
            $both[0].IsShared | Should -BeTrue
            $both[0].Length | Should -Be 8192
        }
        finally { $mapping.Dispose() }
    }

    It 'is of this process if none is named' {
        @(Get-ShmAddressSpace)[0].ProcessId | Should -Be $PID
    }

    It 'shows where in the address space a region lies' {
        $bar = [PSSharedMemory.Commands.ShmDisplay]::Position(@($regions | Where-Object Kind -EQ Stack)[0])
        $bar | Should -BeExactly '[...............#]'
    }

    It 'says which process is not there' {
        { Get-ShmAddressSpace -ProcessId 2147483647 -ErrorAction Stop } | Should -Throw -ErrorId 'NoProcessFoundForGivenId,*'
    }
}
