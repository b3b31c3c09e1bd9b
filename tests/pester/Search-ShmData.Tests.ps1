# What stands where: written from outside or by od's own account, found by offset.

BeforeAll {
    Import-Module "$PSScriptRoot/../../out/PSSharedMemory"
    $name = "/pst-data-search-$PID"
    $file = "/dev/shm$name"
}

Describe 'Search-ShmData' {
    BeforeEach { $mapping = New-ShmSegment $name -Size 600KB -Mount }

    AfterEach {
        $mapping.Dispose()
        Remove-Item $file -ErrorAction Ignore
    }

    It 'finds what a foreign program wrote, also across the border of two pieces' {
        perl -e 'open F, "+<", $ARGV[0]; for (5, 262142, 600*1024-4) { seek F, $_, 0; syswrite F, "\xDE\xAD\xBE\xEF" }' $file
        $hits = @(Search-ShmData $mapping ([byte[]](0xDE, 0xAD, 0xBE, 0xEF)))
        $hits.Offset | Should -Be 5, 262142, 614396
        $hits | ForEach-Object Length | Should -Be 4, 4, 4
    }

    It 'finds places that overlap' {
        Write-ShmData $mapping ([byte[]](7, 7, 7)) -Offset 100
        (Search-ShmData $mapping ([byte[]](7, 7))).Offset | Should -Be 100, 101
    }

    It 'finds text in <_>' -ForEach 'utf8', 'unicode', 'bigendianunicode', 'utf32', 'latin1' {
        Write-ShmData $mapping 'naïve' -Offset 777 -Encoding $_
        (Search-ShmData $mapping 'naïve' -Encoding $_).Offset | Should -Be 777
    }

    It 'finds numbers in either byte order' {
        Write-ShmData $mapping 16909060 -Offset 8
        Write-ShmData $mapping 16909060 -Offset 21 -ByteOrder BigEndian
        (Search-ShmData $mapping 16909060 -As Int32).Offset | Should -Be 8
        (Search-ShmData $mapping 16909060 -As Int32 -ByteOrder BigEndian).Offset | Should -Be 21
        (Search-ShmData $mapping 16909060 -As Int32 -ByteOrder BigEndian -Alignment 4) | Should -BeNullOrEmpty
    }

    It 'finds values of types as C names them, of enumerations and of arrays' {
        Write-ShmData $mapping ([byte[]](7, 0, 9, 0, 5, 0, 0, 0)) -Offset 30
        (Search-ShmData $mapping 7 -As uint16_t).Offset | Should -Be 30
        (Search-ShmData $mapping 7 -As uint16_t -ByteOrder BigEndian).Offset | Should -Be 29
        (Search-ShmData $mapping 7, 9 -As 'unsigned short').Offset | Should -Be 30
        (Search-ShmData $mapping 7, 9 -As 'uint16_t[2]').Offset | Should -Be 30
        (Search-ShmData $mapping Friday -As ([DayOfWeek])).Offset | Should -Be 34
        $type = New-ShmType 'typedef enum { IDLE, READY = 5 } state;'
        (Search-ShmData $mapping READY -As $type).Offset | Should -Be 34
        { Search-ShmData $mapping @{ a = 7 } -As 'struct { short a, b; }' -ErrorAction Stop } |
            Should -Throw -ErrorId 'PSInvalidCastException,*'
    }

    It 'finds aligned places of the mapping, wherever the range begins' {
        Write-ShmData $mapping ([byte[]](9, 9, 9, 9, 9, 9, 9, 9)) -Offset 64
        (Search-ShmData $mapping ([byte[]](9, 9)) -Alignment 4 -Offset 63).Offset | Should -Be 64, 68
    }

    It 'stops after -First' {
        (Search-ShmData $mapping ([byte[]](0, 0)) -First 2).Offset | Should -Be 0, 1
    }

    It 'looks in the range alone, and its context is not from beyond it' {
        Write-ShmData $mapping 'abcdefgh' -Offset 10
        Search-ShmData $mapping 'abc' -Offset 11 | Should -BeNullOrEmpty
        $hit = Search-ShmData $mapping 'cd' -Offset 11 -Length 5 -Context 100
        $hit.Offset | Should -Be 12
        $hit.ContextOffset | Should -Be 11
        $hit.Text | Should -BeExactly 'bcdef'
        $hit.Hex | Should -BeExactly '62 63 64 65 66'
        (Search-ShmData $mapping 'cd' -Context 1, 2).Text | Should -BeExactly 'bcdef'
        (Search-ShmData $mapping 'cd' -C 1, 2).Text | Should -BeExactly 'bcdef'
    }

    It 'takes its target by <_>' -ForEach 'parameter', 'pipeline', 'name', 'property name', 'segment' {
        Write-ShmData $mapping 'needle' -Offset 99
        $hit = switch ($_) {
            'parameter' { Search-ShmData -Mapping $mapping -Pattern 'needle' }
            'pipeline' { $mapping | Search-ShmData -Pattern 'needle' }
            'name' { Search-ShmData -Name $name -Pattern 'needle' }
            'property name' { [pscustomobject]@{ Name = $name } | Search-ShmData -Pattern 'needle' }
            'segment' { Get-ShmSegment $name | Search-ShmData -Pattern 'needle' }
        }
        $hit.Offset | Should -Be 99
    }

    It 'goes on behind a bad item' {
        Write-ShmData $mapping 'needle' -Offset 99
        $items = [pscustomobject]@{ Name = $name }, [pscustomobject]@{ Name = '/pst-data-none' },
            [pscustomobject]@{ Name = $name }
        $hits = @($items | Search-ShmData -Pattern 'needle' -ErrorAction SilentlyContinue -ErrorVariable bad)
        $hits.Count | Should -Be 2
        $bad.Count | Should -Be 1
        $bad[0].FullyQualifiedErrorId | Should -BeLike 'SegmentNotFound,*'
    }

    It 'its hits are targets of other cmdlets' {
        Write-ShmData $mapping 'needle' -Offset 99
        (Search-ShmData $mapping 'needle' | Format-ShmHex).Text | Should -BeExactly 'needle'
        (Search-ShmData -Name $name -Pattern 'needle' | Format-ShmHex -Length 3).Text | Should -BeExactly 'nee'
        Search-ShmData $mapping 'needle' | Clear-ShmData
        Search-ShmData $mapping 'needle' | Should -BeNullOrEmpty
    }

    It 'tells a hole before it searches' {
        Dismount-ShmSegment $mapping -Offset 4096 -Length 4096
        Search-ShmData $mapping 'x' -ErrorAction SilentlyContinue -ErrorVariable bad
        $bad[0].FullyQualifiedErrorId | Should -BeLike 'PageNotMapped,*'
    }

    It 'tells that a peer has cut the object, after what it found before' {
        Write-ShmData $mapping 'needle' -Offset 99
        truncate -s 8192 $file
        $hits = @(Search-ShmData $mapping 'needle' -ErrorAction SilentlyContinue -ErrorVariable bad)
        $bad[0].FullyQualifiedErrorId | Should -BeLike 'SegmentTruncated,*'
        $bad[0].CategoryInfo.Category | Should -Be InvalidData
    }

    It '<Id> for <Why>' -ForEach @(
        @{ Id = 'OutOfRange'; Why = 'an offset behind the end'; Arguments = @{ Pattern = 'x'; Offset = 1MB } }
        @{ Id = 'OutOfRange'; Why = 'a negative length'; Arguments = @{ Pattern = 'x'; Length = -1 } }
        @{ Id = 'OutOfRange'; Why = 'a number that does not fit'; Arguments = @{ Pattern = 300; As = 'Byte' } }
        @{ Id = 'OutOfRange'; Why = 'text that the encoding does not have'
            Arguments = @{ Pattern = 'é'; Encoding = 'ascii' } }
    ) {
        { Search-ShmData $mapping @Arguments -ErrorAction Stop } | Should -Throw -ErrorId "$Id,*"
    }
}
