# What each process holds, one object a process. /proc is the witness.

BeforeAll {
    Import-Module "$PSScriptRoot/../../out/PSSharedMemory"
    . "$PSScriptRoot/Peers.ps1"
    $name = "pst-holder-$PID"
}

Describe 'Get-ShmHolder' {
    BeforeEach {
        $object = New-ShmSegment $name -Size 64KB
        $segment = New-ShmSegment -Private -Size 16KB
        $peer = Start-Peer -Language Perl
        $null = Send-Peer $peer "open /$name"
        $null = Send-Peer $peer "shmat $($segment.Id)"
    }
    AfterEach {
        $null = Stop-Peer $peer -Kill
        $object, $segment | Remove-ShmSegment
    }

    It 'gives one object a process, with all that it holds' {
        $held = @(Get-ShmHolder -ProcessId $peer.Id)
        $held | Should -HaveCount 1
        $held[0].Command | Should -BeExactly ((Get-Content "/proc/$($peer.Id)/comm" -Raw).Trim())
        $held[0].SegmentCount | Should -Be 2
        @($held[0].Segments.Label) | Should -Contain "/$name"
        @($held[0].Segments.Label) | Should -Contain "id $($segment.Id)"
        $held[0].MappedBytes | Should -Be (64KB + 16KB)
        $held[0].HeldBytes | Should -Be (64KB + (Get-ShmSegment -Id $segment.Id).Allocated)
        "$($held[0])" | Should -BeExactly "$($held[0].Command)($($peer.Id))"
    }

    It 'counts what is open and not mapped as held, and as no part of the address space' {
        [IO.File]::WriteAllBytes("/dev/shm/$name-open", [byte[]]::new(8KB))
        $stream = [IO.File]::OpenRead("/dev/shm/$name-open")
        try {
            $mine = Get-ShmHolder "$name-open"
            $mine.ProcessId, $mine.MappedBytes, $mine.HeldBytes, $mine.Pss | Should -Be $PID, 0, 8KB, 0
        }
        finally {
            $stream.Dispose()
            Remove-Item "/dev/shm/$name-open" -ErrorAction Ignore
        }
    }

    It 'counts objects of one label in its table, and all that it does not show' {
        $before = (Get-ShmHolder -ProcessId $PID 3> $null)?.SegmentCount ?? 0
        $same = 1..3 | ForEach-Object { New-ShmSegment -Anonymous -Label "$name-same" -Size 4KB -Mount }
        $others = 1..4 | ForEach-Object { New-ShmSegment -Anonymous -Label "$name-$_" -Size 4KB -Mount }
        try {
            $mine = Get-ShmHolder -ProcessId $PID 3> $null
            $mine.SegmentCount | Should -Be ($before + 7)
            $shown = $mine.Shown.ToString('Held', $null)
            $sum = 0
            foreach ($part in $shown -replace ' and (\d+) more$', ', x ×$1' -split ', ') {
                $sum += $part -match ' ×(\d+)$' ? [int] $Matches[1] : 1
            }
            $sum | Should -Be $mine.SegmentCount -Because $shown
            @($mine.GetLabels() -eq "memfd:$name-same").Count | Should -Be 3
        }
        finally {
            $same + $others | Dismount-ShmSegment
        }
    }

    It 'counts what two processes share by halves' {
        $mapping = $segment | Mount-ShmSegment
        Write-ShmData $mapping ([byte[]]::new(16KB)) -Offset 0
        $mine = @(Get-ShmHolder -Id $segment.Id)
        ($mine.ProcessId | Sort-Object) | Should -Be (@($PID, $peer.Id) | Sort-Object)
        ($mine | Where-Object ProcessId -EQ $PID).Rss | Should -Be 16KB
        # The peer has not touched it yet: all of it is this process' alone.
        ($mine | Where-Object ProcessId -EQ $PID).Pss | Should -Be 16KB
        ($mine | Where-Object ProcessId -EQ $peer.Id).Pss | Should -Be 0
        $mapping.Dispose()
    }

    It 'tells of segments that are named or piped, of processes that are piped, and of all' {
        ($object | Get-ShmHolder).ProcessId | Should -Be $peer.Id
        (Get-ShmHolder $name).MappedBytes | Should -Be 64KB
        (Get-Process -Id $peer.Id | Get-ShmHolder).SegmentCount | Should -Be 2
        @(Get-ShmHolder | Where-Object ProcessId -EQ $peer.Id) | Should -HaveCount 1
        { Get-ShmHolder -ProcessId 2147483646 -ErrorAction Stop } | Should -Throw -ErrorId 'NoProcessFoundForGivenId,*'
    }

    It 'shows them in a table that fits, and does not stop processes by their name' {
        $lines = Get-ShmHolder -ProcessId $peer.Id | Out-String -Width 80 -Stream | Where-Object { $_ }
        $lines[0] -replace '\e\[[\d;]*m' | Should -Match 'PID\s+Command\s+User\s+Pss\s+Held\s+Segments'
        "$lines" | Should -Match "id $($segment.Id)"
        # Nothing of it binds to Stop-Process but by id or not at all.
        (Get-ShmHolder -ProcessId $peer.Id).psobject.Properties.Name | Should -Not -Contain 'Name'
        (Get-ShmHolder -ProcessId $peer.Id).psobject.Properties.Name | Should -Not -Contain 'ProcessName'
    }
}
