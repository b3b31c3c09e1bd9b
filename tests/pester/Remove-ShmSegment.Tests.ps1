# Removing, with ipcs and /dev/shm as witnesses that the right one is gone, and no other.

BeforeAll {
    Import-Module "$PSScriptRoot/../../out/PSSharedMemory"
    $prefix = "pst-remove-$PID"
    function New-TestObject($Suffix) { Set-Content "/dev/shm/$prefix-$Suffix" 'x' -NoNewline }
    function Get-Left {
        Get-ChildItem "/dev/shm/$prefix*" | ForEach-Object { $_.Name.Substring("$prefix-".Length) } | Sort-Object
    }
    function Test-Id($Id) { @(ipcs -m | Where-Object { (-split $_)[1] -eq $Id }).Count -eq 1 }
}

Describe 'Remove-ShmSegment' {
    BeforeEach { 'a', 'b', 'c' | ForEach-Object { New-TestObject $_ } }

    AfterEach {
        Remove-Item "/dev/shm/$prefix*" -ErrorAction Ignore
    }

    It 'removes one by name and leaves the others' {
        Remove-ShmSegment "/$prefix-b"
        Get-Left | Should -Be @('a', 'c')
    }

    It 'removes by wildcard' {
        Remove-ShmSegment "/$prefix-[ab]"
        Get-Left | Should -Be 'c'
    }

    It 'removes what is piped, by value and by property name' {
        Get-ShmSegment "/$prefix-a" | Remove-ShmSegment
        "/$prefix-b" | Remove-ShmSegment
        [pscustomobject]@{ Name = "/$prefix-c" } | Remove-ShmSegment
        Get-Left | Should -BeNullOrEmpty
    }

    It 'removes a segment given by position' {
        Remove-ShmSegment (Get-ShmSegment "/$prefix-a")
        Remove-ShmSegment (Get-ShmSegment "/$prefix-b"), (Get-ShmSegment "/$prefix-c")
        Get-Left | Should -BeNullOrEmpty
    }

    It 'removes System V segments by id, key and object' {
        $ids = 1..3 |
            ForEach-Object { perl -e 'print shmget($ARGV[0], 10, 01600)' (0x70560000 + $PID % 4096 * 16 + $_) }
        Remove-ShmSegment -Id $ids[0]
        Remove-ShmSegment -Key (0x70560000 + $PID % 4096 * 16 + 2)
        Get-ShmSegment -Id $ids[2] | Remove-ShmSegment
        $ids | Where-Object { Test-Id $_ } | Should -BeNullOrEmpty
    }

    It 'defers the removal of an attached System V segment, which still answers' {
        $mapping = New-ShmSegment -Key (0x70570000 + $PID % 65536) -Size 100 -Mount
        $id = $mapping.Segment.Id
        Remove-ShmSegment -Id $id

        Test-Id $id | Should -BeTrue
        $pending = Get-ShmSegment -Id $id
        $pending.Status | Should -Be 'RemovalPending'
        $pending.Key | Should -Be 0
        $mapping.Writer.WriteByte(0, 1)

        $mapping.Dispose()
        Test-Id $id | Should -BeFalse
        { Get-ShmSegment -Id $id -ErrorAction Stop } | Should -Throw -ErrorId 'SegmentNotFound*'
    }

    It 'removes the same segment that was listed before its key went to 0' {
        $mapping = New-ShmSegment -Key (0x70580000 + $PID % 65536) -Size 100 -Mount
        $listed = Get-ShmSegment -Id $mapping.Segment.Id
        ipcrm -m $listed.Id
        { $listed | Remove-ShmSegment -ErrorAction Stop } | Should -Not -Throw
        $mapping.Dispose()
    }

    It 'leaves the memory of a removed object to those who have it mounted' {
        $mapping = Mount-ShmSegment "/$prefix-a"
        Remove-ShmSegment "/$prefix-a"
        Get-Left | Should -Be @('b', 'c')
        $mapping.Reader.ReadString(0, 1) | Should -BeExactly 'x'
        $mapping.Dispose()
    }

    It 'removes nothing that took the name of what was listed' {
        $listed = Get-ShmSegment "/$prefix-a"
        Move-Item "/dev/shm/$prefix-a" "/dev/shm/$prefix-old"
        New-TestObject a
        $record = { $listed | Remove-ShmSegment -ErrorAction Stop } |
            Should -Throw -ErrorId 'IdentityChanged*' -PassThru
        $record.TargetObject.Name | Should -Be "/$prefix-a"
        Get-Left | Should -Contain 'a'
    }

    It 'removes nothing with -WhatIf' {
        Remove-ShmSegment "/$prefix-*" -WhatIf
        Get-Left | Should -Be @('a', 'b', 'c')
    }

    It 'goes on after what is not there' {
        Remove-ShmSegment "/$prefix-a", "/$prefix-none",
            "/$prefix-c" -ErrorAction SilentlyContinue -ErrorVariable failed
        Get-Left | Should -Be 'b'
        $failed.Count | Should -Be 1
        $failed[0].FullyQualifiedErrorId | Should -BeLike 'SegmentNotFound,*'
    }

    It 'cannot remove a memfd, and says how it ends' {
        $segment = New-ShmSegment -Anonymous -Size 10
        { $segment | Remove-ShmSegment -ErrorAction Stop } | Should -Throw -ErrorId 'NotSupportedByKind*'
    }
}
