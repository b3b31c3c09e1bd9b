# Typed data in and out, with od, Perl and the file's own bytes as witnesses; and every range that is refused.

BeforeDiscovery {
    $scalars = @(
        @{ Type = 'Byte'; Value = [byte]255; Bytes = '255' }
        @{ Type = 'SByte'; Value = [sbyte]-128; Bytes = '128' }
        @{ Type = 'Int16'; Value = [short]-2; Bytes = '254 255' }
        @{ Type = 'UInt16'; Value = [ushort]513; Bytes = '1 2' }
        @{ Type = 'Int32'; Value = 16909060; Bytes = '4 3 2 1' }
        @{ Type = 'UInt32'; Value = [uint]::MaxValue; Bytes = '255 255 255 255' }
        @{ Type = 'Int64'; Value = [long]1; Bytes = '1 0 0 0 0 0 0 0' }
        @{ Type = 'UInt64'; Value = [ulong]::MaxValue; Bytes = '255 255 255 255 255 255 255 255' }
        @{ Type = 'Single'; Value = [float]1; Bytes = '0 0 128 63' }
        @{ Type = 'Double'; Value = [double]-2; Bytes = '0 0 0 0 0 0 0 192' }
    )
    $badRanges = @(
        @{ Offset = -1; Count = 1 }
        @{ Offset = 0; Count = -1 }
        @{ Offset = 0; Count = 1001 }
        @{ Offset = 1000; Count = 1 }
        @{ Offset = [long]::MaxValue; Count = 1 }
        @{ Offset = 0; Count = [long]::MaxValue }
        @{ Offset = 1; Count = [long]::MaxValue }
        @{ Offset = [long]::MinValue; Count = [int]::MaxValue }
    )
}

BeforeAll {
    Import-Module "$PSScriptRoot/../../out/PSSharedMemory"
    $name = "/pst-data-$PID"
    $file = "/dev/shm$name"
    function Get-FileBytes($Offset, $Count) {
        [System.IO.File]::ReadAllBytes($file)[$Offset..($Offset + $Count - 1)] -join ' '
    }
}

Describe 'Write-ShmData and Read-ShmData' {
    BeforeEach { $mapping = New-ShmSegment $name -Size 1000 -Mount }

    AfterEach {
        $mapping.Dispose()
        Remove-Item $file -Force -ErrorAction Ignore
    }

    Context 'numbers' {
        It '<Type> goes out and comes back' -ForEach $scalars {
            Write-ShmData $mapping $Value -As $Type -Offset 3
            Get-FileBytes 3 ($Bytes.Split(' ').Count) | Should -Be $Bytes
            $read = Read-ShmData $mapping -As $Type -Offset 3 -Count 1 -NoEnumerate
            $read.GetType().Name | Should -Be "$Type[]"
            $read[0] | Should -Be $Value
        }

        It '<Type> is written by the type of the value if -As is not given' -ForEach $scalars {
            Write-ShmData $mapping $Value
            Get-FileBytes 0 ($Bytes.Split(' ').Count) | Should -Be $Bytes
        }

        It '<Type> is turned for the other byte order' -ForEach $scalars {
            Write-ShmData $mapping $Value -As $Type -ByteOrder BigEndian
            $expected = $Bytes.Split(' ')
            [array]::Reverse($expected)
            Get-FileBytes 0 $expected.Count | Should -Be ($expected -join ' ')
            (Read-ShmData $mapping -As $Type -Count 1 -ByteOrder BigEndian)[0] | Should -Be $Value
        }

        It 'gives one value without -Count, each with it, and one array with -NoEnumerate' {
            Write-ShmData $mapping 7, 8, 9 -As Int32
            Read-ShmData $mapping -As Int32 | Should -BeOfType ([int])
            Read-ShmData $mapping -As Int32 -Offset 4 | Should -Be 8
            Read-ShmData $mapping -As Int32 -Count 3 | Where-Object { $_ -gt 7 } | Should -Be 8, 9
            (Read-ShmData $mapping -As Int32 -Count 3 | Measure-Object -Sum).Sum | Should -Be 24
            $a, $b = Read-ShmData $mapping -As Int32 -Count 2
            "$a $b" | Should -Be '7 8'
            $array = Read-ShmData $mapping -As Int32 -Count 3 -NoEnumerate
            , $array | Should -BeOfType ([int[]])
            $array -join ',' | Should -Be '7,8,9'
        }

        It 'gives all bytes to the end by default' {
            (Read-ShmData $mapping).Length | Should -Be 1000
            (Read-ShmData $mapping -Offset 990).Length | Should -Be 10
            , (Read-ShmData $mapping) | Should -BeOfType ([byte[]])
            , (Read-ShmData $mapping -Count 4) | Should -BeOfType ([byte[]])
            (Read-ShmData $mapping -As Byte -Count 4 | Measure-Object).Count | Should -Be 4
        }

        It 'gives an empty array for no values' {
            (Read-ShmData $mapping -As Int32 -Count 0 -NoEnumerate).Length | Should -Be 0
        }

        It 'takes a .NET type for -As' {
            Write-ShmData $mapping 5 -As ([short])
            Read-ShmData $mapping -As ([short]) | Should -Be 5
        }

        It 'converts values to the type asked' {
            Write-ShmData $mapping '5', 6.0, 7 -As Int16
            Get-FileBytes 0 6 | Should -Be '5 0 6 0 7 0'
        }

        It 'writes nothing if one value does not fit' {
            $record = { Write-ShmData $mapping 1, 2, 300 -As Byte -ErrorAction Stop } |
                Should -Throw -ErrorId 'OutOfRange*' -PassThru
            $record.CategoryInfo.Category | Should -Be 'InvalidArgument'
            { Write-ShmData $mapping 1, 'x' -As Byte -ErrorAction Stop } | Should -Throw
            { Write-ShmData $mapping -1 -As UInt32 -ErrorAction Stop } | Should -Throw -ErrorId 'OutOfRange*'
            Get-FileBytes 0 4 | Should -Be '0 0 0 0'
        }

        It 'refuses what is no type' {
            { Read-ShmData $mapping -As Nonsense } | Should -Throw -ErrorId 'CannotConvertArgument*'
            { $mapping | Read-ShmData Nonsense } | Should -Throw -ErrorId 'CannotConvertArgument*'
            { Read-ShmData $mapping -As $null } | Should -Throw -ErrorId 'ParameterArgumentValidationError*'
        }

        It 'reads a million numbers as one array' {
            $large = New-ShmSegment -Private -Size 4000000 -Mount -Ephemeral
            $large.Writer.WriteInt32(3999996, 42)
            $array = Read-ShmData $large -As Int32 -Count 1000000 -NoEnumerate
            $array.Length | Should -Be 1000000
            $array[999999] | Should -Be 42
            $large.Dispose()
        }
    }

    Context 'values whose size is plain' {
        It 'writes booleans as C has them, one byte each' {
            Write-ShmData $mapping $true
            Write-ShmData $mapping $false, $true -Offset 1
            Get-FileBytes 0 4 | Should -Be '1 0 1 0'
            Read-ShmData $mapping -As Boolean | Should -BeTrue
            Read-ShmData $mapping -As ([bool]) -Count 3 | Should -Be $true, $false, $true
        }

        It 'writes an enum as its number' {
            Write-ShmData $mapping ([System.DayOfWeek]::Thursday), ([System.DayOfWeek]::Friday)
            Read-ShmData $mapping -As Int32 -Count 2 | Should -Be 4, 5
            Write-ShmData $mapping ([System.Security.AccessControl.AceType]::AccessDenied) -Offset 16
            Get-FileBytes 16 2 | Should -Be '1 0'
        }

        It 'writes a date as its ticks in UTC' {
            $date = [datetime]'2026-03-04T05:06:07+02:00'
            Write-ShmData $mapping $date
            [datetime]::new((Read-ShmData $mapping -As Int64), 'Utc') | Should -Be $date.ToUniversalTime()
            Write-ShmData $mapping ([timespan]'00:00:02')
            Read-ShmData $mapping -As Int64 | Should -Be 20000000
        }
    }

    Context 'arrays of several dimensions' {
        It 'are read as a peer keeps them, and written back' {
            python3 -c "import array,sys; open('$file','r+b').write(array.array('d', [i / 2 for i in range(12)]).tobytes())"
            $grid = Read-ShmData $mapping -As Double -Shape 3, 4
            , $grid | Should -BeOfType ([double[, ]])
            $grid.GetLength(0) | Should -Be 3
            $grid[0, 3] | Should -Be 1.5
            $grid[2, 1] | Should -Be 4.5
            $grid[2, 1] = -1
            Write-ShmData $mapping $grid -Offset 96
            python3 -c "import struct; print(struct.unpack_from('12d', open('$file','rb').read(), 96)[9])" |
                Should -Be '-1.0'
            (Read-ShmData $mapping -As float64 -Shape 2, 3, 2).Rank | Should -Be 3
        }

        It 'are refused where the numbers do not agree or are none' {
            { Read-ShmData $mapping -As Double -Shape 3, 4 -Count 5 -ErrorAction Stop } |
                Should -Throw -ErrorId 'OutOfRange*'
            { Read-ShmData $mapping -As Double -Shape 100000, 100000 -ErrorAction Stop } |
                Should -Throw -ErrorId 'OutOfRange*'
            { Read-ShmData $mapping -As CString -Shape 2, 2 -ErrorAction Stop } |
                Should -Throw -ErrorId 'NotSupportedByKind*'
        }
    }

    Context 'text' {
        It 'is not written where <Encoding> has no bytes for it' -ForEach @(
            @{ Encoding = 'ascii'; Text = 'caf' + [char]0xE9 }
            @{ Encoding = 'latin1'; Text = 'price in ' + [char]0x20AC }
            @{ Encoding = 'utf8'; Text = 'half a pair ' + [char]0xD800 }
        ) {
            foreach ($before in 0, 122) {
                [System.IO.File]::WriteAllText($file, [string]::new([char]$before, 1000))
                Write-ShmData $mapping $Text -Encoding $Encoding -ErrorVariable failure -ErrorAction SilentlyContinue
                $failure[0].FullyQualifiedErrorId | Should -BeLike 'OutOfRange,*'
                Get-FileBytes 0 4 | Should -Be "$before $before $before $before"
            }
        }

        It 'round-trips exactly in <_>' -ForEach @('utf8', 'unicode', 'bigendianunicode', 'utf32', 'bigendianutf32') {
            $text = "aé日😀`0`r`n" + [char]0x100 + 'z'
            Write-ShmData $mapping $text -Encoding $_ -Offset 11
            $dotnet = @{ utf8 = 'utf-8'; unicode = 'utf-16'; bigendianunicode = 'utf-16BE'; utf32 = 'utf-32'
                bigendianutf32 = 'utf-32BE' }
            $count = [Text.Encoding]::GetEncoding($dotnet[$_]).GetByteCount($text)
            Read-ShmData $mapping -As String -Count $count -Encoding $_ -Offset 11 | Should -BeExactly $text
        }

        It 'stops a C string at its NUL' {
            Write-ShmData $mapping "one`0two" -As String
            Read-ShmData $mapping -As CString | Should -BeExactly 'one'
            Read-ShmData $mapping -As String -Count 7 | Should -BeExactly "one`0two"
        }

        It 'puts a NUL behind text with -NullTerminated and -As CString' {
            [System.IO.File]::WriteAllText($file, 'z' * 1000)
            Write-ShmData $mapping 'ab' -NullTerminated
            Write-ShmData $mapping 'cd' -As CString -Offset 10
            Get-FileBytes 0 4 | Should -Be '97 98 0 122'
            Read-ShmData $mapping -As CString -Offset 10 | Should -BeExactly 'cd'
        }

        It 'leaves what follows alone without them' {
            [System.IO.File]::WriteAllText($file, 'z' * 1000)
            Write-ShmData $mapping 'ab'
            Get-FileBytes 0 3 | Should -Be '97 98 122'
        }

        It 'writes nothing of a text that does not fit' {
            { Write-ShmData $mapping ('x' * 11) -Offset 990 -ErrorAction Stop } | Should -Throw -ErrorId 'OutOfRange*'
            { Write-ShmData $mapping ('x' * 10) -Offset 990 -NullTerminated -ErrorAction Stop } |
                Should -Throw -ErrorId 'OutOfRange*'
            Get-FileBytes 990 10 | Should -Be '0 0 0 0 0 0 0 0 0 0'
            Write-ShmData $mapping ('x' * 10) -Offset 990
            Read-ShmData $mapping -As CString -Offset 990 | Should -BeExactly ('x' * 10)
        }

        It 'refuses a NUL within a C string' {
            { Write-ShmData $mapping "a`0b" -NullTerminated -ErrorAction Stop } |
                Should -Throw -ErrorId 'InvalidStructure*'
        }

        It 'writes the empty string as nothing, or as its NUL' {
            [System.IO.File]::WriteAllText($file, 'z' * 1000)
            Write-ShmData $mapping ''
            Get-FileBytes 0 1 | Should -Be '122'
            Write-ShmData $mapping '' -NullTerminated
            Get-FileBytes 0 2 | Should -Be '0 122'
        }
    }

    Context 'targets' {
        It 'mounts for one call by name, id, key and from the pipeline' {
            $key = 0x70590000 + $PID % 65536
            $segment = New-ShmSegment -Key $key -Size 100
            Write-ShmData -Id $segment.Id -Value 1
            Write-ShmData -Key $key -Value 2 -Offset 4
            $segment | Write-ShmData -Value 3 -Offset 8
            Write-ShmData -Name $name -Value 4
            (Read-ShmData -Id $segment.Id -As Int32 -Count 3) -join ',' | Should -Be '1,2,3'
            (Get-ShmSegment -Id $segment.Id).AttachCount | Should -Be 0
            $mapping | Read-ShmData -As Int32 | Should -Be 4
            Remove-ShmSegment -Id $segment.Id
        }

        It 'takes a mapping, a segment or a name by position' {
            Write-ShmData $mapping 1
            Write-ShmData $mapping.Segment 2 -Offset 4
            Write-ShmData $name 3 -Offset 8
            (Read-ShmData $name Int32 -Count 3) -join ',' | Should -Be '1,2,3'
            Read-ShmData (Get-ShmSegment $name) Int32 | Should -Be 1
        }

        It 'writes nothing with -WhatIf' {
            Write-ShmData $mapping 5 -WhatIf
            Get-FileBytes 0 1 | Should -Be '0'
        }

        It 'needs no permission to write for reading' {
            chmod 400 $file
            (Read-ShmData -Name $name).Length | Should -Be 1000
        }
    }

    Context 'ranges' {
        It 'refuses <Count> bytes at <Offset>' -ForEach $badRanges {
            $record = { Read-ShmData $mapping -Offset $Offset -Count $Count -ErrorAction Stop } |
                Should -Throw -ErrorId 'OutOfRange*' -PassThru
            $record.CategoryInfo.Category | Should -Be 'InvalidArgument'
            $plain = New-ShmSegment -Private -Size 1000 -Mount -Ephemeral
            { Read-ShmData $plain -Offset $Offset -Count $Count -ErrorAction Stop } |
                Should -Throw -ErrorId 'OutOfRange*'
            $plain.Dispose()
        }

        It 'refuses to write beyond the end, and writes nothing' {
            { Write-ShmData $mapping 1 -Offset 997 -ErrorAction Stop } | Should -Throw -ErrorId 'OutOfRange*'
            { Write-ShmData $mapping 1 -Offset -1 -ErrorAction Stop } | Should -Throw -ErrorId 'OutOfRange*'
            Get-FileBytes 997 3 | Should -Be '0 0 0'
        }

        It 'says SegmentTruncated when a peer makes the object smaller, and never makes it larger' {
            perl -e 'truncate $ARGV[0], 0' $file
            $record = { Read-ShmData $mapping -ErrorAction Stop } | Should -Throw -ErrorId 'SegmentTruncated*' -PassThru
            $record.CategoryInfo.Category | Should -Be 'InvalidData'
            $record.Exception.BytesDone | Should -Be 0
            { Write-ShmData $mapping 1 -Offset 500 -ErrorAction Stop } | Should -Throw -ErrorId 'SegmentTruncated*'
            ([System.IO.FileInfo]$file).Length | Should -Be 0
        }
    }
}

Describe 'Read-ShmData -Stride' {
    It 'reads one member of each struct, as Perl has written them' {
        $name = "pst-stride-$PID"
        perl -e 'open F, ">", $ARGV[0]; print F pack("V a12", $_ * 7, "row $_") for 1 .. 4' "/dev/shm/$name"
        Read-ShmData $name Int32 -Stride 16 -Count 4 | Should -Be 7, 14, 21, 28
        Read-ShmData $name UInt32 -Stride 16 | Should -Be 7, 14, 21, 28
        Read-ShmData $name CString -Offset 4 -Stride 16 -Count 2 | Should -Be 'row 1', 'row 2'
        Read-ShmData $name -As 'struct { int a; char b[12]; }' -Stride 32 |
            ForEach-Object b | Should -Be 'row 1', 'row 3'
        { Read-ShmData $name Int32 -Stride 16 -Count 5 -ErrorAction Stop } | Should -Throw -ErrorId 'OutOfRange,*'
        { Read-ShmData $name -Stride 16 -ErrorAction Stop } | Should -Throw -ErrorId 'NotSupportedByKind,*'
        Remove-ShmSegment $name
    }

    It 'ends behind the last value, however long the stride is' {
        $name = "pst-stride-far-$PID"
        perl -e 'open F, ">", $ARGV[0]; print F pack("V2", 7, 14)' "/dev/shm/$name"
        $far = @{ As = 'Int32'; Offset = 4; Stride = [long]::MaxValue; ErrorAction = 'Stop' }
        Read-ShmData $name @far -Count 1 | Should -Be 14
        Read-ShmData $name @far | Should -Be 14
        { Read-ShmData $name @far -Count 2 } | Should -Throw -ErrorId 'OutOfRange,*'
        Remove-ShmSegment $name
    }
}

Describe 'Read-ShmData of more than is wanted' {
    BeforeAll {
        # As one thread allocates it; the bytes themselves are one copy.
        function Get-Allocated([scriptblock] $Block) {
            $null = & $Block
            $before = [System.GC]::GetAllocatedBytesForCurrentThread()
            $null = & $Block
            [System.GC]::GetAllocatedBytesForCurrentThread() - $before
        }
        $mapping = New-ShmSegment -Anonymous -Size 8MB -Mount
        $type = New-ShmType 'struct row { int id; double value; char name[16]; };'
        $full = 8MB / $type.Size
        Write-ShmData $mapping @{ id = 7; value = 1.5; name = 'third' } -As $type -Offset (2 * $type.Size)
    }

    AfterAll { $mapping.Dispose() }

    It 'passes on the first <What> before the others are made' -ForEach @(
        @{ What = 'numbers'; Arguments = { @{ As = 'Int32'; Count = 2MB } } }
        @{ What = 'structs'; Arguments = { @{ As = $type; Count = $full } } }
    ) {
        $arguments = & $Arguments
        Get-Allocated { Read-ShmData $mapping @arguments | Select-Object -First 5 } | Should -BeLessThan 20MB
        @(Read-ShmData $mapping @arguments | Select-Object -First 5).Count | Should -Be 5
    }

    It 'gives each struct as it stands there' {
        $rows = Read-ShmData $mapping -As $type -Count 4
        $rows.Count | Should -Be 4
        $rows.id | Should -Be 0, 0, 7, 0
        $rows[2].name | Should -BeExactly 'third'
        @(Read-ShmData $mapping -As $type -Count 0).Count | Should -Be 0
        (Read-ShmData $mapping -As $type -Count 4 -NoEnumerate).GetType().IsArray | Should -BeTrue
    }

    It 'gives nothing of a range that is not there: <_>' -ForEach -1, 1000000 {
        $rows = { Read-ShmData $mapping -As $type -Count $_ -OutVariable got -ErrorAction Stop } |
            Should -Throw -ErrorId 'OutOfRange,*' -PassThru
        $rows | Should -Not -BeNullOrEmpty
        $got | Should -BeNullOrEmpty
    }
}
