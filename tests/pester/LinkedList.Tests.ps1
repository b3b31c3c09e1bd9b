# The arena and the list in the layout of a C header, with Perl as the witness of its bytes and a C program that uses
# it.

BeforeDiscovery {
    . "$PSScriptRoot/Peers.ps1"
    $noCompiler = -not (Test-Compiler)
}

BeforeAll {
    Import-Module "$PSScriptRoot/../../out/PSSharedMemory"
    . "$PSScriptRoot/SyncPeers.ps1"
    $name = "/pst-list-$PID"
    function Get-Header {
        perl -e 'open F, "</dev/shm$ARGV[0]"; read F, $b, 24; print join " ", unpack "L2 l2 Q", $b' $name
    }
    function Get-Node($Offset) {
        perl -e 'open F, "</dev/shm$ARGV[0]"; seek F, $ARGV[1], 0; read F, $b, 8; print join " ", unpack "l2", $b' $name $Offset
    }
}

Describe 'An arena and a list' {
    BeforeEach { $m = New-ShmSegment $name 4KB -Mount }

    AfterEach {
        Dismount-ShmSegment $m -ErrorAction Ignore
        Remove-Item "/dev/shm$name" -ErrorAction Ignore
    }

    It 'has the header of its layout' {
        $arena = New-ShmArena $m
        Get-Header | Should -Be "$(0x534D454D) 1 -1 -1 24"
        $arena.Capacity | Should -Be 4096
        $arena.Allocate(3) | Should -Be 24
        $arena.Allocate(9) | Should -Be 32
        $arena.NextFreeOffset | Should -Be 48
        Get-Header | Should -Be "$(0x534D454D) 1 -1 -1 48"
    }

    It 'puts new nodes at the head' {
        $null = New-ShmArena $m
        $null = New-ShmList $m
        Add-ShmListItem -Mapping $m -Value 10
        Add-ShmListItem -Mapping $m -Value 20, -30
        Get-Header | Should -Be "$(0x534D454D) 1 40 -1 48"
        Get-Node 24 | Should -Be '10 -1'
        Get-Node 32 | Should -Be '20 24'
        Get-Node 40 | Should -Be '-30 32'
        $items = @(Get-ShmListItem -Mapping $m)
        $items.Value | Should -Be @(-30, 20, 10)
        $items.Offset | Should -Be @(40, 32, 24)
    }

    It 'takes values from the pipeline, and mappings, and names' {
        $null = New-ShmList $m
        1..3 | Add-ShmListItem $m
        $m | Add-ShmListItem -Value 4
        (Add-ShmListItem -Name $name -Value 5 -PassThru).Offset | Should -Be 56
        (Get-ShmListItem -Name $name).Value | Should -Be @(5, 4, 3, 2, 1)
        ($m | Get-ShmListItem).Value | Should -Be @(5, 4, 3, 2, 1)
        (Get-ShmSegment $name | Get-ShmListItem).Value | Should -Be @(5, 4, 3, 2, 1)
    }

    It 'goes on after a bad value in the middle' {
        $null = New-ShmList $m
        1, 3000000000, 2, 'x', 3 | Add-ShmListItem $m -ErrorVariable failure -ErrorAction SilentlyContinue
        foreach ($record in $failure) { $record.FullyQualifiedErrorId | Should -BeLike 'OutOfRange,*' }
        $failure.TargetObject | Should -Be @(3000000000, 'x')
        (Get-ShmListItem $m).Value | Should -Be @(3, 2, 1)
    }

    It 'is not made where its header does not fit, and nothing is written there' {
        $tiny = New-ShmSegment "$name-tiny" 16 -Mount
        { New-ShmArena $tiny -ErrorAction Stop } | Should -Throw -ErrorId 'OutOfRange,*'
        { New-ShmList $tiny -ErrorAction Stop } | Should -Throw -ErrorId 'OutOfRange,*'
        @((Get-Content "/dev/shm$name-tiny" -AsByteStream -Raw) -ne 0).Count | Should -Be 0
        Dismount-ShmSegment $tiny
        Remove-ShmSegment "$name-tiny"
    }

    It 'is not made anew by accident' {
        $null = New-ShmList $m
        { New-ShmArena $m -ErrorAction Stop } | Should -Throw -ErrorId 'SegmentExists,*'
        Add-ShmListItem $m 1
        { New-ShmList $m -ErrorAction Stop } | Should -Throw -ErrorId 'SegmentExists,*'
        $null = New-ShmArena $m -Force
        Get-ShmListItem $m | Should -BeNullOrEmpty
    }

    It 'is not changed with -WhatIf' {
        New-ShmArena $m -WhatIf
        New-ShmList $m -WhatIf
        Get-Header | Should -Be '0 0 0 0 0'
        $null = New-ShmList $m
        Add-ShmListItem $m 1 -WhatIf
        Get-Header | Should -Be "$(0x534D454D) 1 -1 -1 24"
    }

    It 'says NoSpace when it is full, and stays whole' {
        $null = New-ShmList $m
        1..509 | Add-ShmListItem $m
        { Add-ShmListItem $m 510 -ErrorAction Stop } | Should -Throw -ErrorId 'NoSpace,*'
        @(Get-ShmListItem $m).Count | Should -Be 509
    }

    It 'says InvalidStructure for <What>, after <Sound> sound items' -ForEach @(
        @{ What = 'another magic'; Offset = 0; Value = 0x534D454E; Sound = 0 }
        @{ What = 'another version'; Offset = 4; Value = 2; Sound = 0 }
        @{ What = 'a head out of range'; Offset = 8; Value = 4096; Sound = 0 }
        @{ What = 'a head within the header'; Offset = 8; Value = 16; Sound = 0 }
        @{ What = 'a next free offset out of range'; Offset = 16; Value = 5000; Sound = 0 }
        @{ What = 'a next free offset that is not aligned'; Offset = 16; Value = 43; Sound = 0 }
        @{ What = 'a link out of range'; Offset = 36; Value = 4096; Sound = 2 }
        @{ What = 'a negative link'; Offset = 36; Value = -8; Sound = 2 }
        @{ What = 'a link that is not aligned'; Offset = 36; Value = 28; Sound = 2 }
        @{ What = 'a link to what was not allocated'; Offset = 36; Value = 48; Sound = 2 }
        @{ What = 'a cycle'; Offset = 28; Value = 40; Sound = 3 }
        @{ What = 'a node that is its own next'; Offset = 28; Value = 24; Sound = 3 }
    ) {
        $null = New-ShmList $m
        1..3 | Add-ShmListItem $m
        perl -e 'open F, "+</dev/shm$ARGV[0]"; seek F, $ARGV[1], 0; syswrite F, pack("l", $ARGV[2])' $name $Offset $Value
        @(Get-ShmListItem $m -ErrorVariable failure -ErrorAction SilentlyContinue) | Should -HaveCount $Sound
        $failure.Count | Should -Be 1
        $failure[0].FullyQualifiedErrorId | Should -BeLike 'InvalidStructure,*'
        $failure[0].CategoryInfo.Category | Should -Be 'InvalidData'
    }

    It 'is read as it comes, and the reading can stop' {
        $null = New-ShmList $m
        1..100 | Add-ShmListItem $m
        $first = @(foreach ($item in Get-ShmListItem $m | ForEach-Object { $_ }) { $item; break })
        $first[0].Value | Should -Be 100
    }

    It 'is created, read and extended by a C program' -Tag Compiler -Skip:$noCompiler {
        $peer = Start-SyncPeer $name
        $null = Send-Peer $peer 'list-create'
        $null = Send-Peer $peer 'list-add 1'
        Add-ShmListItem $m 2
        $null = Send-Peer $peer 'list-add 3'
        (Get-ShmListItem $m).Value | Should -Be @(3, 2, 1)
        Send-Peer $peer 'list-print' | Should -Be '3 2 1 end'
        $null = New-ShmArena $m -Force
        Add-ShmListItem $m -7
        Send-Peer $peer 'list-print' | Should -Be '-7 end'
        Stop-Peer $peer | Should -Be 0
    }

    It 'stays whole while writers are killed' -Tag Compiler -Skip:$noCompiler {
        $big = New-ShmSegment "$name-big" 8MB -Mount
        $null = New-ShmList $big
        $random = [Random]::new(7)
        foreach ($round in 1..40) {
            $peer = Start-SyncPeer "$name-big"
            $null = Send-Peer $peer "list-adds-forever $round"
            0..$random.Next(10) | ForEach-Object { Add-ShmListItem $big -1 }
            Stop-Peer $peer -Kill | Should -Be 137
        }
        $items = @(Get-ShmListItem $big -ErrorAction Stop)
        $items.Count | Should -BeGreaterThan 40
        Add-ShmListItem $big 1000
        @(Get-ShmListItem $big).Count | Should -Be ($items.Count + 1)
        Dismount-ShmSegment $big
        Remove-ShmSegment "$name-big"
    }
}
