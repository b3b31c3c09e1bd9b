# Segments of other namespaces, used as if they were here, and never mistaken for what is here. The witnesses are in the
# other namespace: the peer's own words, and the kernel's table by nsenter.

BeforeDiscovery {
    . "$PSScriptRoot/Spaces.ps1"
    $closed = -not (Test-Space)
}

BeforeAll {
    Import-Module "$PSScriptRoot/../../out/PSSharedMemory"
    . "$PSScriptRoot/Peers.ps1"
    . "$PSScriptRoot/Spaces.ps1"
}

Describe 'System V segments of another namespace' -Tag Root -Skip:$closed {
    BeforeEach {
        $space = Start-Space
        $id = [int] (Send-Peer $space 'shmget 0x5081 8192')
        $slot = (Send-Peer $space "shmat $id rw") -split ' '
        $there = Get-ShmSegment -Namespace $space.Id -Id $id
    }

    AfterEach { $null = Stop-Peer $space }

    It 'are listed with the namespace that they are of, and not here' {
        $there.Namespace | Should -BeExactly (Get-IpcName $space.Id)
        $there.Label | Should -BeExactly "id $id in $(Get-IpcName $space.Id)"
        $there.AttachCount | Should -Be 1
        $there.CreatorProcessId | Should -Be $space.Id
        Get-ShmSegment -Key 0x5081 -ErrorAction Ignore | Should -BeNullOrEmpty
        (Get-ShmSegment -Namespace $space.Id -Key 0x5081).Id | Should -Be $id
        Get-ShmSegment -Namespace $space.Id -Kind Posix | Should -BeNullOrEmpty
    }

    It 'are found by every form that a place has' {
        (Get-ShmNamespace $space.Id | Get-ShmSegment).Id | Should -Be $id
        (Get-ShmSegment -Namespace (Get-ShmNamespace $space.Id)).Id | Should -Be $id
        (Get-ShmSegment -Namespace (Get-IpcName $space.Id)).Id | Should -Be $id
        (Get-ShmSegment -Namespace $space).Id | Should -Be $id
        Get-ShmSegment -Namespace * -WarningAction Ignore | Where-Object Namespace -CEQ $there.Namespace | Should -HaveCount 1
    }

    It 'are read, written, searched and exported' {
        Write-ShmData -Segment $there -Value 4711 -As Int32 -Offset 8
        Send-Peer $space "peek $($slot[0]) 8" | Should -Be 4711
        $null = Send-Peer $space "poke $($slot[0]) 12 815"
        $there | Read-ShmData -As Int32 -Offset 12 | Should -Be 815
        ($there | Search-ShmData ([byte[]] (0x2f, 0x03, 0, 0))).Offset | Should -Be 12
        $there | Export-ShmSegment "$TestDrive/there.bin"
        [BitConverter]::ToInt32([IO.File]::ReadAllBytes("$TestDrive/there.bin"), 12) | Should -Be 815
    }

    It 'are mounted for as long as one likes, also when the namespace has ended' {
        $mapping = $there | Mount-ShmSegment
        try {
            Get-TableThere $space.Id | Should -Match '^\s*\S+\s+\d+\s+600\s+8192\s+\d+\s+\d+\s+2\s'
            $null = Send-Peer $space "poke $($slot[0]) 0 33"
            $mapping.Reader.ReadInt32(0) | Should -Be 33
            $mapping.Segment.Namespace | Should -BeExactly $there.Namespace
            $null = Stop-Peer $space
            $mapping.Reader.ReadInt32(0) | Should -Be 33
        }
        finally {
            $mapping.Dispose()
            $space = Start-Space
        }
    }

    It 'that this process has mounted are not taken for those of here' {
        $here = New-ShmSegment -Private -Size 8KB
        $mapping = $there | Mount-ShmSegment
        try {
            $mine = @(Get-ShmAttachment -ProcessId $PID | Where-Object Kind -EQ SysV)
            $mine | Should -HaveCount 1
            $mine.Namespace | Should -BeExactly $there.Namespace
            $mine.Segment | Should -Be $there
            $stat = $there | Get-ShmStat
            $stat.HolderProcessIds | Sort-Object | Should -Be (@($PID, $space.Id) | Sort-Object)
            $stat.HolderCount | Should -Be 2
            ($here | Get-ShmStat).Verdict | Should -Be Unattached
            Get-ShmMapping | Should -HaveCount 1
            { Dismount-ShmSegment "id $id" -ErrorAction Stop } | Should -Throw -ErrorId 'SegmentNotFound,*'
            $there | Dismount-ShmSegment
            Get-ShmMapping | Should -BeNullOrEmpty
        }
        finally {
            $mapping.Dispose()
            $here | Remove-ShmSegment
        }
    }

    It 'are changed and removed there, and only there' {
        $there | Set-ShmSegment -Mode 0640
        Get-TableThere $space.Id | Should -Match '\s640\s'
        $there | Remove-ShmSegment
        # It waits for its last detach.
        Get-TableThere $space.Id | Should -Match '\s1640\s'
        $null = Send-Peer $space "detach $($slot[0])"
        Get-TableThere $space.Id | Should -BeNullOrEmpty
        { $there | Remove-ShmSegment -ErrorAction Stop } | Should -Throw -ErrorId 'SegmentNotFound,*'
    }

    It 'tell whose they are when removal asks' {
        Start-Transcript "$TestDrive/whatif.txt" | Out-Null
        $there | Remove-ShmSegment -WhatIf
        Stop-Transcript | Out-Null
        [IO.File]::ReadAllText("$TestDrive/whatif.txt") | Should -Match ([regex]::Escape($there.Label))
    }

    It 'have holders, attachments and orphans' {
        $stat = Get-ShmStat -Namespace $space.Id
        $stat.HolderCount | Should -Be 1
        $stat.HolderProcessIds | Should -Be $space.Id
        $stat.Verdict | Should -Be InUse
        $attachment = Get-ShmAttachment -Namespace $space.Id
        $attachment.ProcessId | Should -Be $space.Id
        $attachment.Segment | Should -Be $there
        ($attachment | Read-ShmData -As Int32) | Should -Be 0
        Find-ShmOrphan -Namespace $space.Id -OlderThan 0s | Should -BeNullOrEmpty
        $lost = & nsenter --target $space.Id --ipc perl -e 'print shmget(0x5082, 4096, 01600)'
        $orphan = Find-ShmOrphan -Namespace $space.Id -OlderThan 0s
        $orphan.Id | Should -Be $lost
        (Get-ShmNamespace $space.Id | Find-ShmOrphan -OlderThan 0s).Id | Should -Be $lost
        $orphan | Remove-ShmSegment
        Get-TableThere $space.Id | Should -HaveCount 1
    }

    It 'travel through jobs, JSON and CSV, and come back to where they were' {
        $serialized = [Management.Automation.PSSerializer]::Deserialize([Management.Automation.PSSerializer]::Serialize($there))
        $json = $there | ConvertTo-Json | ConvertFrom-Json
        $csv = $there | ConvertTo-Csv | ConvertFrom-Csv
        $row = $there | Select-Object Id, Namespace
        foreach ($form in $serialized, $json, $csv, $row) {
            $null = Send-Peer $space "poke $($slot[0]) 0 $(Get-Random)"
            $form | Read-ShmData -As Int32 | Should -Be ([int] (Send-Peer $space "peek $($slot[0]) 0"))
        }
        { [pscustomobject] @{ Id = $id; Namespace = 'ipc:[1]' } | Read-ShmData -ErrorAction Stop } |
            Should -Throw -ErrorId 'SegmentNotFound,*'
    }
}

Describe 'The same id in two namespaces' -Tag Root -Skip:$closed {
    BeforeAll {
        # The first segment of a namespace has the id 0 in each: as like as two can be.
        $one = Start-Space
        $other = Start-Space
        foreach ($space in $one, $other) { Send-Peer $space 'shmget 0x5091 4096' | Should -Be 0 }
        $inOne = Get-ShmSegment -Namespace $one.Id -Id 0
        $inOther = Get-ShmSegment -Namespace $other.Id -Id 0
    }

    AfterAll { $one, $other | ForEach-Object { $null = Stop-Peer $_ } }

    It 'is two segments' {
        $inOne | Should -Not -Be $inOther
        @($inOne, $inOther | Get-ShmStat) | Should -HaveCount 2
        @(Get-ShmSegment -Id 0 -Namespace $one.Id, $other.Id) | Should -HaveCount 2
    }

    It 'is written where it is' {
        $inOne | Write-ShmData 1 -As Int32
        $inOther | Write-ShmData 2 -As Int32
        $slot = (Send-Peer $one 'shmat 0 r') -split ' '
        Send-Peer $one "peek $($slot[0]) 0" | Should -Be 1
        $null = Send-Peer $one "detach $($slot[0])"
        $inOther | Read-ShmData -As Int32 | Should -Be 2
    }

    It 'is removed where it is, by object, in a mixed pipeline and by its text' {
        $here = New-ShmSegment -Private -Size 4KB
        try {
            { "$inOne" | Remove-ShmSegment -ErrorAction Stop } | Should -Throw
            $here, $inOther | Remove-ShmSegment -WhatIf
            Get-TableThere $one.Id | Should -HaveCount 1
            $inOther | Remove-ShmSegment -IfUnused
            Get-TableThere $other.Id | Should -BeNullOrEmpty
            Get-TableThere $one.Id | Should -HaveCount 1
            Get-ShmSegment -Id $here.Id | Should -HaveCount 1
            { $inOther | Remove-ShmSegment -ErrorAction Stop } | Should -Throw -ErrorId 'SegmentNotFound,*'
            Get-TableThere $one.Id | Should -HaveCount 1
        }
        finally { $here | Remove-ShmSegment }
        $inOne | Remove-ShmSegment
        Get-TableThere $one.Id | Should -BeNullOrEmpty
    }
}
