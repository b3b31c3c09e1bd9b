BeforeDiscovery {
    . $PSScriptRoot/Peers.ps1
    $peers = @(
        @{ Language = 'Perl'; Skip = $false }
        @{ Language = 'C'; Skip = -not (Test-Compiler) }
    )
}

BeforeAll {
    Import-Module (Convert-Path "$PSScriptRoot/../../out/PSSharedMemory") -Force
    . $PSScriptRoot/Peers.ps1
    $name = '/pst-fork-' + [guid]::NewGuid().ToString('N')
}

Describe 'A <Language> peer that forks' -ForEach $peers -Tag Compiler {
    BeforeAll { if (-not $Skip) { $peer = Start-Peer $Language } }
    AfterAll { if ($peer) { $null = Stop-Peer $peer } }

    It 'shares a System V segment with its child and with this process' -Skip:$Skip {
        $segment = New-ShmSegment -Private -Size 8192
        try {
            $mapping = $segment | Mount-ShmSegment
            $slot = ((Send-Peer $peer "shmat $($segment.Id)") -split ' ')[0]
            (Get-ShmSegment -Id $segment.Id).AttachCount | Should -Be 2
            $child = Send-Peer $peer 'fork'
            (Get-ShmSegment -Id $segment.Id).AttachCount | Should -Be 3
            (Get-ShmSegment -Id $segment.Id).LastProcessId | Should -Be $peer.Id

            $mapping.Writer.WriteInt32(4, 11)
            Send-Peer $peer "to $child peek $slot 4" | Should -Be 11
            $null = Send-Peer $peer "to $child poke $slot 8 -12"
            $mapping.Reader.ReadInt32(8) | Should -Be -12

            $null = Send-Peer $peer "to $child detach $slot"
            (Get-ShmSegment -Id $segment.Id).AttachCount | Should -Be 2
            Send-Peer $peer "peek $slot 8" | Should -Be -12
            Send-Peer $peer "wait $child" | Should -BeExactly 'exit 0'

            $child = Send-Peer $peer 'fork'
            $null = Send-Peer $peer "kill $child 9"
            Send-Peer $peer "wait $child" | Should -BeExactly 'signal 9'
            (Get-ShmSegment -Id $segment.Id).AttachCount | Should -Be 2
            $mapping.Reader.ReadInt32(8) | Should -Be -12
            $null = Send-Peer $peer "detach $slot"
            $mapping | Dismount-ShmSegment
        }
        finally { $segment | Remove-ShmSegment }
    }

    It 'keeps a removed segment until the last of its children has gone' -Skip:$Skip {
        $segment = New-ShmSegment -Private -Size 4096
        $slot = ((Send-Peer $peer "shmat $($segment.Id)") -split ' ')[0]
        $child = Send-Peer $peer 'fork'
        $segment | Remove-ShmSegment
        $null = Send-Peer $peer "detach $slot"
        (Get-ShmSegment -Id $segment.Id).Status | Should -Be 'RemovalPending'
        $null = Send-Peer $peer "to $child poke $slot 0 1"
        $null = Send-Peer $peer "wait $child"
        { Get-ShmSegment -Id $segment.Id -ErrorAction Stop } | Should -Throw -ErrorId 'SegmentNotFound,*'
    }

    It 'truncates an object under a mapping of this process' -Skip:$Skip {
        $segment = New-ShmSegment $name -Size 8192
        try {
            $mapping = $segment | Mount-ShmSegment
            $mapping.Writer.WriteInt32(0, 1)
            $null = Send-Peer $peer "truncate $name 4096"
            $problem = $null
            Read-ShmData $mapping -ErrorAction SilentlyContinue -ErrorVariable problem
            $problem[0].FullyQualifiedErrorId | Should -BeLike 'SegmentTruncated,*'
            $problem[0].Exception.BytesDone | Should -Be 4096
            $mapping.Reader.ReadInt32(0) | Should -Be 1
            { Write-ShmData $mapping 1 -As Int32 -Offset 4096 -ErrorAction Stop } |
                Should -Throw -ErrorId 'SegmentTruncated,*'
            [IO.FileInfo]::new("/dev/shm$name").Length | Should -Be 4096
            $mapping | Dismount-ShmSegment
        }
        finally { $segment | Remove-ShmSegment }
    }

    It 'shares its memfd by process id and descriptor' -Skip:$Skip {
        $slot, $address, $length, $descriptor = (Send-Peer $peer 'memfd pst-fork 4096') -split ' '
        $mapping = Mount-ShmSegment -ProcessId $peer.Id -Descriptor $descriptor
        $mapping.Writer.WriteInt32(0, 5)
        Send-Peer $peer "peek $slot 0" | Should -Be 5
        $mapping | Dismount-ShmSegment
        $null = Send-Peer $peer "detach $slot"
    }
}

Describe 'A program that this process starts by itself' {
    It 'inherits no descriptor of a memfd' {
        $segment = New-ShmSegment -Anonymous -Label pst-fork-own -Size 4096
        $mapping = $segment | Mount-ShmSegment
        @([IO.Directory]::GetFileSystemEntries('/proc/self/fd') |
            Where-Object { [IO.FileInfo]::new($_).LinkTarget -like '/memfd:pst-fork-own*' }).Count |
            Should -BeGreaterThan 0
        (ls -l /proc/self/fd) -join "`n" | Should -Not -Match 'pst-fork-own'
        $mapping | Dismount-ShmSegment
    }
}
