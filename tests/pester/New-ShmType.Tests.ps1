# A class can be a type. Its array and its text have the length that PowerShell's own attributes give them.
class Sample {
    [int] $Id
    [double] $Value
    [byte] $Flag
    [DayOfWeek] $Day
    [ValidateLength(0, 8)] [string] $Label
    [ValidateCount(3, 3)] [short[]] $Parts
}

BeforeAll {
    Import-Module (Convert-Path "$PSScriptRoot/../../out/PSSharedMemory")
    $prefix = "/pst-newtype-$PID"

    function Get-Failure([scriptblock] $Script) {
        try { & $Script } catch { return $_ }
        throw 'Nothing failed.'
    }
}

Describe 'New-ShmType' {
    It 'lays out a struct by position, with names, types, offsets and sizes' {
        $type = New-ShmType 'struct point { char tag; int x, y; double weight; };'
        $type | Should -BeOfType ([PSSharedMemory.ShmType])
        $type.Name | Should -BeExactly 'point'
        $type.Size | Should -Be 24
        $type.Alignment | Should -Be 8
        $type.Fields.Name | Should -BeExactly 'tag', 'x', 'y', 'weight'
        $type.Fields.TypeName | Should -BeExactly 'char', 'int', 'int', 'double'
        $type.Fields.Offset | Should -Be 0, 4, 8, 16
        $type.Fields.Size | Should -Be 1, 4, 4, 8
    }

    It 'takes the lines of a file from the pipeline as one text' {
        $type = '#define N 3', 'struct line {', '    int values[N];', '};' | New-ShmType
        $type.Size | Should -Be 12
        $type.Fields[0].Count | Should -Be 3
    }

    It 'takes the path of a header, as text and as a file' {
        Set-Content TestDrive:/tick.h 'struct tick { int id; short side; };', 'struct other { char c; };'
        Push-Location TestDrive:/
        try {
            foreach ($path in './tick.h', 'tick.h', "$TestDrive/tick.h") {
                (New-ShmType $path -Name tick).Size | Should -Be 8
            }

            (Get-Item tick.h | New-ShmType -Name tick).Fields.Name | Should -Be id, side
            (Get-Failure { New-ShmType ./nothing.h -ErrorAction Stop }).FullyQualifiedErrorId |
                Should -BeLike 'PathNotFound,*'
        }
        finally { Pop-Location }
    }

    It 'takes -Definition by name' {
        (New-ShmType -Definition 'struct s { long l; };').Size | Should -Be 8
    }

    It 'takes the last of several structs, and another by -Name' {
        $text = 'typedef struct first { int a; } first_t; struct second { long b; }; enum color { RED };'
        (New-ShmType $text).Name | Should -BeExactly 'second'
        (New-ShmType $text -Name first).Size | Should -Be 4
        (New-ShmType $text -Name first_t).Name | Should -BeExactly 'first_t'
        (New-ShmType $text -Name color).Kind | Should -Be 'Enumeration'
    }

    It 'takes structs of C++ with their namespace and functions' {
        $text =
            'namespace feed { using id_t = std::uint64_t; class tick { public: explicit tick(id_t i) : id{i} {} id_t id; std::atomic<int> n{0}; bool ok() const { return n > 0; } }; }'
        (New-ShmType $text).Fields.Offset | Should -Be 0, 8
        (New-ShmType $text -Name 'feed::tick').Size | Should -Be 16
    }

    It 'takes no macro that is not defined for a name: <_>' -ForEach 'struct s { char a; int b; } PACKED;',
        'struct PACKED s { char a; int b; };' {
        $failure = Get-Failure { New-ShmType $_ -ErrorAction Stop }
        $failure.FullyQualifiedErrorId | Should -BeExactly 'InvalidDefinition,PSSharedMemory.Commands.NewShmTypeCommand'
        (New-ShmType "#define PACKED __attribute__((packed))`n$_").Size | Should -Be 5
    }

    It 'reaches the fields of nested structs' {
        $type = New-ShmType 'struct a { struct { short x, y; } at[2]; union { int i; float f; }; };'
        $type.Fields.Name | Should -BeExactly 'at', 'i', 'f'
        $type.Fields[0].Fields.Name | Should -BeExactly 'x', 'y'
        $type.Fields[1].Offset | Should -Be 8
        $type.Fields[2].Offset | Should -Be 8
        $type.GetField('at[1].y').Offset | Should -Be 6
    }

    It 'gives bit-fields their bits' {
        $type = New-ShmType 'struct f { unsigned a : 3, b : 5; int c : 20; };'
        $type.Fields.BitOffset | Should -Be 0, 3, 8
        $type.Fields.BitWidth | Should -Be 3, 5, 20
        $type.Fields[0].Offset | Should -Be 0
        (New-ShmType 'struct p { int x; };').Fields[0].BitWidth | Should -BeNullOrEmpty
    }

    It 'follows pack, packed and aligned' {
        (New-ShmType "#pragma pack(push, 1)`nstruct a { char c; int i; };`n#pragma pack(pop)`n").Size | Should -Be 5
        (New-ShmType 'struct a { char c; int i; } __attribute__((packed));').Size | Should -Be 5
        (New-ShmType 'struct a { char c; _Alignas(16) int i; };').Alignment | Should -Be 16
    }

    It 'knows a class as a type, and gives instances of it' {
        $type = New-ShmType ([Sample])
        $type.Name | Should -BeExactly 'Sample'
        $type.Fields.Name | Should -BeExactly 'Id', 'Value', 'Flag', 'Day', 'Label', 'Parts'
        $type.Fields.Offset | Should -Be 0, 8, 16, 20, 24, 32
        $type.Size | Should -Be 40

        $mapping = New-ShmSegment -Name "$prefix-class" -Size 4096 -Mount
        try {
            $sample = [Sample]::new()
            $sample.Id = 7
            $sample.Value = 2.5
            $sample.Day = 'Friday'
            $sample.Label = 'text'
            $sample.Parts = 1, -2, 3
            Write-ShmData $mapping -As $type -Value $sample
            $bytes = Get-Content "/dev/shm$prefix-class" -AsByteStream -Raw
            [BitConverter]::ToInt32($bytes, 0) | Should -Be 7
            [BitConverter]::ToDouble($bytes, 8) | Should -Be 2.5
            [BitConverter]::ToInt32($bytes, 20) | Should -Be 5
            [Text.Encoding]::ASCII.GetString($bytes, 24, 5) | Should -BeExactly "text`0"
            [BitConverter]::ToInt16($bytes, 34) | Should -Be -2
            $read = Read-ShmData $mapping -As ([Sample])
            $read.GetType().Name | Should -BeExactly 'Sample'
            $read.Id | Should -Be 7
            $read.Day | Should -Be 'Friday'
            $read.Label | Should -BeExactly 'text'
            $read.Parts | Should -Be 1, -2, 3
        }
        finally {
            Dismount-ShmSegment $mapping
            Remove-ShmSegment -Name "$prefix-class"
        }
    }

    It 'shows as a table of field, type, offset and size' {
        $text = [PSSharedMemory.Commands.ShmTypeDisplay]::Table(
            (New-ShmType 'struct a { int id; struct { char n[8]; } in; unsigned f : 3; };'))
        $lines = $text -split "`n"
        $lines[0] | Should -BeExactly 'struct a: 16 bytes, aligned to 4'
        ($lines[2] -split ' +') | Should -BeExactly 'Field', 'Type', 'Offset', 'Size'
        ($lines[4] -split ' +') | Should -BeExactly 'id', 'int', '0', '4'
        $lines[6] | Should -Match '^  n +char\[8\] +4 +8$'
        $lines[7] | Should -Match '^f +unsigned +12:0 +3 bits$'
    }

    It 'lays out 10,000 fields' {
        $text = [Text.StringBuilder]::new('struct big { ')
        for ($i = 0; $i -lt 10000; $i++) { $null = $text.Append("int f$i; ") }
        $type = New-ShmType $text.Append('};').ToString()
        $type.Fields.Count | Should -Be 10000
        $type.Fields[9999].Offset | Should -Be 39996
    }

    It 'refuses <Because> at line <Line>, column <Column>' -ForEach @(
        @{ Because = 'no text'; Text = ''; Line = 1; Column = 1 }
        @{ Because = 'a struct that is cut'; Text = "struct s {`n  int a;"; Line = 2; Column = 9 }
        @{ Because = 'a missing semicolon'; Text = "struct s {`n  int a`n};"; Line = 3; Column = 1 }
        @{ Because = 'an unknown type'; Text = "struct s {`n  nothing_t a;`n};"; Line = 2; Column = 3 }
        @{ Because = 'a struct within itself'; Text = 'struct s { struct s a; };'; Line = 1; Column = 21 }
        @{ Because = 'an array over 2^40 bytes'; Text = 'struct s { char a[1099511627777]; };'; Line = 1; Column = 19 }
        @{ Because = 'a negative array'; Text = 'struct s { char a[-1]; };'; Line = 1; Column = 19 }
        @{ Because = 'a division by zero'; Text = 'struct s { char a[1 / 0]; };'; Line = 1; Column = 21 }
        @{ Because = 'a bit-field that is too wide'; Text = 'struct s { int a : 33; };'; Line = 1; Column = 20 }
        @{ Because = 'two fields of one name'; Text = 'struct s { int a; char a; };'; Line = 1; Column = 24 }
        @{ Because = 'an unknown constant'; Text = 'struct s { int a[N]; };'; Line = 1; Column = 18 }
        @{ Because = 'a comment without an end'; Text = "struct s { int a; };`n  /* never"; Line = 2; Column = 3 }
        @{ Because = 'a condition without an end'; Text = "#if 1`nstruct s { int a; };"; Line = 1; Column = 2 }
        @{ Because = 'a class with a list'; Text = [Collections.ArrayList]; Line = 1; Column = 1 }
    ) {
        $failure = Get-Failure { New-ShmType $Text -ErrorAction Stop }
        $failure.FullyQualifiedErrorId | Should -BeExactly 'InvalidDefinition,PSSharedMemory.Commands.NewShmTypeCommand'
        $failure.CategoryInfo.Category | Should -Be 'ParserError'
        $failure.Exception.Line | Should -Be $Line
        $failure.Exception.Column | Should -Be $Column
    }

    It 'names the field that it refuses: <Field>' -ForEach @(
        @{ Field = "'y' of 'a'"; Text = 'struct a { int x; weird_t y; };' }
        @{ Field = "'in.y' of 'a'"; Text = 'struct a { struct { int k; weird_t y; } in; };' }
        @{ Field = "'c' of 'in'"; Text = 'struct o { struct in { char c[zz]; } i; int k; };' }
        @{ Field = "'x' of 'a'"; Text = 'struct a { int (*cb)(int, char), x[oops]; };' }
        @{ Field = "'f' of 'u'"; Text = 'union u { unsigned g : 3, f : 40; };' }
        @{ Field = "'v' of 'a'"; Text = 'struct a { std::vector<std::pair<int, int>> v; };' }
        @{ Field = "'b' of 'a'"; Text = 'int x; struct a { char b[sizeof(x)]; };' }
        @{ Field = "'z' of 'a'"; Text = 'extern long tick; struct a { int z[sizeof tick]; };' }
        @{ Field = "'m' of 'a'"; Text = 'struct q { int a; }; struct a { int q::*m; };' }
        @{ Field = "'m' of 'a'"; Text = 'struct q { int a; }; struct a { int (q::*m)(int); };' }
    ) {
        $failure = Get-Failure { New-ShmType $Text -ErrorAction Stop }
        $failure.FullyQualifiedErrorId | Should -BeExactly 'InvalidDefinition,PSSharedMemory.Commands.NewShmTypeCommand'
        "$failure" | Should -BeLikeExactly "Line 1, column *: field ${Field}: *"
    }

    It 'says what stands in the way of <Text>' -ForEach @(
        @{ Text = 'int x; struct a { char b[sizeof(x)]; };'; Words = 'variable' }
        @{ Text = 'int x; struct a { char b[sizeof x]; };'; Words = 'variable' }
        @{ Text = 'struct q { int a; }; struct a { int q::*m; };'; Words = 'pointer to a member' }
        @{ Text = 'struct q { int a; }; struct a { int (q::*m)(int); };'; Words = 'pointer to a member' }
    ) {
        "$(Get-Failure { New-ShmType $Text -ErrorAction Stop })" | Should -BeLikeExactly "*$Words*"
    }

    It 'refuses a -Name that the text does not have' {
        (Get-Failure { New-ShmType 'struct s { int a; };' -Name other -ErrorAction Stop }).FullyQualifiedErrorId |
            Should -BeExactly 'InvalidDefinition,PSSharedMemory.Commands.NewShmTypeCommand'
    }

    It 'goes on after a class that is none, in the middle of the pipeline' {
        $types = [Sample], [datetime], [guid] | New-ShmType -ErrorAction SilentlyContinue -ErrorVariable failures
        $types.Name | Should -BeExactly 'Sample', 'Guid'
        $failures.Count | Should -Be 1
        $failures[0].TargetObject | Should -Be ([datetime])
    }

    It 'survives hostile nesting' {
        $deep = [string]::new('(', 100000)
        (Get-Failure { New-ShmType "struct s { int a[$deep" -ErrorAction Stop }).FullyQualifiedErrorId |
            Should -Match '^InvalidDefinition,'
        $structs = 'struct { ' * 50000
        (Get-Failure { New-ShmType $structs -ErrorAction Stop }).FullyQualifiedErrorId |
            Should -Match '^InvalidDefinition,'
    }
}

Describe 'A struct with bad values' {
    BeforeAll {
        $type =
            New-ShmType 'enum e { A, B }; struct s { uint8_t small; unsigned three : 3; int n; char text[4]; int list[2]; enum e e; bool b; float f; struct { int x; } in; };'
        $mapping = New-ShmSegment -Name "$prefix-bad" -Size 4096 -Mount
        $before = [byte[]]::new(4096)
        [Array]::Fill($before, [byte]0x5a)
        Write-ShmData $mapping $before
    }

    AfterAll {
        Dismount-ShmSegment $mapping
        Remove-ShmSegment -Name "$prefix-bad"
    }

    It 'is refused for <Because>, and nothing is written' -ForEach @(
        @{ Because = 'a value out of range'; Value = @{ n = 1; small = 256 } }
        @{ Because = 'a negative value'; Value = @{ n = 1; small = -1 } }
        @{ Because = 'bits that do not fit'; Value = @{ n = 1; three = 8 } }
        @{ Because = 'text that is too long'; Value = @{ n = 1; text = 'fives' } }
        @{ Because = 'characters that take more bytes'; Value = @{ n = 1; text = "ab$([char]0x20ac)" } }
        @{ Because = 'a NUL within text'; Value = @{ n = 1; text = "a`0b" } }
        @{ Because = 'text that stands for bytes that were none'; Value = @{ n = 1; text = "a$([char]0xfffd)" } }
        @{ Because = 'an array of other dimensions'; Value = @{ n = 1; list = [int[, ]]::new(1, 2) } }
        @{ Because = 'too many elements'; Value = @{ n = 1; list = 1, 2, 3 } }
        @{ Because = 'too few elements'; Value = @{ n = 1; list = , 1 } }
        @{ Because = 'an element of another type'; Value = @{ n = 1; list = 1, 'x' } }
        @{ Because = 'a number for an array'; Value = @{ n = 1; list = 1 } }
        @{ Because = 'an unknown name of an enumeration'; Value = @{ n = 1; e = 'C' } }
        @{ Because = 'no value'; Value = @{ n = $null } }
        @{ Because = 'text for a bool'; Value = @{ n = 1; b = 'maybe' } }
        @{ Because = 'a number beyond float'; Value = @{ n = 1; f = 1e300 } }
        @{ Because = 'a fraction for an integer'; Value = @{ n = 1.5 } }
        @{ Because = 'a number for a struct'; Value = @{ n = 1; in = 5 } }
        @{ Because = 'a field that does not exist'; Value = @{ n = 1; none = 1 } }
        @{ Because = 'a nested field that does not exist'; Value = @{ n = 1; in = @{ y = 1 } } }
        @{ Because = 'an element that does not exist'; Value = @{ n = 1; 'list[2]' = 1 } }
    ) {
        (Get-Failure { Write-ShmData $mapping -As $type -Value $Value -ErrorAction Stop }).FullyQualifiedErrorId |
            Should -BeExactly 'OutOfRange,PSSharedMemory.Commands.WriteShmDataCommand'
        [Linq.Enumerable]::SequenceEqual([byte[]](Read-ShmData $mapping), $before) | Should -BeTrue
    }

    It 'is refused where it would reach beyond the mapping, and nothing is written' {
        (Get-Failure {
            Write-ShmData $mapping -As $type -Offset 4090 -Value @{ small = 1; n = 2 } -ErrorAction Stop
        }).FullyQualifiedErrorId |
            Should -BeExactly 'OutOfRange,PSSharedMemory.Commands.WriteShmDataCommand'
        (Get-Failure { Read-ShmData $mapping -As $type -Offset 4090 -ErrorAction Stop }).FullyQualifiedErrorId |
            Should -BeExactly 'OutOfRange,PSSharedMemory.Commands.ReadShmDataCommand'
        (Get-Failure { Read-ShmData $mapping -As $type -Count 1000000 -ErrorAction Stop }).FullyQualifiedErrorId |
            Should -BeExactly 'OutOfRange,PSSharedMemory.Commands.ReadShmDataCommand'
        [Linq.Enumerable]::SequenceEqual([byte[]](Read-ShmData $mapping), $before) | Should -BeTrue
    }

    It 'is not written under -WhatIf' {
        Write-ShmData $mapping -As $type -Value @{ n = 1 } -WhatIf
        [Linq.Enumerable]::SequenceEqual([byte[]](Read-ShmData $mapping), $before) | Should -BeTrue
    }

    It 'has no field <Path>' -ForEach @(
        @{ Path = 'none'; Id = 'OutOfRange' }
        @{ Path = 'n.x'; Id = 'OutOfRange' }
        @{ Path = 'n[0]'; Id = 'OutOfRange' }
        @{ Path = 'list[2]'; Id = 'OutOfRange' }
        @{ Path = 'list['; Id = 'InvalidDefinition' }
        @{ Path = 'list[-1]'; Id = 'InvalidDefinition' }
        @{ Path = 'in..x'; Id = 'InvalidDefinition' }
    ) {
        (Get-Failure { Read-ShmData $mapping -As $type -Field $Path -ErrorAction Stop }).FullyQualifiedErrorId |
            Should -BeExactly "$Id,PSSharedMemory.Commands.ReadShmDataCommand"
    }

    It 'has its fields without regard to case' {
        Read-ShmData $mapping -As $type -Field 'IN.X' | Should -Be 0x5a5a5a5a
    }
}

Describe 'Several structs' {
    It 'are written from a list and read as one array' {
        $type = New-ShmType 'struct p { int id; double x; };'
        $mapping = New-ShmSegment -Name "$prefix-many" -Size 64KB -Mount
        try {
            Write-ShmData $mapping -As $type -Offset 16 -Value @(foreach ($i in 1..1000) { @{ id = $i; x = $i / 2 } })
            $read = Read-ShmData $mapping -As $type -Offset 16 -Count 1000
            $read.Count | Should -Be 1000
            $read[999].id | Should -Be 1000
            $read[999].x | Should -Be 500
            Read-ShmData $mapping -As $type -Offset 16 -Field '[3].id' | Should -Be 4
            (Read-ShmData $mapping -As $type -Count 0).Count | Should -Be 0
        }
        finally {
            Dismount-ShmSegment $mapping
            Remove-ShmSegment -Name "$prefix-many"
        }
    }

    It 'are read by the name and the declaration of a C type as well' {
        $mapping = New-ShmSegment -Name "$prefix-c" -Size 4096 -Mount
        try {
            Write-ShmData $mapping ([byte[]](1..64))
            Read-ShmData $mapping -As uint16_t | Should -Be 0x0201
            Read-ShmData $mapping -As 'unsigned long' | Should -Be 0x0807060504030201
            $pair = Read-ShmData $mapping -As 'uint32_t[2]'
            $pair | Should -Be 0x04030201, 0x08070605
            (Read-ShmData $mapping -As 'struct { short a; char b; }').b | Should -Be ([char]3)
            (Get-Failure { Read-ShmData $mapping -As 'struct { short' -ErrorAction Stop }).FullyQualifiedErrorId |
                Should -BeExactly 'InvalidDefinition,PSSharedMemory.Commands.ReadShmDataCommand'
        }
        finally {
            Dismount-ShmSegment $mapping
            Remove-ShmSegment -Name "$prefix-c"
        }
    }

    It 'have arrays of several dimensions, as such or as arrays of arrays' {
        $type = New-ShmType 'struct g { char first; short grid[2][3]; int cube[2][1][2]; };'
        $mapping = New-ShmSegment -Name "$prefix-grid" -Size 4096 -Mount
        try {
            $grid = [int[, ]]::new(2, 3)
            foreach ($i in 0..5) { $grid[[Math]::Floor($i / 3), ($i % 3)] = $i + 1 }
            Write-ShmData $mapping -As $type -Value @{ grid = $grid; cube = @(@(, @(1, 2)), @(, @(3, 4))) }
            [BitConverter]::ToString((Get-Content "/dev/shm$prefix-grid" -AsByteStream -Raw), 0, 32) |
                Should -BeExactly '00-00-01-00-02-00-03-00-04-00-05-00-06-00-00-00-01-00-00-00-02-00-00-00-03-00-00-00-04-00-00-00'
            (Read-ShmData $mapping -As $type).grid[1][2] | Should -Be 6
            Read-ShmData $mapping -As $type -Field 'cube[1][0][1]' | Should -Be 4
        }
        finally {
            Dismount-ShmSegment $mapping
            Remove-ShmSegment -Name "$prefix-grid"
        }
    }

    It 'have text in the encoding that is named' {
        $type = New-ShmType 'struct t { char s[8]; int after; };'
        $mapping = New-ShmSegment -Name "$prefix-text" -Size 4096 -Mount
        try {
            Write-ShmData $mapping -As $type -Value @{ s = "$([char]0xe9)t$([char]0xe9)" } -Encoding latin1
            [BitConverter]::ToString((Get-Content "/dev/shm$prefix-text" -AsByteStream -Raw), 0, 4) |
                Should -BeExactly 'E9-74-E9-00'
            (Read-ShmData $mapping -As $type -Encoding latin1).s | Should -BeExactly "$([char]0xe9)t$([char]0xe9)"
            Write-ShmData $mapping -As $type -Value @{ s = 'abcd' } -Encoding unicode
            (Read-ShmData $mapping -As $type -Encoding unicode).s | Should -BeExactly 'abcd'
            (Get-Failure {
                Write-ShmData $mapping -As $type -Value @{ s = "$([char]0x20ac)" } -Encoding ascii -ErrorAction Stop
            }).FullyQualifiedErrorId |
                Should -BeExactly 'OutOfRange,PSSharedMemory.Commands.WriteShmDataCommand'
            (Read-ShmData $mapping -As $type).after | Should -Be 0
        }
        finally {
            Dismount-ShmSegment $mapping
            Remove-ShmSegment -Name "$prefix-text"
        }
    }
}
