# Who holds what, with /proc/PID/maps, /proc/PID/fd and the peers' own words as witnesses.

BeforeAll {
    Import-Module "$PSScriptRoot/../../out/PSSharedMemory"
    . "$PSScriptRoot/Peers.ps1"
    $prefix = "pst-attach-$PID"
    # The lines of a process' maps that begin at an address.
    function Get-MapLine($ProcessId, $Address) {
        @((Get-Content "/proc/$ProcessId/maps") -like ('{0:x}-*' -f $Address))
    }
}

Describe 'Get-ShmAttachment' {
    BeforeEach {
        $peer = Start-Peer C
        $null = Send-Peer $peer "create /$prefix 8192"
    }

    AfterEach {
        $null = Stop-Peer $peer
        # Remove-Item reads a '\' in a name as a '/'.
        [IO.Directory]::GetFiles('/dev/shm', "$prefix*") | ForEach-Object { [IO.File]::Delete($_) }
    }

    It 'finds the process, the address and the length of a mapping by name' {
        $found = @(Get-ShmAttachment -Name "/$prefix")
        $found | Should -HaveCount 1
        $found[0].ProcessId | Should -Be $peer.Id
        $found[0].Command | Should -Be 'shmpeer'
        $found[0].Length | Should -Be 8192
        $found[0].Segment.Name | Should -BeExactly "/$prefix"
        Get-MapLine $peer.Id $found[0].Address | Should -BeLike "*/dev/shm/$prefix"
    }

    It 'takes a segment, a name and a mapping from the pipeline' {
        Get-ShmSegment -Name "/$prefix" | Get-ShmAttachment | ForEach-Object ProcessId | Should -Be $peer.Id
        "/$prefix" | Get-ShmAttachment | ForEach-Object ProcessId | Should -Be $peer.Id
        $mapping = Mount-ShmSegment -Name "/$prefix"
        try {
            $holders = [int[]] @($mapping | Get-ShmAttachment | ForEach-Object ProcessId)
            $holders | Should -HaveCount 2
            $holders | Should -Contain $peer.Id
            $holders | Should -Contain $PID
        }
        finally { $mapping.Dispose() }
    }

    It 'takes processes by parameter and by property name' {
        @(Get-ShmAttachment -ProcessId $peer.Id).Segment.Name | Should -BeExactly "/$prefix"
        @([pscustomobject] @{ ProcessId = $peer.Id } | Get-ShmAttachment).Segment.Name | Should -BeExactly "/$prefix"
    }

    It 'tells of the pages that are in RAM, as smaps does' {
        $slot = (Send-Peer $peer "open /$prefix rw") -split ' '
        $null = Send-Peer $peer "poke $($slot[0]) 0 1"
        $found = Get-ShmAttachment -ProcessId $peer.Id | Where-Object Address -EQ ([long] $slot[1])
        $found.Rss | Should -Be 4096
        $found.Swap | Should -Be 0
        $found.Pss | Should -BeGreaterThan 0
    }

    It 'tells of it in a listing of the whole host too, while the process lives' {
        $slot = (Send-Peer $peer "open /$prefix rw") -split ' '
        $null = Send-Peer $peer "poke $($slot[0]) 0 1"
        $other = Start-Peer C
        $null = Send-Peer $other "open /$prefix rw"
        $all = @(Get-ShmAttachment -WarningAction Ignore)
        ($all | Where-Object Address -EQ ([long] $slot[1]) | Where-Object ProcessId -EQ $peer.Id).Rss | Should -Be 4096
        $ended = @($all | Where-Object ProcessId -EQ $other.Id)
        $null = Stop-Peer $other
        $ended | Should -HaveCount 1
        $ended[0].Rss | Should -BeNullOrEmpty
    }

    It 'leaves the code of .NET runtimes out of every listing but that of -All' {
        @((Get-Content "/proc/$PID/maps") -like '*/memfd:doublemapper*') | Should -Not -BeNullOrEmpty
        @(Get-ShmAttachment -WarningAction Ignore | Where-Object Label -CEQ 'memfd:doublemapper') |
            Should -BeNullOrEmpty
        @(Get-ShmAttachment -ProcessId $PID | Where-Object Label -CEQ 'memfd:doublemapper') | Should -BeNullOrEmpty
        @(Get-ShmAttachment -ProcessId $PID -All | Where-Object Label -CEQ 'memfd:doublemapper') |
            Should -Not -BeNullOrEmpty
    }

    It 'shows every area that a protected page makes' {
        $slot = (Send-Peer $peer "open /$prefix rw") -split ' '
        $null = Send-Peer $peer "protect $($slot[0]) 4096 4096 r--"
        $found = @(Get-ShmAttachment -Name "/$prefix" |
            Where-Object { $_.Address -ge [long] $slot[1] -and $_.Address -lt [long] $slot[1] + 8192 })
        $found | Should -HaveCount 2
        $found[1].Offset | Should -Be 4096
        "$($found[1].Protection)" | Should -Be 'Read'
    }

    It 'shows a removed object as removed, under its name' {
        $null = Send-Peer $peer "unlink /$prefix"
        $found = @(Get-ShmAttachment -ProcessId $peer.Id)
        $found[0].IsRemoved | Should -BeTrue
        $found[0].Segment.Name | Should -BeExactly "/$prefix"
        $found[0].Segment.Size | Should -Be 8192
    }

    It 'shows a descriptor without a mapping' {
        $stream = [IO.FileStream]::new("/dev/shm/$prefix", 'Open', 'Read', 'ReadWrite')
        try {
            $found = Get-ShmAttachment -Name "/$prefix" | Where-Object ProcessId -EQ $PID
            $found.Address | Should -BeNullOrEmpty
            [IO.File]::ResolveLinkTarget("/proc/$PID/fd/$($found.Descriptor)", $false).FullName |
                Should -BeExactly "/dev/shm/$prefix"
        }
        finally { $stream.Dispose() }
    }

    It 'finds System V segments by id and by key, a memfd and memory without a name' {
        $key = 0x70510000 + $PID % 65536
        $id = [int] (Send-Peer $peer "shmget $key 5000")
        try {
            $null = Send-Peer $peer "shmat $id"
            @(Get-ShmAttachment -Id $id).ProcessId | Should -Be $peer.Id
            @(Get-ShmAttachment -Key $key).Segment.Id | Should -Be $id
            $null = Send-Peer $peer 'memfd pst-label 4096'
            @(Get-ShmAttachment -ProcessId $peer.Id | Where-Object Kind -EQ MemFd).Segment.Name |
                Should -BeExactly 'memfd:pst-label'
        }
        finally { $null = Send-Peer $peer "rmid $id" }
    }

    It 'tells names apart that look alike' {
        foreach ($suffix in ' (deleted)', " a`nb", '\012', 'x y ') {
            $null = New-ShmSegment -Name "/$prefix$suffix" -Size 4096
            $mapping = Mount-ShmSegment -Name "/$prefix$suffix"
            try {
                $found = @(Get-ShmAttachment -ProcessId $PID | Where-Object { $_.Segment.Name -clike "/$prefix*" })
                $found.Segment.Name | Should -BeExactly "/$prefix$suffix"
                $found.IsRemoved | Should -BeFalse
            }
            finally { $mapping.Dispose() }
        }
    }

    It 'says which process is not there, and goes on' {
        $found =
            @(Get-ShmAttachment -ProcessId 2147483647, $peer.Id -ErrorVariable problems -ErrorAction SilentlyContinue)
        $problems[0].FullyQualifiedErrorId | Should -BeLike 'NoProcessFoundForGivenId,*'
        $found.ProcessId | Should -Contain $peer.Id
    }

    It 'says SegmentNotFound for a name that is not there' {
        { Get-ShmAttachment -Name "/$prefix-none" -ErrorAction Stop } | Should -Throw -ErrorId 'SegmentNotFound,*'
    }

    It 'does not take another IPC namespace''s segment for the one of the same id' -Tag Root -Skip:(
        [Environment]::UserName -ne 'root') {
        $other = Start-Program unshare '-i', 'perl', '-e',
            '$| = 1; $i = shmget(0, 8192, 01600); syscall(30, $i, 0, 0); print "$i\n"; <STDIN>; shmctl($i, 0, 0)'
        try {
            $id = $other.StandardOutput.ReadLine()
            $found = @(Get-ShmAttachment -ProcessId $other.Id)
            $place = [IO.File]::ResolveLinkTarget("/proc/$($other.Id)/ns/ipc", $false).Name
            $found[0].Namespace | Should -BeExactly $place
            $found[0].Label | Should -BeExactly "id $id in $place"
            # The segment is that of the other namespace, whatever has its id here.
            $found[0].Segment.Namespace | Should -BeExactly $place
            $found[0].Segment.Size | Should -Be 8192
            Get-ShmSegment -Id $id -ErrorAction Ignore | Should -Not -Be $found[0].Segment
            Get-ShmAttachment -Id $id -ErrorAction Ignore | Should -BeNullOrEmpty
        }
        finally { $other.StandardInput.Close(); $other.WaitForExit() }
    }
}

Describe 'Segments and processes together' {
    BeforeAll {
        $ours = New-ShmSegment "pst-both-$PID-a" -Size 4KB -Mount
        $theirs = New-ShmSegment "pst-both-$PID-b" -Size 4KB
        $process = $theirs | Start-ShmProcess sleep 60 -Descriptor 7 -PassThru
    }

    AfterAll {
        Stop-Process -Id $process.Id
        $ours.Dispose()
        Remove-ShmSegment "pst-both-$PID-*"
    }

    It 'give what these processes hold of those segments' {
        $both = Get-ShmAttachment "pst-both-$PID-*" -ProcessId $PID, $process.Id
        @($both.ProcessId | Sort-Object -Unique) | Should -Be @(@($PID, $process.Id) | Sort-Object)
        (Get-ShmAttachment "pst-both-$PID-*" -ProcessId $PID).Segment.Name | Should -Be "/pst-both-$PID-a"
        (Get-ShmHolder -ProcessId $process.Id -LiteralName $theirs.Name).ProcessId | Should -Be $process.Id
        ($theirs | Get-ShmHolder -ProcessId $process.Id).SegmentCount | Should -Be 1
        $theirs | Get-ShmAttachment -ProcessId $PID | Should -BeNullOrEmpty
    }

    It 'give nothing else where the segment is not there' {
        Get-ShmAttachment "pst-both-$PID-no" -ProcessId $PID -ErrorAction SilentlyContinue -ErrorVariable failed |
            Should -BeNullOrEmpty
        $failed.FullyQualifiedErrorId | Should -BeLike 'SegmentNotFound,*'
        "pst-both-$PID-no" | Get-ShmHolder -ProcessId $PID -ErrorAction SilentlyContinue | Should -BeNullOrEmpty
    }
}
